#include "simulation/nemesis.h"

#include <algorithm>

#include "domain/migration/ready_record.h"

namespace tritontube::simulation {

using coordination::Call;
using coordination::Fault;
using std::chrono_literals::operator""ms;
using Line = Network::Line;
using Way = Network::Way;

async::Task<void> Nemesis::RageUntil(Deadline end) {
  rages_ = true;
  while (!end.HasPassed()) {
    co_await async::Sleep(context_.Between(10ms, context_.plan.between_faults));
    ++faults_;
    Strike();
  }
}

void Nemesis::Strike() {
  // Most of these only prepare the next one.
  if (context_.plan.damage == Damage::kOldCopies && context_.Chance(0.2)) return DoDamage();
  if (context_.Chance(context_.plan.behind_chance)) return LeaveSomeBehind();
  if (context_.plan.goes_away && context_.Chance(0.5)) return SendAway();
  switch (context_.Pick(16)) {
    case 0:
    case 1:
      return Crash();
    case 2:
    case 3:
    case 4:
      return Cut();
    case 5:
    case 6:
      return CutFromEtcd();
    case 7:
      return StrikeEtcd();
    case 8:
      return DoDamage();
    case 9:
      return Pause();
    case 10:
      return StrikeLeader();
    case 11:
      return CrashGateway();
    case 12:
      return FillDisk();
    case 13:
      return FailSync();
    case 14:
      return context_.plan.rots_everywhere ? RotBesideWhole(AnyMachine()) : Cut();
    default:
      return Slow();
  }
}

// Starting is likelier than ending, so that most of the time most are up.
void Nemesis::Crash() {
  const std::size_t victim = AnyMachine();
  Machine& machine = *machines_[victim];
  if (!machine.process()) {
    if (away_ && away_->first == victim && !away_->second.HasPassed()) return;
    context_.trace.Note(fmt::format("start node {}", victim));
    machine.Start();
    return;
  }
  context_.trace.Note(fmt::format("kill node {}", victim));
  machine.Kill();
  if (context_.Chance(0.6)) machine.Start();
}

// For about as long as the others wait before they give it up, and they are well for the moment:
// when more than one is silent, nobody is given up.
void Nemesis::SendAway() {
  if (away_ && !away_->second.HasPassed()) return;
  MendAll();
  rages_ = true;
  away_ = std::pair(AnyMachine(), Deadline::After(context_.Between(10'000ms, 25'000ms)));
  context_.trace.Note(fmt::format("node {} goes away", away_->first));
  machines_[away_->first]->Kill();
}

// What it owed is owed by nobody any more.
void Nemesis::CrashGateway() {
  const std::size_t victim = context_.Pick(gateways_.size());
  GatewayHost& host = *gateways_[victim];
  if (!host.process()) {
    context_.trace.Note(fmt::format("start gateway {}", victim));
    host.Start();
    return;
  }
  context_.trace.Note(fmt::format("kill gateway {}", victim));
  host.Kill();
  if (context_.Chance(0.6)) host.Start();
}

void Nemesis::FillDisk() {
  const std::size_t victim = AnyMachine();
  const bool full = !machines_[victim]->platter().full() && context_.Chance(0.6);
  context_.trace.Note(fmt::format("the disk of node {} {}", victim, full ? "is full" : "has room"));
  machines_[victim]->platter().SetFull(full);
}

void Nemesis::FailSync() {
  const std::size_t victim = AnyMachine();
  context_.trace.Note(fmt::format("the next sync of node {} fails", victim));
  machines_[victim]->platter().FailNextSync();
}

void Nemesis::Cut() {
  const std::size_t caller = context_.Pick(network_.callers());
  const std::size_t machine = AnyMachine();
  const std::size_t ways = context_.Pick(3);
  const Line line = context_.Chance(0.6)   ? Line::kGood
                    : context_.Chance(0.7) ? Line::kCut
                                           : Line::kFlapping;
  context_.trace.Note(fmt::format("line of caller {} and node {}, {}: {}", caller, machine, ways,
                                  static_cast<int>(line)));
  if (ways != 1) network_.Set(caller, machine, Way::kThere, line);
  if (ways != 2) network_.Set(caller, machine, Way::kBack, line);
}

void Nemesis::CutFromEtcd() {
  const bool cut = context_.Chance(0.4);
  const std::size_t caller = context_.Pick(network_.callers());
  context_.trace.Note(fmt::format("{} caller {} and etcd", cut ? "cut" : "join", caller));
  etcd_.Cut(caller, cut);
}

// Some gateways and nodes go on under the epoch that they know, while the others move on.
void Nemesis::LeaveSomeBehind() {
  const bool all_join = context_.Chance(0.5);
  context_.trace.Note(all_join ? "everybody reaches etcd" : "some do not reach etcd");
  for (std::size_t caller = 0; caller < network_.callers(); ++caller) {
    etcd_.Cut(caller, !all_join && context_.Chance(0.5));
  }
}

void Nemesis::LeaveOneBehind() {
  const std::size_t behind = network_.CallerOf(AnyMachine());
  context_.trace.Note(fmt::format("only caller {} does not reach etcd", behind));
  for (std::size_t caller = 0; caller < network_.callers(); ++caller) {
    etcd_.Cut(caller, caller == behind);
  }
}

// What a gateway stores is on that one long before it is on the others.
void Nemesis::SlowDownAllBut(std::size_t machine) {
  const std::size_t gateway = context_.Pick(network_.gateways());
  context_.trace.Note(fmt::format("slow lines of gateway {}, but to node {}", gateway, machine));
  slowed_ = gateway;
  for (std::size_t i = 0; i < machines_.size(); ++i) {
    network_.Set(gateway, i, Way::kThere, i == machine ? Line::kGood : Line::kSlow);
  }
}

void Nemesis::StrikeEtcd() {
  coordination::ModelCoordination& model = etcd_.model();
  const std::size_t what = context_.Pick(8);
  context_.trace.Note(fmt::format("etcd {}", what));
  const int skip = static_cast<int>(context_.Pick(5));
  switch (what) {
    case 0:
      return etcd_.SetOut(context_.Chance(0.5));
    case 1:
      return model.AddFault(Call::kCommit, Fault::UnknownBefore(), skip);
    case 2:
      return model.AddFault(Call::kCommit, Fault::UnknownAfter(), skip);
    case 3:
      return model.AddFault(Call::kGet, Fault::StaleRead(3), skip);
    case 4:
      return model.AddFault(Call::kWatch, Fault::LoseEvents(), skip);
    case 5:
      return model.AddFault(Call::kWatch, Fault::RepeatEvents(), skip);
    case 6:
      return model.AddFault(Call::kRenewLease, Fault::EndLeases());
    default:
      return model.AddFault(Call::kCommit, Fault::Delay(context_.Between(0ms, 4000ms)), skip);
  }
}

// Who coordinates the change dies, is stopped, or loses its lease without knowing.
void Nemesis::StrikeLeader() {
  const std::string leader = etcd_.leader();
  const auto found = std::ranges::find_if(
      machines_, [&](const auto& machine) { return machine->member().address == leader; });
  if (found == machines_.end()) {
    if (!leader.starts_with("web-")) return;
    const std::size_t gateway = std::stoul(leader.substr(4));
    context_.trace.Note(fmt::format("strike the leader {}", leader));
    if (context_.Chance(0.5)) return gateways_[gateway]->Kill();
    return etcd_.Cut(gateway, true);
  }
  const std::size_t what = context_.Pick(3);
  context_.trace.Note(fmt::format("strike the leader {}: {}", leader, what));
  if (what == 0) return (*found)->Kill();
  if (what == 1) return (*found)->Pause(true);
  const auto machine = static_cast<std::size_t>(found - machines_.begin());
  etcd_.Cut(network_.CallerOf(machine), true);
}

void Nemesis::Pause() {
  const std::size_t victim = AnyMachine();
  const bool paused = context_.Chance(0.4);
  context_.trace.Note(fmt::format("{} node {}", paused ? "pause" : "resume", victim));
  machines_[victim]->Pause(paused);
}

void Nemesis::Slow() {
  const std::size_t victim = AnyMachine();
  const int factor = context_.Chance(0.5) ? 1 : 40;
  context_.trace.Note(fmt::format("the disk of node {} is {} times as slow", victim, factor));
  machines_[victim]->platter().SetSlowness(factor);
}

void Nemesis::DoDamage() {
  switch (context_.plan.damage) {
    case Damage::kNone:
      return;
    case Damage::kRot:
      return Rot();
    case Damage::kOldCopies:
      return BringOldCopyBack();
    case Damage::kLoss:
      return LoseMachine();
    case Damage::kWipe:
      return Wipe();
  }
}

// Of three copies of everything one disk may lose any.
void Nemesis::Rot() {
  if (context_.plan.rots_everywhere) return RotBesideWhole(AnyMachine());
  const topology::Topology& now = *etcd_.history().now();
  const bool three =
      now.replication.copies == 3 && (!now.plan || now.plan->replication.copies == 3);
  if (!three) return RotBesideWhole(rotting_);
  if (machines_[rotting_]->platter().Rot()) context_.trace.Note(fmt::format("rot {}", rotting_));
}

// Of each blob one copy at least stays whole.
void Nemesis::RotBesideWhole(std::size_t victim) {
  Machine& machine = *machines_[victim];
  std::vector<blob::BlobKey> keys;
  for (const auto& [key, stored] : machine.platter().blobs()) {
    if (!stored.rotten && !stored.mends && audit_.IsWholeBeside(machine, key)) keys.push_back(key);
  }
  if (keys.empty()) return;
  context_.trace.Note(fmt::format("rot {}", victim));
  machine.platter().Rot(keys[context_.Pick(keys.size())]);
}

bool Nemesis::MayLose(std::size_t machine) const {
  const topology::Topology& now = *etcd_.history().now();
  const bool whole = std::ranges::all_of(machines_, [&](const auto& machine) {
    const bool is_member = now.Find(machine->member().id) != nullptr;
    return !is_member || machine->loss() == Machine::Loss::kNone;
  });
  return whole && now.replication.copies == 3 && audit_.IsRottenWholeBeside(*machines_[machine]);
}

// Otherwise nobody can tell that it is old.
bool Nemesis::IsBehind(const OldCopy& old) const {
  const auto starts = etcd_.model().Peek(migration::StartsKey(machines_[old.machine]->member().id));
  return starts && old.copy.state.starts < std::stoull(starts->value);
}

void Nemesis::BringOldCopyBack() {
  if (!old_copy_) {
    const std::size_t victim = AnyMachine();
    const bool is_in = machines_[victim]->platter().state().cluster.has_value();
    if (!is_in || machines_[victim]->loss() != Machine::Loss::kNone) return;
    context_.trace.Note(fmt::format("copy the disk of node {}", victim));
    old_copy_ = OldCopy{.machine = victim, .copy = machines_[victim]->platter().MakeCopy()};
    return;
  }
  if (!MayLose(old_copy_->machine)) return;
  Machine& machine = *machines_[old_copy_->machine];
  if (!IsBehind(*old_copy_)) {
    machine.Kill();
    machine.Start();
    if (context_.Chance(0.5)) SlowDownAllBut(old_copy_->machine);
    return;
  }
  slowed_.reset();
  context_.trace.Note(fmt::format("an old disk of node {} comes back", old_copy_->machine));
  machine.RollBack(std::exchange(old_copy_, std::nullopt)->copy);
}

void Nemesis::SeeTopology(const topology::Topology& next) {
  const bool begins = next.plan && next.plan->began == next.epoch;
  if (rages_ && begins && context_.Chance(context_.plan.behind_chance)) LeaveSomeBehind();
}

void Nemesis::SeeTaken(std::size_t caller, const std::string& address) {
  if (!rages_ || !old_copy_ || machines_[old_copy_->machine]->member().address != address) return;
  if (!MayLose(old_copy_->machine) || !IsBehind(*old_copy_) ||
      !context_.Chance(caller == slowed_ ? 0.8 : 0.2))
    return;
  const std::size_t victim = network_.CallerOf(old_copy_->machine);
  const bool ahead = caller == slowed_;
  BringOldCopyBack();
  if (ahead) {
    LeaveOneBehind();
  } else if (context_.Chance(0.5)) {
    LeaveSomeBehind();
  }
  etcd_.Cut(victim, false);
}

void Nemesis::LoseMachine() {
  const std::size_t victim = AnyMachine();
  const bool is_member = etcd_.history().now()->Find(machines_[victim]->member().id) != nullptr;
  const bool lost_one = std::ranges::any_of(
      machines_, [](const auto& machine) { return machine->loss() == Machine::Loss::kAll; });
  if (!is_member || lost_one || !MayLose(victim)) return;
  context_.trace.Note(fmt::format("node {} is gone for good", victim));
  machines_[victim]->Lose();
}

void Nemesis::Wipe() {
  const std::size_t victim = AnyMachine();
  if (!MayLose(victim)) return;
  context_.trace.Note(fmt::format("the store of node {} is gone", victim));
  machines_[victim]->Wipe();
}

void Nemesis::MendAll() {
  rages_ = false;
  etcd_.SetOut(false);
  for (const auto& gateway : gateways_) gateway->Start();
  for (std::size_t machine = 0; machine < machines_.size(); ++machine) {
    machines_[machine]->Pause(false);
    machines_[machine]->platter().SetSlowness(1);
    machines_[machine]->platter().SetFull(false);
    machines_[machine]->platter().TakeSyncFailure();
    machines_[machine]->Start();
    for (std::size_t caller = 0; caller < network_.callers(); ++caller) {
      network_.Set(caller, machine, Way::kThere, Line::kGood);
      network_.Set(caller, machine, Way::kBack, Line::kGood);
    }
  }
  for (std::size_t caller = 0; caller < network_.callers(); ++caller) etcd_.Cut(caller, false);
}

}  // namespace tritontube::simulation
