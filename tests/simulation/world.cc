#include "simulation/world.h"

#include <fmt/ranges.h>

#include "foundation/telemetry/log.h"
#include "support/must.h"

namespace tritontube::simulation {

using support::Must;
using std::chrono_literals::operator""s;

namespace {

constexpr std::size_t kGateways = 2;

class World {
 public:
  explicit World(const Plan& plan)
      : context_(plan),
        etcd_(context_),
        ledger_(context_),
        burials_(context_.time.executor()),
        machines_(MakeMachines()),
        network_(context_, machines_, kGateways),
        gateways_(MakeGateways()),
        clients_(context_, ledger_, gateways_,
                 [this](const blob::BlobKey& key, const blob::Digest& digest) {
                   return CopiesOf(key, digest);
                 }),
        nemesis_(context_, etcd_, network_, machines_, kGateways) {}

  Outcome Run() {
    context_.time.Run(Live());
    return {.hash = context_.trace.hash(),
            .violations = context_.trace.violations(),
            .counts = clients_.counts(),
            .faults = nemesis_.faults(),
            .report = Report()};
  }

 private:
  using Machines = std::vector<std::unique_ptr<Machine>>;
  using Gateways = std::vector<std::unique_ptr<Gateway>>;

  Machines MakeMachines() {
    Machines machines;
    for (std::size_t i = 0; i < context_.plan.nodes; ++i) {
      topology::Member member{.id = NodeId::Generate(context_.random),
                              .address = fmt::format("node-{}:1", i)};
      machines.push_back(std::make_unique<Machine>(context_, etcd_, burials_, std::move(member)));
    }
    return machines;
  }

  Gateways MakeGateways() {
    Gateways gateways;
    for (std::size_t i = 0; i < kGateways; ++i) {
      gateways.push_back(std::make_unique<Gateway>(context_, etcd_, network_, i));
    }
    return gateways;
  }

  topology::Topology MakeTopology() {
    std::vector<topology::Member> members;
    for (const auto& machine : machines_) members.push_back(machine->member());
    auto topology = Must(topology::Found(ClusterId::Generate(context_.random), std::move(members)));
    if (context_.plan.tooth == Tooth::kOneAck) topology.replication.acks = 1;
    return topology;
  }

  // On how many of the disks that are to have it.
  std::size_t CopiesOf(const blob::BlobKey& key, const blob::Digest& digest) {
    std::size_t copies = 0;
    for (const auto index : topology_->table.replicas(placement::SlotOf(key))) {
      copies += machines_[index]->platter().HasDurably(key, digest) ? 1 : 0;
    }
    return copies;
  }

  async::Task<void> Begin() {
    topology_ = Must(co_await topology::TopologyStore(etcd_.model())
                         .Create(MakeTopology(), Deadline::After(9s)));
    for (const auto& machine : machines_) {
      machine->platter().set_state({.node = machine->member().id,
                                    .cluster = topology_->cluster,
                                    .epoch = topology_->epoch,
                                    .topology = topology_});
      machine->Start();
    }
    for (const auto& gateway : gateways_) {
      Must(co_await gateway->lease.Start(Deadline::After(9s)));
      gateway->store.Start();
      gateway->tasks.Spawn(gateway->lease.Run());
      gateway->tasks.Spawn(gateway->topologies.Run());
    }
  }

  async::Task<void> Live() {
    co_await Begin();
    const Deadline end = Deadline::After(context_.plan.duration);
    std::vector<async::Task<void>> tasks;
    tasks.push_back(nemesis_.RageUntil(end));
    for (std::size_t i = 0; i < context_.plan.uploaders; ++i) {
      tasks.push_back(clients_.UploadUntil(end));
    }
    for (std::size_t i = 0; i < context_.plan.readers; ++i) {
      tasks.push_back(clients_.WatchUntil(end));
    }
    co_await async::RunAll(std::move(tasks));
    nemesis_.MendAll();
    for (const auto& gateway : gateways_) co_await gateway->store.Settle(Deadline::After(60s));
    co_await CheckAll();
    co_await End();
  }

  // After the faults everything that was promised is there.
  async::Task<void> CheckAll() {
    context_.trace.Note("quiet");
    for (const auto& [id, video] : ledger_.videos()) {
      for (std::size_t gateway = 0; gateway < kGateways; ++gateway) {
        const bool read = co_await clients_.ReadAll(gateway, video, Deadline::After(60s));
        if (read) continue;
        context_.trace.Violate(fmt::format("I1 video {} stays unreadable", id.text()));
      }
      if (video.deletion_begun) continue;
      for (const Ledger::Attempt& attempt : video.attempts) {
        if (attempt.committed != Ledger::Outcome::kYes) continue;
        for (const std::size_t part : attempt.acknowledged) {
          clients_.CheckCopies(video, attempt, part);
        }
      }
    }
  }

  async::Task<void> End() {
    for (const auto& gateway : gateways_) {
      co_await gateway->store.Stop();
      co_await gateway->tasks.Stop();
    }
    for (const auto& machine : machines_) machine->Kill();
    co_await burials_.Stop();
  }

  std::string Report() const {
    return fmt::format("{}\n  {}\nEvents before:\n  {}\n", ToString(context_.plan),
                       fmt::join(context_.trace.violations(), "\n  "),
                       fmt::join(context_.trace.tail(), "\n  "));
  }

  Context context_;
  Etcd etcd_;
  Ledger ledger_;
  async::TaskGroup burials_;
  Machines machines_;
  Network network_;
  Gateways gateways_;
  Clients clients_;
  Nemesis nemesis_;
  std::shared_ptr<const topology::Topology> topology_ = {};
};

}  // namespace

Outcome RunWorld(const Plan& plan) {
  // Nodes that start and leases that end are no news here.
  const telemetry::LogCapture silence;
  return World(plan).Run();
}

}  // namespace tritontube::simulation
