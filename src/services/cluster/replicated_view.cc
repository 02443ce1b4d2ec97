#include "services/cluster/replicated_view.h"

#include <algorithm>
#include <iterator>
#include <numeric>

#include "domain/topology/roles.h"
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
  const std::vector<std::size_t> coming = topology::CopiesComing(topology);
  std::vector<NodeView> nodes;
  nodes.reserve(topology.members.size());
  for (std::size_t i = 0; i < topology.members.size(); ++i) {
    const topology::Member& member = topology.members[i];
    nodes.push_back({.id = member.id,
                     .address = member.address,
                     .zone = member.zone,
                     .standing = member.standing,
                     .weight = member.weight,
                     .slots = slots[i],
                     .slots_coming = coming[i]});
  }
  return nodes;
}

// Why what answers at the address of `node` is not it, and what to do; empty when it is.
std::string WhyItIsAnother(const topology::Topology& topology, const NodeView& node,
                           const replication::NodeStatus& answer) {
  if (answer.cluster && answer.cluster != topology.cluster) {
    return fmt::format(
        "node {} of another cluster, {}, answers there: start it with its own folder",
        answer.node.text(), answer.cluster->text());
  }
  if (answer.node != *node.id) {
    return fmt::format(
        "another node, {}, answers there: start it with its own folder, or remove it with --dead "
        "and then add the other one",
        answer.node.text());
  }
  return answer.cluster ? "" : "it is in no cluster yet";
}

// From what the nodes say of themselves. What is listed and was there already is done, too.
ChangeView ChangeOf(const topology::Topology& topology, const std::vector<NodeView>& nodes) {
  ChangeView view{.change = *topology.change, .moved = topology.change->moved, .plan_moved = {}};
  if (!topology.plan) return view;
  view.phase = topology.plan->phase;
  double stored = 0;
  double slots = 0;
  double done = 0;
  std::size_t coming = 0;
  for (const NodeView& node : nodes) {
    if (node.store && node.slots > 0) stored += static_cast<double>(node.store->stored_bytes);
    coming += node.slots_coming;
    if (!node.pulling || node.pulling->plan != topology.plan->began) continue;
    slots += static_cast<double>(node.pulling->slots);
    done += static_cast<double>(node.pulling->slots_done);
    view.plan_moved.files += node.pulling->moved.files;
    view.plan_moved.bytes += node.pulling->moved.bytes;
  }
  view.moved.files += view.plan_moved.files;
  view.moved.bytes += view.plan_moved.bytes;
  const auto copies = static_cast<double>(topology.table.rows().size());
  view.plan_bytes = static_cast<ByteCount>(stored * static_cast<double>(coming) / copies);
  const double by_slots = slots > 0 ? done / slots : 0;
  const double by_bytes = view.plan_bytes > 0 ? static_cast<double>(view.plan_moved.bytes) /
                                                    static_cast<double>(view.plan_bytes)
                                              : 0;
  const bool over = view.phase == topology::Phase::kUseNew;
  view.plan_progress = over ? 1 : std::min(0.99, std::max(by_slots, by_bytes));
  return view;
}

SlotCounts CountSlotsOf(const topology::Topology& topology, const std::vector<NodeView>& nodes) {
  std::vector<Service> services;
  services.reserve(nodes.size());
  for (const NodeView& node : nodes) {
    const bool is_up = node.state != NodeView::State::kDown;
    services.push_back({.serves = is_up,
                        .takes = is_up && !(node.store && node.store->read_only),
                        .is_whole = node.state == NodeView::State::kUp});
  }
  return CountSlots(topology, services);
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
  status.slot_counts = CountSlotsOf(*topology, status.nodes);
  if (topology->change) status.change = ChangeOf(*topology, status.nodes);
  status.past = topology->past;
  std::ranges::copy_if(
      topology->given_up, std::back_inserter(status.given_up),
      [&](const topology::GivenUp& node) { return topology->Find(node.id) == nullptr; });
  co_return status;
}

async::Task<void> ReplicatedView::Ask(const topology::Topology& topology, NodeView& node,
                                      Deadline deadline) const {
  const Result<replication::NodeStatus> answer = co_await nodes_.Status(node.address, deadline);
  if (!answer) {
    node.reason = answer.error().message();
    co_return;
  }
  node.reason = WhyItIsAnother(topology, node, *answer);
  if (!node.reason.empty()) co_return;
  node.store = answer->store;
  node.pulling = answer->pulling;
  node.upkeep = answer->upkeep;
  node.state = answer->incomplete ? NodeView::State::kIncomplete : NodeView::State::kUp;
  if (answer->incomplete) node.reason = "its folder has missed something and is not repaired yet";
}

}  // namespace tritontube::cluster
