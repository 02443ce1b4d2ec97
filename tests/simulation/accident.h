#pragma once

#include <map>

#include "simulation/network.h"

namespace tritontube::simulation {

// Lets one accident of a plan happen: at the n-th step of its kind after Begin() its victim dies or
// is stopped, and some seconds later it starts or goes on. A leader that is a gateway loses its way
// to etcd instead.
class AccidentMaker {
 public:
  AccidentMaker(Context& context, Etcd& etcd, Network& network,
                std::vector<std::unique_ptr<Machine>>& machines, async::TaskGroup& tasks)
      : context_(context), etcd_(etcd), network_(network), machines_(machines), tasks_(tasks) {}

  void Begin() { counting_ = true; }
  void Count(Step step);
  const std::map<Step, std::size_t>& counts() const { return counts_; }

 private:
  void Happen(const Accident& accident);
  // By its number as a caller; nobody when nobody leads.
  std::optional<std::size_t> VictimOf(const Accident& accident) const;
  async::Task<void> MendLater(std::size_t caller);

  Context& context_;
  Etcd& etcd_;
  Network& network_;
  std::vector<std::unique_ptr<Machine>>& machines_;
  async::TaskGroup& tasks_;
  bool counting_ = false;
  std::map<Step, std::size_t> counts_ = {};
};

}  // namespace tritontube::simulation
