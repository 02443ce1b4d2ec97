#include <fmt/format.h>

#include <atomic>
#include <string>
#include <vector>

#include "adapters/etcd/etcd_coordination.h"
#include "adapters/storage_client/grpc_node_client.h"
#include "base/assert.h"
#include "base/random.h"
#include "domain/replication/cluster_blob_store.h"
#include "foundation/async/io_pool.h"
#include "foundation/async/sleep.h"
#include "measuring.h"
#include "raw_copy.h"
#include "segments.h"
#include "services/cluster/administration.h"
#include "services/cluster/founding.h"
#include "support/blocking_blob_store.h"

// How long it takes until a fourth content node has its share of what three keep, and what those
// who read meanwhile notice. See ../README.md.
namespace tritontube {
namespace {

using measuring::Clock;
using measuring::InFlight;
using measuring::Percentile;
using measuring::Seconds;

// Of 356, the fourth node gets three quarters: 267.
constexpr std::size_t kSegments = 356;
constexpr std::size_t kMigrated = 267;
constexpr ByteCount kSegmentBytes = ByteCount{384} << 10U;  // 100 MiB are migrated.
constexpr int kRounds = 5;
constexpr int kPutsAtOnce = 16;
constexpr int kReaders = 4;
constexpr std::chrono::milliseconds kBetweenReads{5};
constexpr std::chrono::seconds kIdle{2};

Deadline Soon() { return Deadline::After(std::chrono::seconds(60)); }

struct Timing {
  double copy = 0;  // Between the topologies that say so: from "both" to "use the new ones".
  double plan = 0;  // From asking until it is over.
  topology::Moved moved;
};

struct Reference {
  std::string address;  // Of the raw stream.
  std::string file;
};

class Bench {
 public:
  Bench(std::string etcd, Reference raw, std::string joining, std::vector<std::string> nodes)
      : etcd_({std::move(etcd)}),
        raw_(std::move(raw)),
        joining_(std::move(joining)),
        nodes_(std::move(nodes)) {}

  async::Task<void> Run(async::Executor executor) {
    auto coordination = co_await etcd::EtcdCoordination::Open({.endpoints = etcd_}, Soon());
    TT_ASSERT(coordination.has_value(), "{}", coordination.error().message());
    topology::TopologyStore topologies(**coordination);
    cluster::Founding founding(topologies, client_, random_,
                               {.etcd = etcd_, .initial_nodes = nodes_});
    const auto founded = co_await founding.Run();
    TT_ASSERT(founded.has_value(), "{}", founded.error().message());
    async::TaskGroup background(executor);
    background.Spawn(topologies.Run());
    replication::ClusterBlobStore store(client_, topologies, clock_, executor);
    store.Start();
    co_await MeasureAll(topologies, store);
    co_await store.Stop();
    co_await background.Stop();
  }

 private:
  // A B A B; the reads in rounds of their own, so that they do not slow down what is timed.
  async::Task<void> MeasureAll(topology::TopologyStore& topologies, blob::BlobStore& store) {
    std::vector<double> copies;
    std::vector<double> plans;
    std::vector<double> raws;
    std::vector<double> idle;
    std::vector<double> busy;
    for (int round = 0; round < kRounds; ++round) {
      co_await Fill(store);
      const Timing timing = co_await Migrate(topologies);
      copies.push_back(timing.copy);
      plans.push_back(timing.plan);
      raws.push_back(measuring::MeasureRawCopy(raw_.address, raw_.file, kMigrated));
      fmt::print(
          "round {}: {} files, {:.1f} MiB; copied in {:.3f} s, in all {:.3f} s; raw {:.3f} s\n",
          round + 1, timing.moved.files, static_cast<double>(timing.moved.bytes) / (1U << 20U),
          timing.copy, timing.plan, raws.back());
      co_await Restore(topologies, store);

      co_await Fill(store);
      co_await ReadDuring(store, async::Sleep(kIdle), idle);
      co_await ReadDuring(store, MigrateOnly(topologies), busy);
      co_await Restore(topologies, store);
    }
    const double copy = Percentile(copies, 0.5);
    const double raw = Percentile(raws, 0.5);
    fmt::print(
        "{} segments of {} KiB onto a fourth node: copied in {:.3f} s, in all {:.3f} s; one raw "
        "stream and fdatasync {:.3f} s: {:.0f} % of its throughput\n",
        kMigrated, kSegmentBytes >> 10U, copy, Percentile(plans, 0.5), raw, 100 * raw / copy);
    fmt::print(
        "reads, {} at once: idle p50 {:.2f} ms, p99 {:.2f} ms of {}; while slots move p50 "
        "{:.2f} ms, p99 {:.2f} ms of {}: {:.2f}x\n",
        kReaders, 1000 * Percentile(idle, 0.5), 1000 * Percentile(idle, 0.99), idle.size(),
        1000 * Percentile(busy, 0.5), 1000 * Percentile(busy, 0.99), busy.size(),
        Percentile(busy, 0.99) / Percentile(idle, 0.99));
  }

  // New segments: nothing that the joining node has of a round before helps it.
  async::Task<void> Fill(blob::BlobStore& store) {
    segments_.BeginUpload();
    co_await InFlight::Run(kSegments, kPutsAtOnce,
                           [&](std::size_t index) { return segments_.Put(store, index); });
  }

  async::Task<Timing> Migrate(topology::TopologyStore& topologies) {
    Timing timing;
    std::vector<async::Task<void>> both;
    both.push_back(TimeCopy(topologies, timing.copy));
    both.push_back(TimePlan(topologies, timing));
    co_await async::RunAll(std::move(both));
    co_return timing;
  }
  async::Task<void> MigrateOnly(topology::TopologyStore& topologies) {
    Timing timing;
    co_await TimePlan(topologies, timing);
  }
  async::Task<void> TimePlan(topology::TopologyStore& topologies, Timing& timing) {
    const auto began = Clock::now();
    timing.moved = co_await Change(topologies, {.add = {joining_}});
    timing.plan = Seconds(began);
  }
  static async::Task<void> TimeCopy(topology::TopologyStore& topologies, double& seconds) {
    using topology::Phase;
    co_await AwaitPhase(topologies, Phase::kWriteBoth);
    const auto began = Clock::now();
    co_await AwaitPhase(topologies, Phase::kUseNew);
    seconds = Seconds(began);
  }
  // Returns at the end of the plan, too, should the phase pass unseen.
  static async::Task<void> AwaitPhase(topology::TopologyStore& topologies, topology::Phase phase) {
    const bool had_plan = topologies.snapshot()->plan.has_value();
    for (;;) {
      const auto seen = topologies.changed().count();
      const auto topology = topologies.snapshot();
      if (topology->plan ? topology->plan->phase == phase : had_plan) co_return;
      co_await topologies.changed().WaitBeyond(seen, Deadline::Never());
    }
  }
  async::Task<topology::Moved> Change(topology::TopologyStore& topologies, cluster::Wish wish) {
    cluster::Administration administration(topologies, client_, {.etcd = etcd_});
    const auto asked = co_await administration.Ask(std::move(wish), Soon());
    TT_ASSERT(asked.has_value(), "{}", asked.error().message());
    const auto moved = co_await administration.Await(*asked, Soon());
    TT_ASSERT(moved.has_value(), "{}", moved.error().message());
    co_return *moved;
  }
  // Three nodes with nothing, as before.
  async::Task<void> Restore(topology::TopologyStore& topologies, blob::BlobStore& store) {
    const auto removed = co_await store.RemoveUpload(segments_.video(), segments_.upload(), Soon());
    TT_ASSERT(removed.has_value(), "{}", removed.error().message());
    co_await Change(topologies, {.remove = {joining_}});
  }

  async::Task<void> ReadDuring(blob::BlobStore& store, async::Task<void> what,
                               std::vector<double>& times) {
    std::atomic<bool> over = false;
    std::vector<async::Task<void>> tasks;
    for (std::size_t i = 0; i < kReaders; ++i) tasks.push_back(Reading(store, i, over, times));
    tasks.push_back(EndWith(std::move(what), over));
    co_await async::RunAll(std::move(tasks));
  }
  static async::Task<void> EndWith(async::Task<void> what, std::atomic<bool>& over) {
    co_await std::move(what);
    over = true;
  }
  async::Task<void> Reading(blob::BlobStore& store, std::size_t index,
                            const std::atomic<bool>& over, std::vector<double>& times) {
    for (; !over; index += kReaders) {
      const auto began = Clock::now();
      const auto bytes = co_await store.GetWhole(segments_.KeyOf(index * 7919 % kSegments), Soon());
      TT_ASSERT(bytes.has_value(), "{}", bytes.error().message());
      times.push_back(Seconds(began));
      co_await async::Sleep(kBetweenReads);
    }
  }

  const std::vector<std::string> etcd_;
  const Reference raw_;
  const std::string joining_;
  const std::vector<std::string> nodes_;
  SystemClock clock_;
  SystemRandom random_;
  storage_client::GrpcNodeClient client_;
  measuring::Segments segments_{blob::Bytes(support::Noise(kSegmentBytes, 1))};
};

}  // namespace
}  // namespace tritontube

// cluster_migration ETCD RAW-STREAM FILE JOINING NODE...
int main(int argc, char** argv) {
  using namespace tritontube;
  TT_ASSERT(argc >= 6, "usage: cluster_migration ETCD RAW-STREAM FILE JOINING NODE...");
  const async::IoPool io(1);
  Bench bench(argv[1], {.address = argv[2], .file = argv[3]}, argv[4], {argv + 5, argv + argc});
  async::BlockOn(io.executor(0), bench.Run(io.executor(0)));
  return 0;
}
