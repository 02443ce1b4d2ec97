#include <fmt/format.h>

#include <atomic>
#include <fstream>
#include <string>
#include <vector>

#include "../cluster/measuring.h"
#include "adapters/etcd/etcd_coordination.h"
#include "adapters/storage_client/grpc_node_client.h"
#include "base/assert.h"
#include "base/random.h"
#include "domain/replication/cluster_blob_store.h"
#include "domain/replication/nodes.h"
#include "foundation/async/io_pool.h"
#include "foundation/async/sleep.h"
#include "services/cluster/founding.h"

// What content nodes with very many small blobs need in memory and time to look after themselves.
// See ../README.md.
namespace tritontube {
namespace {

using measuring::Clock;
using measuring::InFlight;
using measuring::Percentile;
using measuring::Seconds;

constexpr std::chrono::milliseconds kNow{0};
constexpr std::size_t kBlobsPerUpload = 1000;
constexpr std::size_t kPutsAtOnce = 4;
constexpr int kWalks = 3;
constexpr std::size_t kReadersAtOnce = 4;
constexpr std::chrono::milliseconds kBetweenReads{5};
constexpr std::chrono::milliseconds kBetweenLooks{50};
constexpr std::chrono::seconds kIdle{5};

Deadline Soon() { return Deadline::After(std::chrono::minutes(10)); }

// Named so that whoever measures knows what was stored before.
template <typename Id>
Id IdOf(char kind, std::size_t number) {
  return Id::Parse(fmt::format("{}{:010}", kind, number)).value();
}

blob::BlobKey KeyOf(std::size_t number) {
  const std::size_t upload = number / kBlobsPerUpload;
  return {.video = IdOf<VideoId>('v', upload),
          .upload = IdOf<UploadId>('u', upload),
          .file = fmt::format("v720-{:05}.m4s", number % kBlobsPerUpload)};
}

// A line of /proc/PID/status, in MiB.
double MemoryOf(const std::string& pid, std::string_view name) {
  std::ifstream status(fmt::format("/proc/{}/status", pid));
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(name)) return std::stod(line.substr(name.size() + 1)) / 1024;
  }
  return 0;
}

class Bench {
 public:
  Bench(std::string etcd, std::vector<std::string> nodes, std::size_t count)
      : etcd_({std::move(etcd)}), addresses_(std::move(nodes)), count_(count) {}

  // `pid`: of the first node, to measure it; empty to fill them.
  async::Task<void> Run(async::Executor executor, std::string pid) {
    auto coordination = co_await etcd::EtcdCoordination::Open({.endpoints = etcd_}, Soon());
    TT_ASSERT(coordination.has_value(), "{}", coordination.error().message());
    topology::TopologyStore topologies(**coordination);
    cluster::Founding founding(topologies, client_, random_,
                               {.etcd = etcd_, .initial_nodes = addresses_});
    const auto founded = co_await founding.Run();
    TT_ASSERT(founded.has_value(), "{}", founded.error().message());
    async::TaskGroup background(executor);
    background.Spawn(topologies.Run());
    replication::ClusterBlobStore store(client_, topologies, clock_, executor);
    store.Start();
    if (pid.empty()) {
      co_await Fill(store);
    } else {
      co_await Measure(*topologies.snapshot(), store, pid);
    }
    co_await store.Stop();
    co_await background.Stop();
  }

 private:
  async::Task<void> Fill(blob::BlobStore& store) {
    const auto began = Clock::now();
    co_await InFlight::Run(count_ / kBlobsPerUpload, kPutsAtOnce,
                           [&](std::size_t upload) { return PutUpload(store, upload); });
    fmt::print("{} blobs stored on each of {} nodes in {:.0f} s\n", count_, addresses_.size(),
               Seconds(began));
  }
  static async::Task<void> PutUpload(blob::BlobStore& store, std::size_t upload) {
    std::vector<blob::Blob> batch;
    batch.reserve(kBlobsPerUpload);
    for (std::size_t i = 0; i < kBlobsPerUpload; ++i) {
      const blob::BlobKey key = KeyOf((upload * kBlobsPerUpload) + i);
      batch.push_back({.key = key, .bytes = blob::Bytes(fmt::format("{:>200}", key.file))});
    }
    const auto put = co_await store.Put(std::move(batch), Soon());
    TT_ASSERT(put.has_value(), "{}", put.error().message());
  }

  async::Task<void> Measure(const topology::Topology& topology, blob::BlobStore& store,
                            const std::string& pid) {
    const topology::Member& member =
        *std::ranges::find(topology.members, addresses_.front(), &topology::Member::address);
    const replication::Target target = replication::TargetOf(topology, member);
    co_await UntilItAnswers(target);
    const double at_first = MemoryOf(pid, "VmRSS:");
    std::vector<double> walks;
    walks.reserve(kWalks);
    for (int i = 0; i < kWalks; ++i) walks.push_back(co_await Walk(target));
    std::vector<double> idle;
    co_await ReadDuring(store, async::Sleep(kIdle), idle);
    std::vector<double> busy;
    double compared = 0;
    double scrubbed = 0;
    co_await ReadDuring(store, LookAfter(target, compared, scrubbed), busy);
    fmt::print(
        "{} blobs: digests of all slots in {:.2f} s; asked for upkeep, beside {} readers: compared "
        "after {:.2f} s, scrubbed after {:.2f} s\n",
        count_, Percentile(walks, 0.5), kReadersAtOnce, compared, scrubbed);
    fmt::print(
        "reads: idle p50 {:.2f} ms, p99 {:.2f} ms; during upkeep p50 {:.2f} ms, p99 {:.2f} "
        "ms: {:.2f}x\n",
        1000 * Percentile(idle, 0.5), 1000 * Percentile(idle, 0.99), 1000 * Percentile(busy, 0.5),
        1000 * Percentile(busy, 0.99), Percentile(busy, 0.99) / Percentile(idle, 0.99));
    fmt::print("memory of the node: {:.0f} MiB before, {:.0f} MiB after, {:.0f} MiB at most\n",
               at_first, MemoryOf(pid, "VmRSS:"), MemoryOf(pid, "VmHWM:"));
  }

  // It may have been started just now.
  async::Task<void> UntilItAnswers(const replication::Target& target) {
    for (const Deadline patience = Soon();; co_await async::Sleep(kBetweenLooks)) {
      const auto there = co_await client_.Digests(target, kNow, Soon());
      if (there) co_return;
      TT_ASSERT(!patience.HasPassed(), "{}", there.error().message());
    }
  }

  async::Task<double> Walk(replication::Target target) {
    const auto began = Clock::now();
    const auto digests = co_await client_.Digests(std::move(target), kNow, Soon());
    TT_ASSERT(digests.has_value(), "{}", digests.error().message());
    std::size_t blobs = 0;
    for (const replication::SlotDigest& digest : *digests) blobs += digest.blobs;
    TT_ASSERT(blobs == count_, "{} blobs are there", blobs);
    co_return Seconds(began);
  }

  // The seconds until the node has compared and scrubbed.
  async::Task<void> LookAfter(replication::Target target, double& compared, double& scrubbed) {
    const auto began = Clock::now();
    const auto asked = co_await client_.AskForUpkeep(target, Soon());
    TT_ASSERT(asked.has_value(), "{}", asked.error().message());
    while (compared == 0 || scrubbed == 0) {
      co_await async::Sleep(kBetweenLooks);
      const auto status = co_await client_.Status(target.address, Soon());
      TT_ASSERT(status.has_value(), "{}", status.error().message());
      const replication::Upkeep& upkeep = status->upkeep;
      if (compared == 0 && upkeep.compared_for >= *asked) compared = Seconds(began);
      if (scrubbed == 0 && upkeep.scrubbed_for >= *asked) scrubbed = Seconds(began);
    }
  }

  async::Task<void> ReadDuring(blob::BlobStore& store, async::Task<void> what,
                               std::vector<double>& times) {
    std::atomic<bool> over = false;
    std::vector<async::Task<void>> tasks;
    tasks.reserve(kReadersAtOnce + 1);
    for (std::size_t i = 0; i < kReadersAtOnce; ++i) {
      tasks.push_back(Reading(store, i, over, times));
    }
    tasks.push_back(EndWith(std::move(what), over));
    co_await async::RunAll(std::move(tasks));
  }
  static async::Task<void> EndWith(async::Task<void> what, std::atomic<bool>& over) {
    co_await std::move(what);
    over = true;
  }
  async::Task<void> Reading(blob::BlobStore& store, std::size_t index,
                            const std::atomic<bool>& over, std::vector<double>& times) const {
    for (; !over; index += kReadersAtOnce) {
      const auto began = Clock::now();
      const auto bytes = co_await store.GetWhole(KeyOf(index * 7919 % count_), Soon());
      TT_ASSERT(bytes.has_value(), "{}", bytes.error().message());
      times.push_back(Seconds(began));
      co_await async::Sleep(kBetweenReads);
    }
  }

  const std::vector<std::string> etcd_;
  const std::vector<std::string> addresses_;
  const std::size_t count_;
  SystemClock clock_;
  SystemRandom random_;
  storage_client::GrpcNodeClient client_;
};

}  // namespace
}  // namespace tritontube

// many_blobs ETCD COUNT fill|PID NODE...
int main(int argc, char** argv) {
  using namespace tritontube;
  TT_ASSERT(argc >= 5, "usage: many_blobs ETCD COUNT fill|PID NODE...");
  const std::string pid = std::string_view(argv[3]) == "fill" ? "" : argv[3];
  const async::IoPool io(1);
  Bench bench(argv[1], {argv + 4, argv + argc}, std::stoul(argv[2]));
  async::BlockOn(io.executor(0), bench.Run(io.executor(0), pid));
  return 0;
}
