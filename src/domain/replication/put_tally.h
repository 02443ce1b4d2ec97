#pragma once

#include <optional>
#include <string>
#include <vector>

#include "domain/topology/topology.h"

namespace tritontube::replication {

// Which blobs of a batch go to one node in one call.
struct PutCall {
  const topology::Member* node = nullptr;
  std::vector<std::size_t> blobs;  // Places in the batch.
};

// A call for every node that keeps a part of `batch`; more than one when that part is larger than
// `call_bytes_max`. Pure.
std::vector<PutCall> PlanPut(const topology::Topology& topology,
                             const std::vector<blob::Blob>& batch, ByteCount call_bytes_max);

// Counts the copies of a batch that are durable under one epoch. Copies of two
// epochs are not counted together, so a new epoch takes a new tally. Pure.
class PutTally {
 public:
  PutTally(std::size_t blob_count, placement::Replication replication)
      : replication_(replication), blobs_(blob_count) {}

  void Acked(const PutCall& call);
  void Failed(const PutCall& call, const Error& error);

  // Nothing while it may go either way. kAborted when a node asks for another epoch,
  // kAlreadyExists when too many keep other bytes, kResourceExhausted when too many are full.
  std::optional<Result<void>> verdict() const;

 private:
  struct Count {
    int acks = 0;
    int failures = 0;
    int conflicts = 0;  // Among the failures.
  };

  bool IsLost(const Count& count) const {
    return replication_.copies - count.failures < replication_.acks;
  }
  Error Cause() const;

  placement::Replication replication_;
  std::vector<Count> blobs_;
  std::vector<std::string> causes_;
  bool stale_ = false;
  bool only_full_ = true;
};

}  // namespace tritontube::replication
