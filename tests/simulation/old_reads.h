#pragma once

#include "simulation/etcd.h"

namespace tritontube::simulation {

// Etcd as a collector sees it, which has to bear the most: some of what it reads in a transaction
// that writes nothing is of the past, as from a server that has fallen behind.
class OldReads final : public support::ForwardingCoordination {
 public:
  OldReads(EtcdClient& engine, Etcd& etcd) : ForwardingCoordination(engine), etcd_(etcd) {}

  async::Task<Result<coordination::TxnAnswer>> Commit(coordination::Txn txn,
                                                      Deadline deadline) override;

 private:
  void Age(const coordination::Txn& txn, coordination::TxnAnswer& answer);

  Etcd& etcd_;
};

}  // namespace tritontube::simulation
