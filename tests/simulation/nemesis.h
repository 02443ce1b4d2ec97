#pragma once

#include "simulation/network.h"

namespace tritontube::simulation {

// Breaks things, and mends all of them at the end.
class Nemesis {
 public:
  Nemesis(Context& context, Etcd& etcd, Network& network,
          std::vector<std::unique_ptr<Machine>>& machines, std::size_t gateways)
      : context_(context),
        etcd_(etcd),
        network_(network),
        machines_(machines),
        gateways_(gateways),
        rotting_(context.Pick(machines.size())) {}

  async::Task<void> RageUntil(Deadline end);
  void MendAll();
  std::uint64_t faults() const { return faults_; }

 private:
  void Strike();
  void Crash();
  void Cut();
  void StrikeEtcd();
  void Rot();

  Context& context_;
  Etcd& etcd_;
  Network& network_;
  std::vector<std::unique_ptr<Machine>>& machines_;
  std::size_t gateways_;
  // Bits turn on one disk only: what is acknowledged survives by its other copy.
  std::size_t rotting_;
  std::uint64_t faults_ = 0;
};

}  // namespace tritontube::simulation
