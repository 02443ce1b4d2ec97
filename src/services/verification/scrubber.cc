#include "services/verification/scrubber.h"

#include "domain/catalog/view.h"
#include "foundation/async/sleep.h"
#include "foundation/telemetry/log.h"

namespace tritontube::verification {

namespace {

constexpr std::chrono::seconds kStepTimeout{60};
constexpr std::chrono::seconds kRestAfterFailure{10};
// While no pass is due: how soon damage that a viewer met is looked at.
constexpr std::chrono::seconds kRestWhileIdle{10};
// A restart reads at most so much again.
constexpr ByteCount kSaveEvery = ByteCount{256} << 20U;

Deadline StepDeadline() { return Deadline::After(kStepTimeout); }

}  // namespace

async::Task<void> Scrubber::Run() {
  for (bool stopped = false; !stopped; stopped = co_await async::IsCancelled()) {
    const auto rest = co_await Advance();
    if (!rest) {
      telemetry::Log(telemetry::Level::kWarning, "verifying what is stored failed",
                     {{"error", rest.error().message()}});
    }
    co_await async::Sleep(rest.value_or(kRestAfterFailure));
  }
}

async::Task<Result<std::chrono::milliseconds>> Scrubber::Advance() {
  TT_CO_RETURN_IF_ERROR(co_await LookAtKnownDamage());
  TT_CO_RETURN_IF_ERROR(co_await LookAtMetDamage());
  const WallTime now = with_.clock.WallNow();
  if (!pass_) {
    if (!state_.IsDue(now, options_.period)) co_return kRestWhileIdle;
    TT_CO_RETURN_IF_ERROR(co_await Begin(now));
  }
  TT_CO_ASSIGN_OR_RETURN(const std::optional<Step> step, co_await pass_->Next(StepDeadline()));
  if (!step) {
    TT_CO_RETURN_IF_ERROR(co_await End());
    co_return kRestWhileIdle;
  }
  TT_CO_RETURN_IF_ERROR(co_await with_.log.Note(*step, now, StepDeadline()));
  state_.checked_bytes += step->bytes;
  unsaved_bytes_ += step->bytes;
  if (step->finished) {
    state_.position = step->finished;
    if (unsaved_bytes_ >= kSaveEvery) {
      TT_CO_RETURN_IF_ERROR(co_await with_.log.SaveState(state_, StepDeadline()));
      unsaved_bytes_ = 0;
    }
  }
  co_return scrubbing::RestAfter(step->bytes, progress(), with_.watched.TakeBusy(), now, options_);
}

// Once: what an earlier run has found is looked at again.
async::Task<Result<void>> Scrubber::LookAtKnownDamage() {
  if (known_looked_at_) co_return Result<void>();
  state_ = with_.log.state();
  for (const Finding& finding : with_.log.findings()) {
    TT_CO_RETURN_IF_ERROR(co_await LookAt(finding.damage.key));
  }
  known_looked_at_ = true;
  co_return Result<void>();
}

async::Task<Result<void>> Scrubber::LookAtMetDamage() {
  for (const blob::BlobKey& key : with_.watched.TakeDamaged()) {
    TT_CO_RETURN_IF_ERROR(co_await LookAt(key));
  }
  co_return Result<void>();
}

// Reads one blob, by a pass that ends behind it.
async::Task<Result<void>> Scrubber::LookAt(blob::BlobKey key) {
  const auto records = co_await with_.catalog.FindMany({key.video}, StepDeadline());
  // Nobody can say whether a video whose row is damaged still needs it.
  if (!records && records.error().code() == ErrorCode::kCorrupt) co_return Result<void>();
  if (!records) co_return std::unexpected(records.error());
  if (!records->front() || !catalog::Owns(*records->front(), key.upload)) {
    co_return co_await with_.log.Forget(std::move(key), StepDeadline());
  }
  Pass pass(with_.catalog, with_.store, {.only = key.video, .one = key});
  for (;;) {
    TT_CO_ASSIGN_OR_RETURN(const std::optional<Step> step, co_await pass.Next(StepDeadline()));
    if (!step) co_return Result<void>();
    TT_CO_RETURN_IF_ERROR(co_await with_.log.Note(*step, with_.clock.WallNow(), StepDeadline()));
  }
}

async::Task<Result<void>> Scrubber::Begin(WallTime now) {
  TT_CO_ASSIGN_OR_RETURN(const blob::StoreStatus status,
                         co_await with_.store.Status(StepDeadline()));
  total_bytes_ = status.stored_bytes;
  TT_CO_RETURN_IF_ERROR(co_await with_.log.CheckRows(StepDeadline()));
  if (!state_.started) {
    state_.Begin(now);
    TT_CO_RETURN_IF_ERROR(co_await with_.log.SaveState(state_, StepDeadline()));
  }
  pass_.emplace(with_.catalog, with_.store, Pass::Scope{.after = state_.position});
  co_return Result<void>();
}

async::Task<Result<void>> Scrubber::End() {
  // What was damaged of a video that is gone now was not met by the pass.
  for (const Finding& finding : with_.log.findings()) {
    TT_CO_RETURN_IF_ERROR(co_await LookAt(finding.damage.key));
  }
  const scrubbing::ScrubState done = state_.Ended(with_.clock.WallNow());
  TT_CO_RETURN_IF_ERROR(co_await with_.log.SaveState(done, StepDeadline()));
  telemetry::Log(
      telemetry::Level::kInfo, "every stored byte was verified",
      {{"bytes", done.last_checked_bytes}, {"damaged_blobs", with_.log.findings().size()}});
  state_ = done;
  pass_.reset();
  co_return Result<void>();
}

scrubbing::PassProgress Scrubber::progress() const {
  return {.started = *state_.started,
          .total_bytes = total_bytes_,
          .checked_bytes = state_.checked_bytes};
}

}  // namespace tritontube::verification
