#pragma once

#include "core/coordination/lease_keeper.h"
#include "domain/catalog/catalog.h"
#include "domain/replication/cluster_blob_store.h"
#include "simulation/network.h"

namespace tritontube::simulation {

// A web server without its HTTP: the shipped catalog and cluster store.
struct Gateway {
  Gateway(Context& context, Etcd& etcd_service, Network& network, std::size_t index)
      : etcd(etcd_service),
        topologies(etcd),
        link(context, network, index),
        store(link, topologies, context.clock, context.time.executor()),
        catalog(etcd),
        lease(etcd, std::chrono::seconds(10)),
        tasks(context.time.executor()) {}

  EtcdClient etcd;
  topology::TopologyStore topologies;
  Link link;
  replication::ClusterBlobStore store;
  catalog::Catalog catalog;
  coordination::LeaseKeeper lease;
  async::TaskGroup tasks;
};

}  // namespace tritontube::simulation
