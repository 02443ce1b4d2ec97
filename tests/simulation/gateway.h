#pragma once

#include <chrono>

#include "core/coordination/lease_keeper.h"
#include "domain/catalog/catalog.h"
#include "domain/replication/cluster_blob_store.h"
#include "services/cluster/administration.h"
#include "services/garbage/collector.h"
#include "simulation/network.h"
#include "simulation/old_reads.h"

namespace tritontube::simulation {

inline constexpr std::chrono::seconds kCallTime{3};

// One life of a web server without its HTTP: the shipped catalog, cluster store and collector, and
// its part in changes of the cluster.
struct Gateway {
  Gateway(Context& context, Etcd& etcd_service, Network& network, std::size_t index);

  // Until cancelled.
  async::Task<void> Run();
  async::Task<void> Collect();
  // As if the upload had never been: again until that is so, for its sender has gone.
  async::Task<void> AbandonAtLast(VideoId video, UploadId upload);

  Pulse pulse;
  HeldBytes put_bytes;
  EtcdClient etcd;
  OldReads old_reads;
  topology::TopologyStore topologies;
  Link link;
  replication::ClusterBlobStore store;
  catalog::Catalog catalog;
  catalog::Catalog catalog_of_collector;
  coordination::LeaseKeeper lease;
  cluster::Administration administration;
  cluster::Coordinator coordinator;
  garbage::Collector collector;
  const SteadyTime collects_from;
  async::TaskGroup tasks;
  bool serves = false;  // Has its lease.
};

// Where a web server runs, while it does.
class GatewayHost {
 public:
  GatewayHost(Context& context, Etcd& etcd, Network& network, async::TaskGroup& burials,
              std::size_t index)
      : context_(context), etcd_(etcd), network_(network), burials_(burials), index_(index) {}

  // Null while it is down. Who calls it keeps it.
  const std::shared_ptr<Gateway>& process() const { return process_; }

  void Start();
  // All that it remembers is gone.
  void Kill();
  async::Task<void> Stop();

 private:
  static async::Task<void> Bury(std::shared_ptr<Gateway> gateway);

  Context& context_;
  Etcd& etcd_;
  Network& network_;
  async::TaskGroup& burials_;
  const std::size_t index_;
  std::shared_ptr<Gateway> process_ = {};
};

using GatewayHosts = std::vector<std::unique_ptr<GatewayHost>>;
// One that serves; null when none does.
std::shared_ptr<Gateway> AnyGateway(Context& context, const GatewayHosts& hosts);

}  // namespace tritontube::simulation
