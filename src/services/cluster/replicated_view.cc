#include "services/cluster/replicated_view.h"

#include <algorithm>
#include <numeric>

#include "foundation/async/task_group.h"

namespace tritontube::cluster {

namespace {

// One silent node must not make the operator wait.
constexpr std::chrono::seconds kAnswerTime{2};

std::vector<std::size_t> SlotsOfMembers(const topology::Topology& topology) {
  std::vector<std::size_t> slots(topology.members.size(), 0);
  for (const placement::SlotTable::NodeIndex index : topology.table.rows()) ++slots[index];
  return slots;
}

std::vector<NodeView> NodesOf(const topology::Topology& topology) {
  const std::vector<std::size_t> slots = SlotsOfMembers(topology);
  std::vector<NodeView> nodes;
  nodes.reserve(topology.members.size());
  for (std::size_t i = 0; i < topology.members.size(); ++i) {
    const topology::Member& member = topology.members[i];
    nodes.push_back({.id = member.id,
                     .address = member.address,
                     .zone = member.zone,
                     .weight = member.weight,
                     .slots = slots[i]});
  }
  return nodes;
}

double BalanceOf(const std::vector<NodeView>& nodes) {
  double weights = 0;
  double slots = 0;
  for (const NodeView& node : nodes) {
    weights += static_cast<double>(node.weight);
    slots += static_cast<double>(node.slots);
  }
  double worst = 1;
  for (const NodeView& node : nodes) {
    if (node.weight == 0 || slots == 0) continue;
    const double share = slots * static_cast<double>(node.weight) / weights;
    worst = std::max(worst, static_cast<double>(node.slots) / share);
  }
  return worst;
}

}  // namespace

async::Task<Result<ClusterStatus>> ReplicatedView::Look(Deadline deadline) const {
  const std::shared_ptr<const topology::Topology> topology = topology_.snapshot();
  if (topology == nullptr) {
    co_return Fail(ErrorCode::kUnavailable, "the topology of the cluster is not known yet");
  }
  ClusterStatus status{.cluster = topology->cluster,
                       .epoch = topology->epoch,
                       .replication = topology->replication,
                       .nodes = NodesOf(*topology)};
  status.balance = BalanceOf(status.nodes);
  const Deadline answers = deadline.EarlierOf(Deadline::After(kAnswerTime));
  std::vector<async::Task<void>> questions;
  questions.reserve(status.nodes.size());
  for (NodeView& node : status.nodes) questions.push_back(Ask(*topology, node, answers));
  co_await async::RunAll(std::move(questions));
  co_return status;
}

async::Task<void> ReplicatedView::Ask(const topology::Topology& topology, NodeView& node,
                                      Deadline deadline) const {
  const Result<replication::NodeStatus> answer = co_await nodes_.Status(node.address, deadline);
  if (!answer) {
    node.reason = answer.error().message();
    co_return;
  }
  if (answer->node != *node.id) {
    node.reason = fmt::format("another node, {}, answers there", answer->node.text());
    co_return;
  }
  if (answer->cluster != topology.cluster) {
    node.reason = answer->cluster ? "it belongs to another cluster" : "it is in no cluster yet";
    co_return;
  }
  node.store = answer->store;
  node.state = answer->incomplete ? NodeView::State::kIncomplete : NodeView::State::kUp;
  if (answer->incomplete) node.reason = "its folder has missed something and is not repaired yet";
}

}  // namespace tritontube::cluster
