#include "core/coordination/lease_keeper.h"

#include "foundation/async/shielded.h"
#include "foundation/async/sleep.h"
#include "foundation/telemetry/log.h"

namespace tritontube::coordination {

async::Task<Result<void>> LeaseKeeper::Start(Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(lease_, co_await coordination_.GrantLease(ttl_, deadline));
  co_return Result<void>();
}

async::Task<void> LeaseKeeper::Run() {
  while (!co_await async::IsCancelled()) {
    co_await async::Sleep(ttl_ / 3);
    const bool cancelled = co_await async::IsCancelled();
    if (!cancelled) co_await Renew();
  }
  Ignore(co_await async::Shielded(coordination_.RevokeLease(lease_, Deadline::After(ttl_ / 3))),
         "it ends by itself when it is not renewed");
}

async::Task<void> LeaseKeeper::Renew() {
  const Deadline deadline = Deadline::After(ttl_ / 3);
  const Result<void> renewed = co_await coordination_.RenewLease(lease_, deadline);
  if (renewed || renewed.error().code() != ErrorCode::kNotFound) co_return;
  ++lost_count_;
  telemetry::Log(telemetry::Level::kWarning,
                 "lease lost: what was under way here under it starts again",
                 {{"lease", lease_.load()}});
  const Result<LeaseId> granted = co_await coordination_.GrantLease(ttl_, deadline);
  if (granted) lease_ = *granted;
}

}  // namespace tritontube::coordination
