#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "core/coordination/coordination.h"
#include "core/coordination/lease_keeper.h"
#include "domain/topology/topology_store.h"
#include "services/storage_node/storage_node.h"

namespace tritontube::storage_node {

struct RegistrationOptions {
  std::chrono::milliseconds retry_after = std::chrono::seconds(1);
  std::chrono::milliseconds call_time = std::chrono::seconds(10);
  std::chrono::milliseconds announce_every = std::chrono::seconds(5);
  std::chrono::milliseconds lease_ttl = std::chrono::seconds(10);
  // A node whose disk has not answered for so long gives no sign of life.
  std::chrono::milliseconds disk_silence_max = std::chrono::seconds(30);
};

// Tells etcd that a node has started, and finds out whether its folder is an old copy.
//
// The folder and the key node/<id> count the registrations, the folder first. A folder that is
// behind the key is an old copy: it has lost what came after it was made. Then the node is made
// incomplete, in the topology and in its folder, before it denies anything to anybody. The folder
// counts only when it is not behind: an old copy stays one however often it starts without etcd.
// (A copy of a folder that was registered last cannot be told from that folder itself.)
//
// Lives on one io_context.
class Registration {
 public:
  Registration(StorageNode& node, coordination::Coordination& coordination,
               topology::TopologyStore& topologies, std::string address,
               RegistrationOptions options = {});

  // Registers, trying again until it is done; then follows the topology and keeps the sign of life
  // live/<id>. Until cancelled. Requires: the node is in a cluster.
  async::Task<void> Run();
  // One attempt.
  async::Task<Result<void>> Register(Deadline deadline);

 private:
  struct Stored {
    std::uint64_t starts = 0;
    coordination::Revision modified = 0;
  };

  async::Task<void> RegisterAtLast();
  async::Task<Result<Stored>> ReadStarts(Deadline deadline);
  async::Task<Result<std::optional<coordination::Revision>>> WriteStarts(
      std::uint64_t starts, coordination::Revision before, Deadline deadline);
  async::Task<Result<void>> CountStart(Deadline deadline);
  async::Task<Result<void>> BecomeIncomplete(std::uint64_t stored_starts, Deadline deadline);
  async::Task<Result<std::shared_ptr<const topology::Topology>>> MarkIncomplete(Deadline deadline);
  async::Task<Result<void>> Adopt(std::shared_ptr<const topology::Topology> topology);
  async::Task<void> Follow();
  async::Task<void> Announce();
  async::Task<void> LookAtDisk();
  async::Task<void> Tell();
  std::string StartsKey() const;
  Deadline Soon() const { return Deadline::After(options_.call_time); }

  StorageNode& node_;
  coordination::Coordination& coordination_;
  topology::TopologyStore& topologies_;
  const std::string address_;
  const RegistrationOptions options_;
  coordination::LeaseKeeper lease_;
  std::optional<replication::NodeStatus> status_ = {};
  SteadyTime disk_answered_at_{};
  async::Event looked_;
};

}  // namespace tritontube::storage_node
