#include "services/cluster/administration.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "domain/replication/nodes.h"
#include "foundation/async/sleep.h"
#include "foundation/telemetry/log.h"
#include "services/cluster/node_weight.h"

namespace tritontube::cluster {

using telemetry::Level;
using telemetry::Log;
using topology::Epoch;
using topology::Member;
using topology::Moved;
using topology::Topology;

namespace {

// What a disk and a network take at least these days; an estimate says so.
constexpr double kBytesPerSecond = 50e6;

std::string AddressesOf(const Topology& topology) {
  std::vector<std::string> addresses;
  addresses.reserve(topology.members.size());
  for (const Member& member : topology.members) addresses.push_back(member.address);
  return fmt::format("{}", fmt::join(addresses, ", "));
}

const Member* FindByAddress(const Topology& topology, std::string_view address) {
  const auto found = std::ranges::find(topology.members, address, &Member::address);
  return found == topology.members.end() ? nullptr : &*found;
}

Result<void> CheckWish(const Wish& wish) {
  if (wish.add.empty() && wish.remove.empty()) {
    return Fail(ErrorCode::kInvalidArgument, "name the content nodes: host:port");
  }
  if (wish.accepts_loss && (!wish.dead || wish.remove.empty())) {
    return Fail(ErrorCode::kInvalidArgument,
                "a loss can be accepted of dead nodes that are removed only");
  }
  std::vector<std::string> all = wish.add;
  all.insert(all.end(), wish.remove.begin(), wish.remove.end());
  std::ranges::sort(all);
  const auto twice = std::ranges::adjacent_find(all);
  if (twice == all.end()) return {};
  return Fail(ErrorCode::kInvalidArgument, "{} is named twice", *twice);
}

// Of the nodes that were given up and are no members, by its address or its id.
const topology::GivenUp* FindGoneAt(const Topology& topology, std::string_view name) {
  const auto found = std::ranges::find_if(topology.given_up, [&](const topology::GivenUp& gone) {
    const bool is_named = gone.address == name || gone.id.text() == name;
    return is_named && topology.Find(gone.id) == nullptr;
  });
  // Another node may be a member at that address now.
  if (found == topology.given_up.end() || FindByAddress(topology, name) != nullptr) return nullptr;
  return &*found;
}

// By its address or its id.
Result<const Member*> MemberAt(const Topology& topology, const std::string& name) {
  const Member* member = FindByAddress(topology, name);
  if (const auto id = NodeId::Parse(name); member == nullptr && id) member = topology.Find(*id);
  if (member != nullptr) return member;
  return Fail(ErrorCode::kInvalidArgument, "{} is not in the cluster, which has {}", name,
              AddressesOf(topology));
}

}  // namespace

std::string ReasonToWait(const Topology& topology, const topology::Request& request) {
  if (topology.change || topology.plan) return "another change of the cluster is running";
  // Who is repaired may wait for those who are given up.
  if (request.accepts_loss) return "";
  for (const Member& member : topology.members) {
    const bool leaves = std::ranges::find(request.remove, member.id) != request.remove.end();
    if (!member.incomplete || leaves) continue;
    return fmt::format("the content node at {} is being repaired", member.address);
  }
  return "";
}

async::Task<Result<Administration::TopologyPointer>> Administration::Load(Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(TopologyPointer topology, co_await topologies_.Load(deadline));
  if (!topology) co_return Fail(ErrorCode::kUnavailable, "the cluster is not founded yet");
  co_return topology;
}

async::Task<Result<Epoch>> Administration::Ask(Wish wish, Deadline deadline) {
  TT_CO_RETURN_IF_ERROR(CheckWish(wish));
  std::string waiting;
  for (;;) {
    const auto seen = topologies_.changed().count();
    std::string reason;
    const Result<TopologyPointer> current = co_await Load(Soon());
    if (!current) {
      reason = current.error().message();
    } else {
      TT_CO_ASSIGN_OR_RETURN(const Known known, co_await Meet(wish, **current));
      reason = known.asks ? ReasonToWait(**current, known.request) : "";
      if (reason.empty()) {
        Result<Epoch> asked = co_await AskNow(**current, known);
        // Somebody was faster: perhaps it has to wait now.
        const bool again = !asked && asked.error().code() == ErrorCode::kAborted;
        if (again && !deadline.HasPassed()) continue;
        co_return asked;
      }
    }
    if (std::exchange(waiting, reason) != reason) {
      Log(Level::kInfo, "a change of the cluster waits for its turn", {{"why", reason}});
    }
    const bool cancelled = co_await async::IsCancelled();
    if (deadline.HasPassed() || cancelled) {
      co_return Fail(ErrorCode::kDeadlineExceeded, "{}{}", reason, kAskAgain);
    }
    co_await topologies_.changed().WaitBeyond(
        seen, deadline.EarlierOf(Deadline::After(options_.ask_again_after)));
  }
}

async::Task<Result<Epoch>> Administration::AskNow(const Topology& current, const Known& known) {
  if (!known.moved.empty()) {
    TT_CO_ASSIGN_OR_RETURN(Topology next, topology::MoveTo(current, known.moved));
    TT_CO_RETURN_IF_ERROR(co_await topologies_.Replace(current, std::move(next), Soon()));
    // With the new addresses, if there is more to do.
    if (known.asks) co_return Fail(ErrorCode::kAborted, "some addresses have changed");
    co_return Epoch{0};
  }
  TT_CO_ASSIGN_OR_RETURN(Topology next, topology::AskFor(current, known.request));
  TT_CO_RETURN_IF_ERROR(co_await Weigh(next));
  TT_CO_RETURN_IF_ERROR(co_await Welcome(current, known));
  TT_CO_ASSIGN_OR_RETURN(const TopologyPointer asked,
                         co_await topologies_.Replace(current, std::move(next), Soon()));
  Log(Level::kInfo, "a change of the cluster is asked for",
      {{"change", asked->epoch},
       {"joining", known.request.add.size()},
       {"leaving", known.request.remove.size()}});
  co_return asked->epoch;
}

async::Task<Result<Administration::Known>> Administration::Meet(const Wish& wish,
                                                                const Topology& topology) {
  Known known;
  known.request.accepts_loss = wish.accepts_loss;
  known.request.by_itself = wish.by_itself;
  // A change that was given up half-way can be gone on with.
  TT_CO_ASSIGN_OR_RETURN(const bool half_way, topology::IsPlanNeeded(topology));
  for (const std::string& address : wish.add) {
    TT_CO_ASSIGN_OR_RETURN(Member member, wish.by_itself ? co_await MeetAgain(address, topology)
                                                         : co_await MeetNew(address, topology));
    const Member* const there = topology.Find(member.id);
    if (there == nullptr) {
      known.request.add.push_back(std::move(member));
    } else if (there->address != member.address) {
      TT_CO_RETURN_IF_ERROR(co_await CheckMoved(*there));
      known.moved.push_back(std::move(member));
    } else if (!half_way && !topology.change) {
      co_return Fail(ErrorCode::kInvalidArgument,
                     "the content node at {} is in the cluster already", address);
    }
  }
  for (const std::string& address : wish.remove) {
    TT_CO_ASSIGN_OR_RETURN(NodeId node, co_await FindLeaving(address, wish.dead, topology));
    known.request.remove.push_back(std::move(node));
  }
  known.asks = known.moved.size() < wish.add.size() || !wish.remove.empty();
  co_return known;
}

// A node that was started a moment ago is not taken for one that is down: each connection that was
// tried in vain before is tried again a little later only.
template <typename T>
async::Task<Result<T>> Administration::Patiently(std::function<async::Task<Result<T>>()> call) {
  const Deadline patience = Deadline::After(options_.patience);
  for (;;) {
    Result<T> answer = co_await call();
    const bool cancelled = co_await async::IsCancelled();
    const bool nobody = !answer && answer.error().code() == ErrorCode::kUnavailable;
    if (!nobody || cancelled || patience.HasPassed()) co_return answer;
    co_await async::SleepUntil(patience.EarlierOf(Deadline::After(options_.call_again_after)));
  }
}

async::Task<Result<replication::NodeStatus>> Administration::LookFor(std::string address) {
  co_return co_await Patiently<replication::NodeStatus>(
      [&] { return nodes_.Status(address, Soon()); });
}

// Two nodes of one id are a folder and its copy, of which one has missed what the other was told.
async::Task<Result<void>> Administration::CheckMoved(const Member& member) {
  const Result<replication::NodeStatus> status = co_await nodes_.Status(member.address, Soon());
  if (!status || status->node != member.id) co_return Result<void>();
  co_return Fail(ErrorCode::kFailedPrecondition,
                 "node {} answers at {}, too: stop one of them, which runs on a copy of the "
                 "other's folder",
                 member.id.text(), member.address);
}

async::Task<Result<Member>> Administration::MeetNew(std::string address, const Topology& topology) {
  const Result<replication::NodeStatus> status = co_await LookFor(address);
  if (!status) {
    co_return Fail(ErrorCode::kUnavailable, "no content node answers at {} ({}): start it first",
                   address, status.error().message());
  }
  if (status->cluster && status->cluster != topology.cluster) {
    co_return Fail(ErrorCode::kFailedPrecondition,
                   "the content node at {} belongs to another cluster, {}: start it with an empty "
                   "folder to take it into this one",
                   address, status->cluster->text());
  }
  const bool known = topology.Find(status->node) != nullptr;
  if (const Member* const other = FindByAddress(topology, address); other && !known) {
    co_return Fail(ErrorCode::kFailedPrecondition,
                   "at {} the cluster has node {}, and now {} answers there: remove the first with "
                   "--dead, then add this one",
                   address, other->id.text(), status->node.text());
  }
  co_return Member{
      .id = status->node, .address = std::move(address), .weight = WeightOf(status->store)};
}

async::Task<Result<Member>> Administration::MeetAgain(std::string address,
                                                      const Topology& topology) {
  TT_CO_ASSIGN_OR_RETURN(Member member, co_await MeetNew(std::move(address), topology));
  const topology::GivenUp* const known = topology.FindGivenUp(member.id);
  if (known != nullptr && known->address == member.address) co_return member;
  co_return Fail(ErrorCode::kFailedPrecondition,
                 "node {} answers at {}, and it is not the one that was given up there",
                 member.id.text(), member.address);
}

async::Task<Result<NodeId>> Administration::FindLeaving(std::string address, bool dead,
                                                        const Topology& topology) {
  if (const topology::GivenUp* const gone = FindGoneAt(topology, address)) co_return gone->id;
  TT_CO_ASSIGN_OR_RETURN(const Member* const member, MemberAt(topology, address));
  const Result<replication::NodeStatus> status = co_await LookFor(member->address);
  const bool answers = status && status->node == member->id;
  if (answers && dead) {
    co_return Fail(ErrorCode::kFailedPrecondition,
                   "the content node at {} lives: remove it without --dead, and what it has is "
                   "used for the copies",
                   address);
  }
  if (!answers && !dead) {
    co_return Fail(ErrorCode::kFailedPrecondition,
                   "the content node at {} does not answer: start it, or remove it with --dead "
                   "when it will not come back",
                   address);
  }
  co_return member->id;
}

async::Task<Result<void>> Administration::Welcome(const Topology& topology, const Known& known) {
  for (const Member& member : known.request.add) {
    Result<void> joined = co_await Patiently<void>([&] {
      return nodes_.Join(replication::TargetOf(topology, member), options_.etcd, Soon());
    });
    if (!joined) {
      co_return std::unexpected(std::move(joined).error().Within(
          fmt::format("taking the content node at {} in", member.address)));
    }
  }
  co_return Result<void>();
}

async::Task<Result<Cost>> Administration::Weigh(const Topology& asked) {
  TT_CO_ASSIGN_OR_RETURN(const topology::Travels travels, topology::TravelsOf(asked));
  std::vector<std::optional<blob::StoreStatus>> stores;
  double stored = 0;
  for (const Member& member : asked.members) {
    const Result<replication::NodeStatus> status = co_await nodes_.Status(member.address, Soon());
    stores.push_back(status ? std::optional(status->store) : std::nullopt);
    const bool counts = status && member.standing != topology::Standing::kJoining;
    if (counts) stored += static_cast<double>(status->store.stored_bytes);
  }
  const double copies = static_cast<double>(placement::kSlotCount) * asked.replication.copies;
  const double bytes_of_copy = stored / copies;
  Cost cost{.moved = {}, .plans = travels.plans};
  double most = 0;
  double moving = 0;
  for (std::size_t i = 0; i < asked.members.size(); ++i) {
    double bytes = static_cast<double>(travels.copies_to[i]) * bytes_of_copy;
    // What is there from before is not fetched.
    const bool joins = asked.members[i].standing == topology::Standing::kJoining;
    if (joins && stores[i]) {
      bytes = std::max(0.0, bytes - static_cast<double>(stores[i]->stored_bytes));
    }
    moving += static_cast<double>(travels.copies_to[i]);
    most = std::max(most, bytes);
    cost.moved.bytes += static_cast<ByteCount>(bytes);
    if (!stores[i] || stores[i]->capacity_bytes == 0 || bytes == 0) continue;
    const auto capacity = static_cast<double>(stores[i]->capacity_bytes);
    const double used = capacity - static_cast<double>(stores[i]->free_bytes) + bytes;
    if (used <= capacity * options_.full_at) continue;
    co_return Fail(ErrorCode::kResourceExhausted,
                   "the disk of the content node at {} would be more than {:.0f} % full: add "
                   "another node, or make room there",
                   asked.members[i].address, options_.full_at * 100);
  }
  cost.percent = 100 * moving / copies;
  cost.at_least = std::chrono::seconds(static_cast<std::int64_t>(most / kBytesPerSecond));
  co_return cost;
}

async::Task<Result<Cost>> Administration::Estimate(Wish wish, Deadline deadline) {
  TT_CO_RETURN_IF_ERROR(CheckWish(wish));
  TT_CO_ASSIGN_OR_RETURN(const TopologyPointer current, co_await Load(deadline));
  TT_CO_ASSIGN_OR_RETURN(const Known known, co_await Meet(wish, *current));
  if (current->change || current->plan) {
    co_return Fail(ErrorCode::kFailedPrecondition,
                   "a change of the cluster is running: its end decides what another one costs");
  }
  TT_CO_ASSIGN_OR_RETURN(const Topology asked, topology::AskFor(*current, known.request));
  co_return co_await Weigh(asked);
}

async::Task<Result<std::vector<Administration::UpkeepAsked>>> Administration::AskForUpkeep(
    std::vector<std::string> nodes, Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(const TopologyPointer current, co_await Load(deadline));
  std::vector<const Member*> members;
  for (const std::string& node : nodes) {
    TT_CO_ASSIGN_OR_RETURN(const Member* const member, MemberAt(*current, node));
    members.push_back(member);
  }
  if (nodes.empty()) {
    for (const Member& member : current->members) members.push_back(&member);
  }
  std::vector<UpkeepAsked> asked;
  for (const Member* const member : members) {
    Result<std::uint64_t> number = co_await Patiently<std::uint64_t>(
        [&] { return nodes_.AskForUpkeep(replication::TargetOf(*current, *member), Soon()); });
    asked.push_back({.address = member->address, .number = std::move(number)});
  }
  co_return asked;
}

async::Task<Result<Moved>> Administration::Await(Epoch change, Deadline deadline) {
  for (;;) {
    const auto seen = topologies_.changed().count();
    const TopologyPointer topology = topologies_.snapshot();
    if (topology && !topology->past.empty() && topology->past[0].asked >= change) {
      const topology::PastChange* past = topology->FindPast(change);
      if (past == nullptr) {
        co_return Fail(
            ErrorCode::kOutcomeUnknown,
            "too many other changes have ended since, and how this one did is not known: "
            "look at the cluster's status");
      }
      if (!past->aborted) co_return past->moved;
      co_return Fail(ErrorCode::kAborted, "the change was given up: {}", past->reason);
    }
    if (deadline.HasPassed() || co_await async::IsCancelled()) {
      co_return Fail(ErrorCode::kDeadlineExceeded,
                     "the change of the cluster goes on, and was not over in time");
    }
    co_await topologies_.changed().WaitBeyond(seen, deadline);
  }
}

async::Task<Result<void>> Administration::Abort(Deadline deadline) {
  for (;;) {
    TT_CO_ASSIGN_OR_RETURN(const TopologyPointer current, co_await Load(deadline));
    TT_CO_ASSIGN_OR_RETURN(Topology next, topology::Abort(*current, "an operator has aborted it"));
    const auto replaced = co_await topologies_.Replace(*current, std::move(next), deadline);
    if (replaced) co_return Result<void>();
    if (replaced.error().code() != ErrorCode::kAborted) {
      co_return std::unexpected(replaced.error());
    }
  }
}

}  // namespace tritontube::cluster
