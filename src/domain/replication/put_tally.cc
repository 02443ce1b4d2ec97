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
    for (const auto node : topology::KeepersOf(topology, placement::SlotOf(batch[place].key))) {
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

PutTally::PutTally(const topology::Topology& topology, const std::vector<blob::Blob>& batch)
    : topology_(topology) {
  blobs_.reserve(batch.size());
  for (const blob::Blob& blob : batch) {
    std::vector<Count>& counts = blobs_.emplace_back();
    for (const topology::KeeperSet& set : topology::SetsOf(topology, placement::SlotOf(blob.key))) {
      counts.push_back({.set = set});
    }
  }
}

template <typename Change>
void PutTally::ForEachCount(const PutCall& call, Change change) {
  const auto node = static_cast<topology::NodeIndex>(call.node - topology_.members.data());
  for (const std::size_t blob : call.blobs) {
    for (Count& count : blobs_[blob]) {
      if (std::ranges::find(count.set.nodes, node) != count.set.nodes.end()) change(count);
    }
  }
}

template <typename Predicate>
const PutTally::Count* PutTally::FindCount(Predicate is_so) const {
  for (const std::vector<Count>& counts : blobs_) {
    const auto found = std::ranges::find_if(counts, is_so);
    if (found != counts.end()) return &*found;
  }
  return nullptr;
}

void PutTally::Acked(const PutCall& call) {
  ForEachCount(call, [](Count& count) { ++count.acks; });
}

void PutTally::Failed(const PutCall& call, const Error& error) {
  stale_ = stale_ || error.code() == ErrorCode::kAborted;
  only_full_ = only_full_ && error.code() == ErrorCode::kResourceExhausted;
  causes_.push_back(fmt::format("{}: {}", call.node->address, error.message()));
  const bool conflicts = error.code() == ErrorCode::kAlreadyExists;
  ForEachCount(call, [&](Count& count) {
    ++count.failures;
    if (conflicts) ++count.conflicts;
  });
}

std::optional<Result<void>> PutTally::verdict() const {
  if (FindCount([](const Count& count) { return !count.IsDurable(); }) == nullptr) {
    return Result<void>{};
  }
  if (stale_) return Fail(ErrorCode::kAborted, "{}", fmt::join(causes_, "; "));
  const Count* const lost = FindCount([](const Count& count) { return count.IsLost(); });
  if (lost == nullptr) return std::nullopt;
  return std::unexpected(Cause(*lost));
}

Error PutTally::Cause(const Count& lost) const {
  const Count* const conflict =
      FindCount([](const Count& count) { return count.IsLost() && count.conflicts > 0; });
  ErrorCode code = ErrorCode::kUnavailable;
  if (conflict != nullptr) {
    code = ErrorCode::kAlreadyExists;
  } else if (only_full_) {
    code = ErrorCode::kResourceExhausted;
  }
  return {code, fmt::format("fewer than {} of {} copies are durable: {}", lost.set.replication.acks,
                            lost.set.replication.copies, fmt::join(causes_, "; "))};
}

}  // namespace tritontube::replication
