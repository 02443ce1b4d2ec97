#pragma once

#include <optional>
#include <string>
#include <vector>

#include "domain/topology/roles.h"

namespace tritontube::replication {

// Which blobs of a batch go to one node in one call.
struct PutCall {
  const topology::Member* node = nullptr;
  std::vector<std::size_t> blobs;  // Places in the batch.
};

// A call for every node that keeps a part of `batch`, or is to keep it; more than one when that
// part is larger than `call_bytes_max`. Pure.
std::vector<PutCall> PlanPut(const topology::Topology& topology,
                             const std::vector<blob::Blob>& batch, ByteCount call_bytes_max);

// Counts the copies of a batch that are durable under one epoch. Copies of two
// epochs are not counted together, so a new epoch takes a new tally. Each set
// of nodes that keeps a blob must have enough. Lives as long as the topology. Pure.
class PutTally {
 public:
  PutTally(const topology::Topology& topology, const std::vector<blob::Blob>& batch);

  void Acked(const PutCall& call);
  void Failed(const PutCall& call, const Error& error);

  // Nothing while it may go either way. kAborted when a node asks for another epoch,
  // kAlreadyExists when too many keep other bytes, kResourceExhausted when too many are full.
  std::optional<Result<void>> verdict() const;

 private:
  // Of one blob in one set.
  struct Count {
    topology::KeeperSet set;
    int acks = 0;
    int failures = 0;
    int conflicts = 0;  // Among the failures.

    bool IsDurable() const { return acks >= set.replication.acks; }
    bool IsLost() const { return set.replication.copies - failures < set.replication.acks; }
  };

  // Calls `change` with the counts that an answer to `call` belongs to.
  template <typename Change>
  void ForEachCount(const PutCall& call, Change change);
  template <typename Predicate>
  const Count* FindCount(Predicate is_so) const;
  Error Cause(const Count& lost) const;

  const topology::Topology& topology_;
  std::vector<std::vector<Count>> blobs_;
  std::vector<std::string> causes_;
  bool stale_ = false;
  bool only_full_ = true;
};

}  // namespace tritontube::replication
