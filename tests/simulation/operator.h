#pragma once

#include "simulation/gateway.h"

namespace tritontube::simulation {

// Who runs the cluster: makes it larger and smaller, replaces nodes, changes their mind, and
// removes what is gone for good. Believes nothing but the topology.
class Operator {
 public:
  Operator(Context& context, const History& history,
           std::vector<std::unique_ptr<Machine>>& machines, const GatewayHosts& gateways)
      : context_(context), history_(history), machines_(machines), gateways_(gateways) {}

  async::Task<void> WorkUntil(Deadline end);
  // Asks for one more node until somebody has taken the wish.
  async::Task<void> AddOne();
  // After the faults: until no lost machine is a member.
  async::Task<void> FinishBy(Deadline deadline);

  struct Counts {
    std::uint64_t asked = 0;
    std::uint64_t done = 0;
    std::uint64_t aborted = 0;
    std::uint64_t refused = 0;
  };
  const Counts& counts() const { return counts_; }

 private:
  using Addresses = std::vector<std::string>;

  Addresses MembersThat(bool (*matches)(const Machine&)) const;
  Addresses Spares() const;
  // `count` of them, at random.
  Addresses Choose(Addresses from, std::size_t count);
  cluster::Wish WishFor(std::size_t size);
  cluster::Wish WishWithoutLost() const;
  async::Task<void> Carry(cluster::Wish wish);
  async::Task<void> AbortLater(std::chrono::milliseconds after);

  Context& context_;
  const History& history_;
  std::vector<std::unique_ptr<Machine>>& machines_;
  const GatewayHosts& gateways_;
  Counts counts_ = {};
};

}  // namespace tritontube::simulation
