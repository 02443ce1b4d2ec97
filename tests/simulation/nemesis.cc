#include "simulation/nemesis.h"

namespace tritontube::simulation {

using coordination::Call;
using coordination::Fault;
using std::chrono_literals::operator""ms;

async::Task<void> Nemesis::RageUntil(Deadline end) {
  while (!end.HasPassed()) {
    co_await async::Sleep(context_.Between(10ms, context_.plan.between_faults));
    ++faults_;
    Strike();
  }
}

void Nemesis::Strike() {
  const std::size_t victim = context_.Pick(machines_.size());
  switch (context_.Pick(8)) {
    case 0:
    case 1:
      return Crash();
    case 2:
    case 3:
      return Cut();
    case 4:
      return StrikeEtcd();
    case 5:
      return Rot();
    case 6: {
      const bool paused = context_.Chance(0.4);
      context_.trace.Note(fmt::format("{} node {}", paused ? "pause" : "resume", victim));
      return network_.Pause(victim, paused);
    }
    default: {
      const int factor = context_.Chance(0.5) ? 1 : 40;
      context_.trace.Note(fmt::format("the disk of node {} is {} times as slow", victim, factor));
      return machines_[victim]->platter().SetSlowness(factor);
    }
  }
}

// Starting is likelier than ending, so that most of the time most are up.
void Nemesis::Crash() {
  const std::size_t victim = context_.Pick(machines_.size());
  Machine& machine = *machines_[victim];
  if (!machine.process()) {
    context_.trace.Note(fmt::format("start node {}", victim));
    machine.Start();
    return;
  }
  context_.trace.Note(fmt::format("kill node {}", victim));
  machine.Kill();
  if (context_.Chance(0.6)) machine.Start();
}

void Nemesis::Cut() {
  const std::size_t gateway = context_.Pick(gateways_);
  const std::size_t machine = context_.Pick(machines_.size());
  const bool cut = context_.Chance(0.4);
  const std::size_t ways = context_.Pick(3);
  context_.trace.Note(
      fmt::format("{} gateway {} and node {}, {}", cut ? "cut" : "join", gateway, machine, ways));
  if (ways != 1) network_.Cut(gateway, machine, Network::Way::kThere, cut);
  if (ways != 2) network_.Cut(gateway, machine, Network::Way::kBack, cut);
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

void Nemesis::Rot() {
  if (machines_[rotting_]->platter().Rot()) context_.trace.Note(fmt::format("rot {}", rotting_));
}

void Nemesis::MendAll() {
  etcd_.SetOut(false);
  for (std::size_t machine = 0; machine < machines_.size(); ++machine) {
    network_.Pause(machine, false);
    machines_[machine]->platter().SetSlowness(1);
    machines_[machine]->Start();
    for (std::size_t gateway = 0; gateway < gateways_; ++gateway) {
      network_.Cut(gateway, machine, Network::Way::kThere, false);
      network_.Cut(gateway, machine, Network::Way::kBack, false);
    }
  }
}

}  // namespace tritontube::simulation
