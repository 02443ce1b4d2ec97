#pragma once

#include <optional>

#include "simulation/audit.h"
#include "simulation/gateway.h"

namespace tritontube::simulation {

// Breaks things, and mends all of them at the end, but for a machine that is gone for good.
class Nemesis {
 public:
  Nemesis(Context& context, Etcd& etcd, Network& network,
          std::vector<std::unique_ptr<Machine>>& machines, const GatewayHosts& gateways,
          const Audit& audit)
      : context_(context),
        etcd_(etcd),
        network_(network),
        machines_(machines),
        gateways_(gateways),
        audit_(audit),
        rotting_(context.Pick(context.plan.nodes)) {}

  async::Task<void> RageUntil(Deadline end);
  void MendAll();
  // Slots begin to move: the worst moment not to hear of it.
  void SeeTopology(const topology::Topology& next);
  // A put was taken there, and counts: the worst moment for what is on that disk.
  void SeeTaken(std::size_t caller, const std::string& address);
  std::uint64_t faults() const { return faults_; }

 private:
  struct OldCopy {
    std::size_t machine;
    Platter::Copy copy;
  };

  void Strike();
  void Crash();
  void SendAway();
  void CrashGateway();
  void FillDisk();
  void FailSync();
  void Cut();
  void CutFromEtcd();
  void LeaveSomeBehind();
  void LeaveOneBehind();
  void SlowDownAllBut(std::size_t machine);
  void StrikeEtcd();
  void StrikeLeader();
  void Pause();
  void Slow();
  void DoDamage();
  void Rot();
  void RotBesideWhole(std::size_t victim);
  void Wipe();
  void BringOldCopyBack();
  void LoseMachine();
  // Another copy of everything is there, and nobody is about to give one up.
  bool MayLose(std::size_t machine) const;
  bool IsBehind(const OldCopy& old) const;
  std::size_t AnyMachine() { return context_.Pick(machines_.size()); }

  Context& context_;
  Etcd& etcd_;
  Network& network_;
  std::vector<std::unique_ptr<Machine>>& machines_;
  const GatewayHosts& gateways_;
  const Audit& audit_;
  std::size_t rotting_;
  std::optional<OldCopy> old_copy_ = {};
  // Nothing but the end of the faults starts it before.
  std::optional<std::pair<std::size_t, Deadline>> away_ = {};
  std::optional<std::size_t> slowed_ = {};  // The gateway that SlowDownAllBut() has chosen.
  bool rages_ = false;
  std::uint64_t faults_ = 0;
};

}  // namespace tritontube::simulation
