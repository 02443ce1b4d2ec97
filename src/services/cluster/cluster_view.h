#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/blob/blob_store.h"
#include "domain/replication/node_client.h"
#include "domain/topology/topology.h"
#include "services/cluster/health.h"

// How the cluster is, for people: what /cluster, /api/v1/cluster and `admin status` show.
namespace tritontube::cluster {

struct NodeView {
  // kIncomplete: it serves, and something that was acknowledged may be missing on it.
  enum class State : std::uint8_t { kUp, kIncomplete, kDown };

  std::optional<NodeId> id = {};  // Nothing for the store within a server.
  std::string address;            // Empty for that too.
  std::string zone = {};
  topology::Standing standing = topology::Standing::kMember;
  State state = State::kDown;
  std::string reason = {};  // Why it is not kUp, for a person.
  std::uint64_t weight = 1;
  std::size_t slots = 0;
  std::optional<blob::StoreStatus> store = {};  // Nothing of a node that does not answer.
  std::optional<replication::PullProgress> pulling = {};
  std::optional<replication::Upkeep> upkeep = {};  // Nothing of the store within a server.
  // Copies of slots that the running plan brings to it.
  std::size_t slots_coming = 0;
};

// The change that is asked for, and how far it is.
struct ChangeView {
  topology::Change change;
  std::optional<topology::Phase> phase = {};  // Of its running plan.
  topology::Moved moved;                      // By all its plans, so far.
  // Of the running plan, estimated from what is stored.
  topology::Moved plan_moved;
  ByteCount plan_bytes = 0;
  double plan_progress = 0;
};

struct ClusterStatus {
  std::optional<ClusterId> cluster = {};  // Nothing on a single machine.
  topology::Epoch epoch = 0;
  placement::Replication replication = {};
  std::vector<NodeView> nodes = {};
  SlotCounts slot_counts = {};
  std::optional<ChangeView> change = {};
  std::vector<topology::PastChange> past = {};  // The newest first.
  // No members now; each is taken in again when it is back to stay.
  std::vector<topology::GivenUp> given_up = {};
  // The fullest node's share of slots against what its weight gives it: 1 is perfect.
  double balance = 1;
};

// Safe to use from any thread.
class ClusterView {
 public:
  virtual ~ClusterView() = default;
  // Asks every node; one that does not answer in time is kDown, which is no error. Errors: there
  // is no topology yet.
  virtual async::Task<Result<ClusterStatus>> Look(Deadline deadline) const = 0;
};

}  // namespace tritontube::cluster
