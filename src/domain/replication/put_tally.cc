#include "domain/replication/put_tally.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <map>

namespace tritontube::replication {

namespace {

// Their names and digests are in the part of a message that is not payload.
constexpr std::size_t kCallBlobsMax = 1000;

}  // namespace

std::vector<PutCall> PlanPut(const topology::Topology& topology,
                             const std::vector<blob::Blob>& batch, ByteCount call_bytes_max) {
  std::map<placement::SlotTable::NodeIndex, std::vector<std::size_t>> parts;
  for (std::size_t place = 0; place < batch.size(); ++place) {
    for (const auto node : topology.table.replicas(placement::SlotOf(batch[place].key))) {
      parts[node].push_back(place);
    }
  }
  std::vector<PutCall> calls;
  for (const auto& [node, blobs] : parts) {
    ByteCount bytes = 0;
    calls.push_back({.node = &topology.members[node], .blobs = {}});
    for (const std::size_t place : blobs) {
      const ByteCount size = batch[place].bytes.size();
      const std::size_t count = calls.back().blobs.size();
      if ((bytes + size > call_bytes_max && count > 0) || count == kCallBlobsMax) {
        calls.push_back({.node = &topology.members[node], .blobs = {}});
        bytes = 0;
      }
      calls.back().blobs.push_back(place);
      bytes += size;
    }
  }
  return calls;
}

void PutTally::Acked(const PutCall& call) {
  for (const std::size_t blob : call.blobs) ++blobs_[blob].acks;
}

void PutTally::Failed(const PutCall& call, const Error& error) {
  stale_ = stale_ || error.code() == ErrorCode::kAborted;
  only_full_ = only_full_ && error.code() == ErrorCode::kResourceExhausted;
  causes_.push_back(fmt::format("{}: {}", call.node->address, error.message()));
  for (const std::size_t blob : call.blobs) {
    ++blobs_[blob].failures;
    if (error.code() == ErrorCode::kAlreadyExists) ++blobs_[blob].conflicts;
  }
}

std::optional<Result<void>> PutTally::verdict() const {
  const auto is_durable = [&](const Count& count) { return count.acks >= replication_.acks; };
  if (std::ranges::all_of(blobs_, is_durable)) return Result<void>{};
  if (stale_) return Fail(ErrorCode::kAborted, "{}", fmt::join(causes_, "; "));
  const auto is_lost = [&](const Count& count) { return IsLost(count); };
  if (std::ranges::any_of(blobs_, is_lost)) return std::unexpected(Cause());
  return std::nullopt;
}

Error PutTally::Cause() const {
  const bool conflict = std::ranges::any_of(
      blobs_, [&](const Count& count) { return IsLost(count) && count.conflicts > 0; });
  ErrorCode code = ErrorCode::kUnavailable;
  if (conflict) {
    code = ErrorCode::kAlreadyExists;
  } else if (only_full_) {
    code = ErrorCode::kResourceExhausted;
  }
  return {code, fmt::format("fewer than {} of {} copies are durable: {}", replication_.acks,
                            replication_.copies, fmt::join(causes_, "; "))};
}

}  // namespace tritontube::replication
