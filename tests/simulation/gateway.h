#pragma once

#include "core/coordination/lease_keeper.h"
#include "domain/catalog/catalog.h"
#include "domain/replication/cluster_blob_store.h"
#include "services/cluster/administration.h"
#include "simulation/network.h"

namespace tritontube::simulation {

// A web server without its HTTP: the shipped catalog and cluster store, and its part in changes of
// the cluster.
struct Gateway {
  Gateway(Context& context, Etcd& etcd_service, Network& network, std::size_t index)
      : etcd(etcd_service, index, pulse),
        topologies(etcd),
        link(context, network, index, pulse),
        store(link, topologies, context.clock, context.time.executor()),
        catalog(etcd),
        lease(etcd, std::chrono::seconds(10)),
        administration(topologies, link, {.etcd = {"etcd:1"}}),
        coordinator(etcd, topologies, context.clock, fmt::format("web-{}", index),
                    PatienceOfCoordinators()),
        tasks(context.time.executor()) {}

  Pulse pulse;
  EtcdClient etcd;
  topology::TopologyStore topologies;
  Link link;
  replication::ClusterBlobStore store;
  catalog::Catalog catalog;
  coordination::LeaseKeeper lease;
  cluster::Administration administration;
  cluster::Coordinator coordinator;
  async::TaskGroup tasks;
};

}  // namespace tritontube::simulation
