#include "services/storage_node/shared_digests.h"

#include "services/storage_node/slot_walk.h"

namespace tritontube::storage_node {

async::Task<Result<std::vector<replication::SlotDigest>>> SharedDigests::Get(
    topology::Epoch epoch, std::chrono::milliseconds age_max, Deadline deadline) {
  const auto not_before = Deadline::Clock::now() - age_max;
  TT_CO_ASSIGN_OR_RETURN(const auto turn, co_await turn_.Acquire(1, deadline));
  if (last_ && last_->epoch == epoch && last_->began > not_before) co_return last_->digests;
  TT_CO_ASSIGN_OR_RETURN(const auto walk, co_await walks_.Acquire(1, deadline));
  const auto began = Deadline::Clock::now();
  TT_CO_ASSIGN_OR_RETURN(std::vector<replication::SlotDigest> digests,
                         co_await DigestSlots(store_, deadline));
  last_ = Walk{.epoch = epoch, .began = began, .digests = std::move(digests)};
  co_return last_->digests;
}

}  // namespace tritontube::storage_node
