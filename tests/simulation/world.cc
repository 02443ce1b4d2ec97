#include "simulation/world.h"

#include <fmt/ranges.h>

#include "foundation/telemetry/log.h"
#include "support/must.h"

namespace tritontube::simulation {

using support::Must;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

namespace {

constexpr std::size_t kGateways = 2;
constexpr std::chrono::seconds kRestTimeMax{400};

class World {
 public:
  explicit World(const Plan& plan)
      : context_(plan),
        etcd_(context_, kGateways + plan.nodes + plan.spares),
        ledger_(context_),
        burials_(context_.time.executor()),
        machines_(MakeMachines()),
        network_(context_, machines_, kGateways),
        gateways_(MakeGateways()),
        audit_(context_, ledger_, machines_, etcd_),
        clients_(context_, ledger_, gateways_, audit_),
        operator_(context_, etcd_.history(), machines_, gateways_),
        nemesis_(context_, etcd_, network_, machines_, gateways_, audit_),
        accidents_(context_, etcd_, network_, machines_, burials_) {
    etcd_.history().SetOnNext([this](const topology::Topology& next) {
      for (const auto& machine : machines_) machine->Learn(next);
      audit_.CheckCopies();
      nemesis_.SeeTopology(next);
    });
    context_.on_taken = [this](std::size_t caller, const std::string& address) {
      nemesis_.SeeTaken(caller, address);
    };
    context_.on_served = [this](const std::string& address, const blob::BlobKey& key,
                                ByteCount offset, const blob::Bytes& bytes) {
      audit_.CheckServed(address, key, offset, bytes);
    };
    for (const auto& machine : machines_) {
      machine->platter().SetOnRemoved(
          [this](const std::vector<blob::BlobKey>& keys) { audit_.CheckRemoval(keys); });
      machine->platter().SetOnUploadRemoved([this](const VideoId& video, const UploadId& upload) {
        audit_.CheckUploadRemoval(video, upload);
      });
    }
  }

  Outcome Run() {
    context_.time.Run(context_.plan.accident ? LiveThroughOneChange() : Live());
    return {.hash = context_.trace.hash(),
            .violations = context_.trace.violations(),
            .counts = clients_.counts(),
            .changes = operator_.counts(),
            .steps = etcd_.history().steps(),
            .comebacks = etcd_.history().comebacks(),
            .accident_points = accidents_.counts(),
            .size = etcd_.history().now()->members.size(),
            .faults = nemesis_.faults(),
            .uploads_erased = audit_.uploads_erased(),
            .duration = std::chrono::duration_cast<std::chrono::seconds>(
                SteadyClock::now().time_since_epoch()),
            .report = Report()};
  }

 private:
  using Machines = std::vector<std::unique_ptr<Machine>>;

  Machines MakeMachines() {
    Machines machines;
    for (std::size_t i = 0; i < context_.plan.nodes + context_.plan.spares; ++i) {
      topology::Member member{.id = NodeId::Generate(context_.random),
                              .address = fmt::format("node-{}:1", i),
                              .weight = kCapacity >> 20U};
      const std::size_t caller = kGateways + i;
      const MakeClient make_client = [this, caller](Pulse& pulse) {
        return std::make_unique<Link>(context_, network_, caller, pulse);
      };
      machines.push_back(std::make_unique<Machine>(context_, etcd_, caller, make_client, burials_,
                                                   std::move(member)));
    }
    return machines;
  }

  GatewayHosts MakeGateways() {
    GatewayHosts gateways;
    for (std::size_t i = 0; i < kGateways; ++i) {
      gateways.push_back(std::make_unique<GatewayHost>(context_, etcd_, network_, burials_, i));
    }
    return gateways;
  }

  topology::Topology MakeTopology() {
    std::vector<topology::Member> members;
    members.reserve(context_.plan.nodes);
    for (std::size_t i = 0; i < context_.plan.nodes; ++i) members.push_back(machines_[i]->member());
    auto topology = Must(topology::Found(ClusterId::Generate(context_.random), std::move(members)));
    if (context_.plan.tooth == Tooth::kOneAck) topology.replication.acks = 1;
    return topology;
  }

  async::Task<void> Begin() {
    const auto topology = Must(co_await topology::TopologyStore(etcd_.model())
                                   .Create(MakeTopology(), Deadline::After(9s)));
    etcd_.history().See(etcd_.model().Peek("topology"));
    for (std::size_t i = 0; i < machines_.size(); ++i) {
      membership::NodeState state{.node = machines_[i]->member().id};
      if (i < context_.plan.nodes) {
        state.cluster = topology->cluster;
        state.epoch = topology->epoch;
        state.topology = topology;
      }
      machines_[i]->platter().set_state(std::move(state));
      machines_[i]->Start();
    }
    for (const auto& gateway : gateways_) {
      gateway->Start();
      while (!gateway->process()->serves) co_await async::Sleep(10ms);
    }
  }

  async::Task<void> LiveThroughOneChange() {
    co_await Begin();
    co_await clients_.UploadUntil(Deadline::After(context_.plan.duration));
    context_.on_step = [this](Step step) { accidents_.Count(step); };
    accidents_.Begin();
    std::vector<async::Task<void>> tasks;
    tasks.push_back(operator_.AddOne());
    tasks.push_back(clients_.UploadUntil(Deadline::After(context_.plan.duration)));
    tasks.push_back(clients_.WatchUntil(Deadline::After(context_.plan.duration)));
    co_await async::RunAll(std::move(tasks));
    co_await Finish();
  }

  async::Task<void> Live() {
    co_await Begin();
    const Deadline end = Deadline::After(context_.plan.duration);
    std::vector<async::Task<void>> tasks;
    tasks.push_back(nemesis_.RageUntil(end));
    tasks.push_back(operator_.WorkUntil(end));
    for (std::size_t i = 0; i < context_.plan.uploaders; ++i) {
      tasks.push_back(clients_.UploadUntil(end));
    }
    for (std::size_t i = 0; i < context_.plan.readers; ++i) {
      tasks.push_back(clients_.WatchUntil(end));
    }
    co_await async::RunAll(std::move(tasks));
    nemesis_.MendAll();
    context_.trace.Note("quiet");
    co_await Finish();
  }

  async::Task<void> Finish() {
    for (const auto& gateway : gateways_) {
      const std::shared_ptr<Gateway> process = gateway->process();
      co_await process->store.Settle(Deadline::After(60s));
    }
    co_await ComeToRest();
    co_await CheckAll();
    co_await End();
  }

  // After the faults every change ends, whether somebody still waits for it or not (I9).
  async::Task<void> ComeToRest() {
    const Deadline end = Deadline::After(kRestTimeMax);
    co_await operator_.FinishBy(end);
    while (!audit_.ReasonOfUnrest().empty() && !end.HasPassed()) co_await async::Sleep(500ms);
    std::string reason = audit_.ReasonOfUnrest();
    // Nobody asks for anything any more, so that what was asked for is over by itself.
    if (context_.plan.accident && etcd_.history().now()->past.empty())
      reason = "nothing was changed";
    if (!reason.empty()) context_.trace.Violate(fmt::format("I9 no rest: {}", reason));
  }

  // Everything that was promised is there.
  async::Task<void> CheckAll() {
    audit_.CheckEnd();
    for (const auto& [id, video] : ledger_.videos()) {
      for (std::size_t gateway = 0; gateway < kGateways; ++gateway) {
        const bool read = co_await clients_.ReadAll(gateway, video, Deadline::After(60s));
        if (read) continue;
        context_.trace.Violate(fmt::format("I1 video {} stays unreadable", id.text()));
      }
    }
  }

  async::Task<void> End() {
    for (const auto& gateway : gateways_) co_await gateway->Stop();
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
  GatewayHosts gateways_;
  Audit audit_;
  Clients clients_;
  Operator operator_;
  Nemesis nemesis_;
  AccidentMaker accidents_;
};

}  // namespace

Outcome RunWorld(const Plan& plan) {
  // Nodes that start and leases that end are no news here.
  const telemetry::LogCapture silence;
  return World(plan).Run();
}

}  // namespace tritontube::simulation
