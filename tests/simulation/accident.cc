#include "simulation/accident.h"

namespace tritontube::simulation {

namespace {
// Longer than a lease lasts, shorter than anybody's patience with a destination.
constexpr std::chrono::seconds kAbsence{5};
}  // namespace

void AccidentMaker::Count(Step step) {
  if (!counting_) return;
  const std::size_t count = ++counts_[step];
  const std::optional<Accident>& accident = context_.plan.accident;
  if (accident && accident->step == step && accident->nth == count) Happen(*accident);
}

std::optional<std::size_t> AccidentMaker::VictimOf(const Accident& accident) const {
  const std::size_t gateways = network_.callers() - machines_.size();
  if (accident.victim == Victim::kSource) return gateways;
  if (accident.victim == Victim::kDestination) return network_.callers() - 1;
  const std::string leader = etcd_.leader();
  for (std::size_t i = 0; i < machines_.size(); ++i) {
    if (machines_[i]->member().address == leader) return gateways + i;
  }
  if (leader.starts_with("web-")) return std::stoul(leader.substr(4));
  return std::nullopt;
}

void AccidentMaker::Happen(const Accident& accident) {
  const std::optional<std::size_t> victim = VictimOf(accident);
  if (!victim) return;
  context_.trace.Note(fmt::format("accident of caller {}", *victim));
  const std::size_t gateways = network_.callers() - machines_.size();
  if (*victim < gateways) {
    etcd_.Cut(*victim, true);
  } else if (accident.pause) {
    machines_[*victim - gateways]->Pause(true);
  } else {
    machines_[*victim - gateways]->Kill();
  }
  tasks_.Spawn(MendLater(*victim));
}

async::Task<void> AccidentMaker::MendLater(std::size_t caller) {
  co_await async::Sleep(kAbsence);
  const bool cancelled = co_await async::IsCancelled();
  if (cancelled) co_return;
  const std::size_t gateways = network_.callers() - machines_.size();
  if (caller < gateways) {
    etcd_.Cut(caller, false);
    co_return;
  }
  machines_[caller - gateways]->Pause(false);
  machines_[caller - gateways]->Start();
}

}  // namespace tritontube::simulation
