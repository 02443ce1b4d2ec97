#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "domain/replication/node_client.h"
#include "domain/topology/changes.h"
#include "domain/topology/topology_store.h"

namespace tritontube::cluster {

// Behind the reason why a change has not had its turn.
inline constexpr std::string_view kAskAgain = ": ask again later, or wait for longer";

// What somebody asks for, by the addresses of nodes.
struct Wish {
  std::vector<std::string> add = {};
  std::vector<std::string> remove = {};
  bool dead = false;  // Those to remove will not come back.
  // Dead ones are not waited for, although they may have what nobody else has.
  bool accepts_loss = false;
  // No operator asks (topology::Request): only who was given up, and is where it was, can be added.
  bool by_itself = false;
};

// What a wish would move, and until when, before it is asked for.
struct Cost {
  topology::Moved moved;  // Estimated from what is stored.
  double percent = 0;     // Of all copies.
  std::size_t plans = 0;
  std::chrono::seconds at_least{0};  // At the speed of kBytesPerSecond for each destination.
};

// Takes what operators ask for: checks it, waits for its turn, and leaves the rest to whoever
// coordinates. Safe to use from any thread.
class Administration {
 public:
  struct Options {
    std::vector<std::string> etcd;  // What new nodes are told.
    std::chrono::milliseconds ask_again_after = std::chrono::seconds(1);
    std::chrono::milliseconds call_time = std::chrono::seconds(5);
    // How long a node that does not answer may take to.
    std::chrono::milliseconds patience = std::chrono::seconds(3);
    std::chrono::milliseconds call_again_after{250};
    // Parts of a disk beyond which no slots are given to it.
    double full_at = 0.85;
  };

  // Both outlive this. Requires: somebody keeps `topologies` current.
  Administration(topology::TopologyStore& topologies, replication::NodeClient& nodes,
                 Options options)
      : topologies_(topologies), nodes_(nodes), options_(std::move(options)) {}

  // Asks for the change, and returns its name (Topology::change->asked); 0 when nothing has to
  // move: a known node has got another address. Waits until no other change runs and every member
  // is complete. kInvalidArgument and kFailedPrecondition for what could never be or needs another
  // wish; kDeadlineExceeded, saying why it has waited.
  async::Task<Result<topology::Epoch>> Ask(Wish wish, Deadline deadline);
  // Until that change is over. kAborted when it was given up: the message says why.
  async::Task<Result<topology::Moved>> Await(topology::Epoch change, Deadline deadline);
  async::Task<Result<void>> Abort(Deadline deadline);
  async::Task<Result<Cost>> Estimate(Wish wish, Deadline deadline);

  // Asks members, all when none is named, for upkeep now. kInvalidArgument for who is none.
  struct UpkeepAsked {
    std::string address;
    Result<std::uint64_t> number;  // See replication::Upkeep.
  };
  async::Task<Result<std::vector<UpkeepAsked>>> AskForUpkeep(std::vector<std::string> nodes,
                                                             Deadline deadline);

 private:
  using TopologyPointer = std::shared_ptr<const topology::Topology>;
  // A wish with the nodes that it names.
  struct Known {
    topology::Request request;
    // Members that answer at another address than the topology says.
    std::vector<topology::Member> moved = {};
    bool asks = true;  // For more than that.
  };

  async::Task<Result<TopologyPointer>> Load(Deadline deadline);
  async::Task<Result<topology::Epoch>> AskNow(const topology::Topology& current,
                                              const Known& known);
  async::Task<Result<Known>> Meet(const Wish& wish, const topology::Topology& topology);
  template <typename T>
  async::Task<Result<T>> Patiently(std::function<async::Task<Result<T>>()> call);
  async::Task<Result<replication::NodeStatus>> LookFor(std::string address);
  async::Task<Result<void>> CheckMoved(const topology::Member& member);
  async::Task<Result<topology::Member>> MeetNew(std::string address,
                                                const topology::Topology& topology);
  async::Task<Result<topology::Member>> MeetAgain(std::string address,
                                                  const topology::Topology& topology);
  async::Task<Result<NodeId>> FindLeaving(std::string address, bool dead,
                                          const topology::Topology& topology);
  async::Task<Result<void>> Welcome(const topology::Topology& topology, const Known& known);
  // kResourceExhausted, naming the node whose disk would be too full.
  async::Task<Result<Cost>> Weigh(const topology::Topology& asked);
  Deadline Soon() const { return Deadline::After(options_.call_time); }

  topology::TopologyStore& topologies_;
  replication::NodeClient& nodes_;
  const Options options_;
};

// Why a change has to wait now; empty when it does not.
std::string ReasonToWait(const topology::Topology& topology, const topology::Request& request);

}  // namespace tritontube::cluster
