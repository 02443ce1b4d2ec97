#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <string>
#include <vector>

#include "adapters/etcd/etcd_coordination.h"
#include "adapters/storage_client/grpc_node_client.h"
#include "base/assert.h"
#include "base/random.h"
#include "domain/replication/cluster_blob_store.h"
#include "foundation/async/io_pool.h"
#include "measuring.h"
#include "segments.h"
#include "services/cluster/founding.h"
#include "support/blocking_blob_store.h"
#include "transport/rpc/channel.h"

// What it costs to store a video's segments on content nodes, and to read one. See ../README.md.
namespace tritontube {
namespace {

using measuring::Clock;
using measuring::InFlight;
using measuring::Percentile;
using measuring::Seconds;

constexpr std::size_t kSegments = 475;
constexpr ByteCount kSegmentBytes = ByteCount{240} << 10U;  // 114 MB in all.
constexpr int kRounds = 5;
constexpr std::size_t kReads = 2000;
constexpr std::size_t kLargeBlobs = 64;

// A line of /proc/self/status.
ByteCount ProcessBytes(std::string_view name) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(name)) return std::stoull(line.substr(name.size())) << 10U;
  }
  return 0;
}

Deadline Soon() { return Deadline::After(std::chrono::seconds(60)); }

class Bench {
 public:
  Bench(std::vector<std::string> etcd, std::vector<std::string> nodes, std::string reference)
      : etcd_(std::move(etcd)), addresses_(std::move(nodes)), reference_(std::move(reference)) {}

  async::Task<void> Run(async::Executor executor) {
    auto coordination = co_await etcd::EtcdCoordination::Open({.endpoints = etcd_}, Soon());
    TT_ASSERT(coordination.has_value(), "{}", coordination.error().message());
    topology::TopologyStore topology(**coordination);
    storage_client::GrpcNodeClient client;
    cluster::Founding founding(topology, client, random_,
                               {.etcd = etcd_, .initial_nodes = addresses_});
    const auto founded = co_await founding.Run();
    TT_ASSERT(founded.has_value(), "{}", founded.error().message());
    replication::ClusterBlobStore store(client, topology, clock_, executor);
    store.Start();
    const auto [copies, acks] = (*founded)->replication;
    fmt::print("R={} W={}, {} segments of {} KiB; both sides' clocks cover calls and answers\n",
               copies, acks, kSegments, kSegmentBytes >> 10U);
    for (const std::size_t at_once : {1UL, 32UL, 64UL, 128UL}) co_await Compare(store, at_once);
    co_await Read(store);
    co_await MeasureMemory(store);
    co_await store.Settle(Soon());
    co_await store.Stop();
  }

 private:
  // A B A B: what the store takes until the last put is durable, and the reference without fsync.
  async::Task<void> Compare(blob::BlobStore& store, std::size_t at_once) {
    std::vector<double> ours;
    std::vector<double> theirs;
    for (int round = 0; round < kRounds; ++round) {
      ours.push_back(co_await Store(store, at_once));
      theirs.push_back(co_await StoreFiles(at_once));
    }
    const double median = Percentile(ours, 0.5);
    const double reference = Percentile(theirs, 0.5);
    fmt::print(
        "store, {:>3} in flight: {:.2f} s durable; file per call without fsync, one copy: "
        "{:.2f} s; ratio {:.2f}\n",
        at_once, median, reference, median / reference);
  }

  async::Task<double> Store(blob::BlobStore& store, std::size_t at_once) {
    segments_.BeginUpload();
    const auto began = Clock::now();
    co_await InFlight::Run(kSegments, at_once,
                           [&](std::size_t index) { return segments_.Put(store, index); });
    co_return Seconds(began);
  }

  async::Task<double> StoreFiles(std::size_t at_once) {
    rpc::Channel channel(reference_);
    const auto began = Clock::now();
    co_await InFlight::Run(kSegments, at_once,
                           [&](std::size_t /*index*/) { return WriteOne(channel); });
    co_return Seconds(began);
  }
  async::Task<void> WriteOne(rpc::Channel& channel) {
    const auto written = co_await channel.Call("/bench.Files/Write", segments_.bytes(), Soon());
    TT_ASSERT(written.has_value(), "{}", written.error().message());
  }

  async::Task<void> Read(blob::BlobStore& store) {
    for (const std::size_t at_once : {1UL, 16UL}) {
      std::vector<double> times;
      co_await InFlight::Run(kReads, at_once,
                             [&](std::size_t index) { return GetOne(store, index, times); });
      fmt::print("read, {:>2} in flight: p50 {:.2f} ms, p99 {:.2f} ms\n", at_once,
                 1000 * Percentile(times, 0.5), 1000 * Percentile(times, 0.99));
    }
  }
  async::Task<void> GetOne(blob::BlobStore& store, std::size_t index, std::vector<double>& times) {
    const auto began = Clock::now();
    const auto bytes = co_await store.GetWhole(segments_.KeyOf(index * 7919 % kSegments), Soon());
    TT_ASSERT(bytes.has_value(), "{}", bytes.error().message());
    times.push_back(Seconds(began));
  }

  // How much this process grows while so many puts and gets of 8 MiB go on at once.
  async::Task<void> MeasureMemory(blob::BlobStore& store) {
    segments_.BeginUpload();
    co_await InFlight::Run(kLargeBlobs, 4,
                           [&](std::size_t index) { return PutLarge(store, index); });
    const ByteCount before = ProcessBytes("VmRSS:");
    std::ofstream("/proc/self/clear_refs") << "5";  // Begins the peak anew.
    std::vector<async::Task<void>> both;
    both.push_back(InFlight::Run(4 * kLargeBlobs, kLargeBlobs,
                                 [&](std::size_t index) { return GetLarge(store, index); }));
    both.push_back(InFlight::Run(4 * kLargeBlobs, kLargeBlobs, [&](std::size_t index) {
      return PutLarge(store, kLargeBlobs + index);
    }));
    co_await async::RunAll(std::move(both));
    fmt::print("memory: {} MiB more with {} puts and {} gets of 8 MiB in flight\n",
               (ProcessBytes("VmHWM:") - before) >> 20U, kLargeBlobs, kLargeBlobs);
  }
  async::Task<void> PutLarge(blob::BlobStore& store, std::size_t index) {
    std::vector<blob::Blob> batch;
    batch.push_back({.key = segments_.KeyOf(index), .bytes = large_});
    const auto put = co_await store.Put(std::move(batch), Soon());
    TT_ASSERT(put.has_value(), "{}", put.error().message());
  }
  async::Task<void> GetLarge(blob::BlobStore& store, std::size_t index) {
    const auto bytes = co_await store.GetWhole(segments_.KeyOf(index % kLargeBlobs), Soon());
    TT_ASSERT(bytes.has_value() && bytes->size() == large_.size(), "a read failed");
  }

  const std::vector<std::string> etcd_;
  const std::vector<std::string> addresses_;
  const std::string reference_;
  SystemClock clock_;
  SystemRandom random_;
  measuring::Segments segments_{blob::Bytes(support::Noise(kSegmentBytes, 1))};
  const blob::Bytes large_{support::Noise(ByteCount{8} << 20U, 2)};
};

}  // namespace
}  // namespace tritontube

// cluster_store ETCD REFERENCE NODE...
int main(int argc, char** argv) {
  using namespace tritontube;
  TT_ASSERT(argc >= 4, "usage: cluster_store ETCD REFERENCE NODE...");
  const async::IoPool io(1);
  Bench bench({argv[1]}, {argv + 3, argv + argc}, argv[2]);
  async::BlockOn(io.executor(0), bench.Run(io.executor(0)));
  return 0;
}
