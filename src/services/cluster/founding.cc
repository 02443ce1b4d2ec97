#include "services/cluster/founding.h"

#include <algorithm>

#include "domain/replication/nodes.h"
#include "foundation/async/sleep.h"
#include "foundation/async/task_group.h"
#include "foundation/telemetry/log.h"
#include "services/cluster/node_weight.h"

namespace tritontube::cluster {

using telemetry::Level;
using telemetry::Log;
using topology::Member;
using topology::Topology;

namespace {

constexpr std::chrono::seconds kLookTime{10};
constexpr std::chrono::seconds kWelcomeTime{5};

}  // namespace

async::Task<Result<std::shared_ptr<const Topology>>> Founding::Run() {
  auto known = co_await topology_.Load(Deadline::After(options_.patience));
  if (!known) {
    co_return std::unexpected(std::move(known).error().Within("asking etcd who is in the cluster"));
  }
  std::shared_ptr<const Topology> topology = *std::move(known);
  if (topology == nullptr) {
    TT_CO_ASSIGN_OR_RETURN(topology, co_await FoundNew());
  }
  for (const Member& member : topology->members) strangers_.insert(member.id);
  co_await WelcomeAll();
  for (const Member& member : topology->members) {
    if (!strangers_.contains(member.id)) continue;
    Log(Level::kWarning,
        "a content node does not answer: it will be told that it is in the cluster when it does",
        {{"node", member.id.text()}, {"address", member.address}});
  }
  co_return topology;
}

async::Task<Result<std::shared_ptr<const Topology>>> Founding::FoundNew() {
  if (options_.initial_nodes.empty()) {
    co_return Fail(ErrorCode::kInvalidArgument,
                   "there is no cluster in this etcd yet: name its content nodes after nw, behind "
                   "the admin's address, to found one");
  }
  const Deadline deadline = Deadline::After(options_.patience);
  std::vector<std::optional<Result<Member>>> met(options_.initial_nodes.size());
  std::vector<async::Task<void>> meetings;
  meetings.reserve(met.size());
  for (std::size_t i = 0; i < met.size(); ++i) {
    meetings.push_back(MeetInto(options_.initial_nodes[i], deadline, met[i]));
  }
  co_await async::RunAll(std::move(meetings));
  Members members;
  members.reserve(met.size());
  for (const std::optional<Result<Member>>& member : met) {
    if (!member) co_return Fail(ErrorCode::kCancelled, "the start was stopped");
    if (*member) members.push_back(**member);
  }
  if (members.size() < met.size()) {
    // Another server may have founded it meanwhile, of nodes that are taken now.
    TT_CO_ASSIGN_OR_RETURN(auto founded, co_await topology_.Load(Deadline::After(kLookTime)));
    if (founded != nullptr) co_return founded;
    for (const std::optional<Result<Member>>& member : met) {
      if (!*member) co_return std::unexpected(member->error());
    }
  }
  TT_CO_ASSIGN_OR_RETURN(Topology first,
                         topology::Found(ClusterId::Generate(random_), std::move(members)));
  TT_CO_ASSIGN_OR_RETURN(auto topology,
                         co_await topology_.Create(std::move(first), Deadline::After(kLookTime)));
  Log(Level::kInfo, "cluster founded",
      {{"cluster", topology->cluster.text()}, {"nodes", topology->members.size()}});
  co_return topology;
}

async::Task<void> Founding::MeetInto(std::string address, Deadline deadline,
                                     std::optional<Result<Member>>& met) {
  met.emplace(co_await Meet(std::move(address), deadline));
}

async::Task<Result<Member>> Founding::Meet(std::string address, Deadline deadline) {
  for (;;) {
    const Deadline answer = deadline.EarlierOf(Deadline::After(kWelcomeTime));
    const Result<replication::NodeStatus> status = co_await nodes_.Status(address, answer);
    if (status && status->cluster) {
      co_return Fail(ErrorCode::kFailedPrecondition,
                     "the content node at {} belongs to cluster {}, and this etcd has none: name "
                     "that cluster's etcd, or start the node with an empty folder",
                     address, status->cluster->text());
    }
    if (status) {
      co_return Member{
          .id = status->node, .address = std::move(address), .weight = WeightOf(status->store)};
    }
    const bool cancelled = co_await async::IsCancelled();
    if (cancelled || deadline.HasPassed()) {
      co_return Fail(ErrorCode::kUnavailable,
                     "no content node answers at {} ({}): start it, then start this again", address,
                     status.error().message());
    }
    co_await async::SleepUntil(deadline.EarlierOf(Deadline::After(options_.ask_again_after)));
  }
}

async::Task<void> Founding::WelcomeTheRest() {
  while (!strangers_.empty() && !co_await async::IsCancelled()) {
    co_await async::Sleep(options_.welcome_again_after);
    const bool cancelled = co_await async::IsCancelled();
    if (!cancelled) co_await WelcomeAll();
  }
}

async::Task<void> Founding::WelcomeAll() {
  const std::shared_ptr<const Topology> topology = topology_.snapshot();
  std::vector<async::Task<void>> welcomes;
  for (const Member& member : topology->members) {
    if (strangers_.contains(member.id)) welcomes.push_back(Welcome(*topology, member));
  }
  co_await async::RunAll(std::move(welcomes));
}

async::Task<void> Founding::Welcome(const Topology& topology, const Member& member) {
  const Result<void> joined = co_await nodes_.Join(replication::TargetOf(topology, member),
                                                   options_.etcd, Deadline::After(kWelcomeTime));
  if (joined) strangers_.erase(member.id);
}

}  // namespace tritontube::cluster
