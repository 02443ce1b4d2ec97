#pragma once

#include <chrono>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/random.h"
#include "domain/replication/node_client.h"
#include "domain/topology/topology_store.h"

namespace tritontube::cluster {

// The start of a web server: the cluster that there is, or a new one of the content nodes that
// were named, once all of them answer. Two servers that start at once found one.
class Founding {
 public:
  struct Options {
    std::vector<std::string> etcd;           // What the nodes are told.
    std::vector<std::string> initial_nodes;  // Ignored once the cluster is founded.
    std::chrono::milliseconds patience = std::chrono::seconds(30);
    std::chrono::milliseconds ask_again_after = std::chrono::milliseconds(500);
    std::chrono::milliseconds welcome_again_after = std::chrono::seconds(5);
  };

  Founding(topology::TopologyStore& topology, replication::NodeClient& nodes, Random& random,
           Options options)
      : topology_(topology), nodes_(nodes), random_(random), options_(std::move(options)) {}

  // kUnavailable naming the node that does not answer, kFailedPrecondition naming the one that
  // belongs elsewhere. Not every member can be told at once that it is in.
  async::Task<Result<std::shared_ptr<const topology::Topology>>> Run();
  // After Run(): tells those who could not be told, until everybody knows or it is cancelled.
  async::Task<void> WelcomeTheRest();

 private:
  using Members = std::vector<topology::Member>;

  async::Task<Result<std::shared_ptr<const topology::Topology>>> FoundNew();
  async::Task<Result<topology::Member>> Meet(std::string address, Deadline deadline);
  async::Task<void> MeetInto(std::string address, Deadline deadline,
                             std::optional<Result<topology::Member>>& met);
  async::Task<void> WelcomeAll();
  async::Task<void> Welcome(const topology::Topology& topology, const topology::Member& member);

  topology::TopologyStore& topology_;
  replication::NodeClient& nodes_;
  Random& random_;
  const Options options_;
  std::set<NodeId> strangers_;  // Members that do not know yet that they are.
};

}  // namespace tritontube::cluster
