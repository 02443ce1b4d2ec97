#include "domain/replication/epochs.h"

namespace tritontube::replication {

namespace {

// A read of etcd may be older than what a node has heard.
constexpr std::chrono::milliseconds kReloadInterval{50};
// Beyond this nobody is helped by waiting: the caller tries again, or gives up.
constexpr std::chrono::milliseconds kReloadTimeMax = std::chrono::seconds(10);

std::unexpected<Error> OldTopology(topology::Epoch epoch) {
  return Fail(ErrorCode::kUnavailable,
              "a content node knows a newer topology than epoch {}, which cannot be read", epoch);
}

}  // namespace

async::Task<Result<TopologyPointer>> Epochs::Current(Deadline deadline) {
  TopologyPointer known = store_.snapshot();
  if (known) co_return known;
  TT_CO_ASSIGN_OR_RETURN(known, co_await store_.Load(deadline));
  if (!known) co_return Fail(ErrorCode::kUnavailable, "the cluster has no content nodes yet");
  co_return known;
}

async::Task<Result<TopologyPointer>> Epochs::Newer(topology::Epoch stale, Deadline deadline) {
  ++counters_.retried_epochs;
  const Deadline limit = deadline.EarlierOf(Deadline::After(kReloadTimeMax));
  for (;;) {
    const auto seen = store_.changed().count();
    TopologyPointer known = store_.snapshot();
    if (known && known->epoch > stale) co_return known;
    if (deadline.HasPassed()) {
      co_return Fail(ErrorCode::kDeadlineExceeded, "no newer topology than epoch {} in time",
                     stale);
    }
    if (limit.HasPassed()) co_return OldTopology(stale);
    TT_CO_ASSIGN_OR_RETURN(known, co_await store_.Load(limit));
    if (known && known->epoch > stale) co_return known;
    co_await store_.changed().WaitBeyond(seen, limit.EarlierOf(Deadline::After(kReloadInterval)));
    const bool cancelled = co_await async::IsCancelled();
    if (cancelled) co_return Fail(ErrorCode::kCancelled, "the work was stopped");
  }
}

}  // namespace tritontube::replication
