#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "domain/topology/topology.h"
#include "foundation/async/task.h"

namespace tritontube::membership {

// What a content node must not forget.
struct NodeState {
  NodeId node;
  std::optional<ClusterId> cluster = {};  // Nothing until it is taken into one, then for ever.
  std::vector<std::string> etcd = {};     // Endpoints of the cluster's etcd.
  topology::Epoch epoch = 0;              // Nothing of a lower one is admitted any more.
  // Grows with every registration; in etcd stands what was reached. A folder that is behind that
  // is an old copy.
  std::uint64_t starts = 0;
  // An old copy has come back: what is not here may exist nevertheless.
  bool incomplete = false;
  std::shared_ptr<const topology::Topology> topology = {};  // The newest one it was told.

  bool operator==(const NodeState&) const = default;
};

// Where a node keeps its state. Safe to use from any thread.
class NodeRecord {
 public:
  virtual ~NodeRecord() = default;

  // What was saved last.
  virtual std::shared_ptr<const NodeState> state() const = 0;
  // Durable when it returns. On an error it may be so nevertheless after the next start, and until
  // then state() is what it was. One call at a time.
  virtual async::Task<Result<void>> Save(NodeState next, Deadline deadline) = 0;
  // Writes something there and waits until it is durable. Any answer, also an error, says that the
  // disk answers: one that hangs does not, whatever the deadline.
  virtual async::Task<Result<void>> Probe(Deadline deadline) = 0;
};

}  // namespace tritontube::membership
