#include "services/garbage/collector.h"

#include <gtest/gtest.h>

#include <thread>

#include "domain/jobs/job_queue.h"
#include "foundation/async/task_group.h"
#include "foundation/telemetry/log.h"
#include "support/catalog_world.h"
#include "support/claim.h"
#include "support/damaged_coordination.h"
#include "support/memory_blob_store.h"

namespace tritontube::garbage {
namespace {

using async::Task;
using coordination::Call;
using coordination::Fault;
using coordination::LeaseId;
using support::CatalogWorld;
using support::CodeOf;
using support::InCatalogWorld;
using support::MemoryBlobStore;
using support::Must;
using support::Names;
using support::Soon;
using Operation = MemoryBlobStore::Operation;

Task<void> Put(blob::BlobStore& store, VideoId video, UploadId upload, std::string file) {
  std::vector<blob::Blob> batch;
  batch.push_back(
      {.key = {.video = std::move(video), .upload = std::move(upload), .file = std::move(file)},
       .bytes = blob::Bytes("bytes")});
  Must(co_await store.Put(std::move(batch), Soon()));
}

TEST(Collector, ErasesWhatNoVideoNamesAndNothingElse) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    MemoryBlobStore store;
    Collector collector(world.catalog, store, world.clock);
    const LeaseId lease = co_await world.NewLease();
    const Names uploading = co_await world.Uploading(lease);
    const Names committed = co_await world.Committed(lease);
    const Names nobody = world.NewNames();
    for (const Names& names : {uploading, committed, nobody}) {
      for (const char* file : {"a", "b", "zzz"}) {
        co_await Put(store, names.video, names.upload, file);
      }
    }
    // An attempt of a worker that died, of a video that lives.
    co_await Put(store, committed.video, UploadId::Generate(world.random), "v720-init.mp4");

    const CollectorCounts counts = Must(co_await collector.CollectNow(Soon()));
    EXPECT_EQ(counts.uploads_seen, 4U);
    EXPECT_EQ(counts.uploads_removed, 2U);
    EXPECT_EQ(counts.videos_removed, 0U);
    EXPECT_EQ(store.blob_count(), 6U);
    EXPECT_EQ(store.call_count(Operation::kScan), 2U) << "one for all uploads, and one at the end";
    EXPECT_EQ(Must(co_await collector.CollectNow(Soon())).uploads_removed, 0U);
    EXPECT_EQ(collector.counts().passes, 2U);
    EXPECT_EQ(collector.counts().uploads_seen, 6U);
  });
}

TEST(Collector, RemovesAbandonedVideosAndTheirBlobsInOnePass) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    MemoryBlobStore store;
    Collector collector(world.catalog, store, world.clock);
    const LeaseId lease = co_await world.NewLease();
    for (int i = 0; i < 130; ++i) {
      const Names names = co_await world.Uploading(lease);
      co_await Put(store, names.video, names.upload, "part-0");
    }
    const Names alive = co_await world.Uploading(co_await world.NewLease());
    Must(co_await world.engine.RevokeLease(lease, Soon()));
    const CollectorCounts counts = Must(co_await collector.CollectNow(Soon()));
    EXPECT_EQ(counts.videos_removed, 130U);
    EXPECT_EQ(counts.uploads_removed, 130U);
    EXPECT_EQ(store.blob_count(), 0U);
    Must(co_await world.catalog.Find(alive.video, Soon()));
  });
}

// Nothing is decided on the row: what it may name stays, and the other videos go on.
TEST(Collector, KeepsAllOfAVideoWhoseRowIsDamagedAndCollectsTheOthers) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    MemoryBlobStore store;
    support::DamagedCoordination coordination(world.engine);
    catalog::Catalog catalog(coordination);
    Collector collector(catalog, store, world.clock);
    const LeaseId lease = co_await world.NewLease();
    const LeaseId lost = co_await world.NewLease();
    const Names damaged = co_await world.Committed(lease);
    const Names unreadable = co_await world.Committed(lease);
    const Names damaged_upload = co_await world.Uploading(lost);
    const Names whole = co_await world.Committed(lease);
    const Names abandoned = co_await world.Uploading(lost);
    for (const Names& names : {damaged, unreadable, damaged_upload, whole, abandoned}) {
      co_await Put(store, names.video, names.upload, "part-0");
      co_await Put(store, names.video, UploadId::Generate(world.random), "v720-init.mp4");
    }
    coordination.Damage("video/row/" + damaged.video.text());
    coordination.Damage("video/row/" + damaged_upload.video.text());
    const std::string row = "video/row/" + unreadable.video.text();
    Must(co_await world.engine.Commit(
        {.compares = {}, .then = {coordination::Operation::Put(row, "?")}}, Soon()));
    Must(co_await world.engine.RevokeLease(lost, Soon()));

    const telemetry::LogCapture log;
    const CollectorCounts counts = Must(co_await collector.CollectNow(Soon()));
    EXPECT_EQ(counts.videos_removed, 1U);
    EXPECT_EQ(counts.uploads_removed, 3U);
    EXPECT_EQ(store.blob_count(), 7U);
    Must(co_await collector.CollectNow(Soon()));
    const auto is_told = [](const std::string& line) { return line.contains("videos=3"); };
    EXPECT_EQ(std::ranges::count_if(log.lines(), is_told), 1) << "it is told once";
    Must(co_await store.Stat({whole.video, whole.upload, "part-0"}, Soon()));

    for (const Names& names : {damaged, unreadable, damaged_upload}) {
      Must(co_await catalog.Delete(names.video, Soon()));
    }
    Must(co_await collector.CollectNow(Soon()));
    EXPECT_EQ(store.blob_count(), 1U);
  });
}

// A bit of a key turns, and the video's row is no longer found under its id.
TEST(Collector, CollectsNothingWhileItCannotTellWhoseRowIsDamaged) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    MemoryBlobStore store;
    Collector collector(world.catalog, store, world.clock);
    const Names names = co_await world.Committed(co_await world.NewLease());
    co_await Put(store, names.video, names.upload, "part-0");
    const std::string key = "video/row/" + names.video.text();
    const auto row = Must(co_await world.engine.Get(key, Soon())).item;
    const std::string damaged = "video/row/" + names.video.text().substr(1) + "~";
    Must(co_await world.engine.Commit({.compares = {},
                                       .then = {coordination::Operation::Delete(key),
                                                coordination::Operation::Put(damaged, row->value)}},
                                      Soon()));
    const auto collected = co_await collector.CollectNow(Soon());
    EXPECT_EQ(CodeOf(collected), ErrorCode::kCorrupt);
    EXPECT_EQ(store.blob_count(), 1U);
  });
}

TEST(Collector, ErasesTheBytesOfWhatTurnedOutToBeNoVideo) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    MemoryBlobStore store;
    Collector collector(world.catalog, store, world.clock);
    const Names names = co_await world.Uploading(co_await world.NewLease());
    co_await Put(store, names.video, names.upload, "part-0");
    Must(co_await world.catalog.FailUpload(names.video, names.upload, {.code = "c", .message = "m"},
                                           Soon()));
    Must(co_await collector.CollectNow(Soon()));
    EXPECT_EQ(store.blob_count(), 0U);
    Must(co_await world.catalog.Find(names.video, Soon()));
  });
}

// The race that must not exist: the blobs are scanned, the first look at their
// owner is answered from before it was there.
TEST(Collector, BelievesNoStaleLook) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    MemoryBlobStore store;
    Collector collector(world.catalog, store, world.clock);
    const LeaseId lease = co_await world.NewLease();
    const Names names = co_await world.Uploading(lease);
    co_await Put(store, names.video, names.upload, "part-0");
    // The look for abandoned videos, the look at the owners, and the proof's own.
    world.coordination.BlindNextReads(3);
    const CollectorCounts counts = Must(co_await collector.CollectNow(Soon()));
    EXPECT_EQ(counts.uploads_removed, 0U);
    EXPECT_EQ(store.blob_count(), 1U);
  });
}

TEST(Collector, GoesOnPastAnUploadThatCannotBeErased) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    MemoryBlobStore store;
    Collector collector(world.catalog, store, world.clock);
    for (int i = 0; i < 3; ++i) {
      const Names names = world.NewNames();
      co_await Put(store, names.video, names.upload, "a");
    }
    store.FailNext(Operation::kRemoveUpload, Error(ErrorCode::kUnavailable, "no disk"));
    EXPECT_EQ(CodeOf(co_await collector.CollectNow(Soon())), ErrorCode::kUnavailable);
    EXPECT_EQ(store.blob_count(), 1U);
    EXPECT_EQ(collector.counts().failed_passes, 1U);
    Must(co_await collector.CollectNow(Soon()));
    EXPECT_EQ(store.blob_count(), 0U);
  });
}

TEST(Collector, ErasesNothingWhenItCannotSee) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    MemoryBlobStore store;
    Collector collector(world.catalog, store, world.clock);
    const Names nobody = world.NewNames();
    co_await Put(store, nobody.video, nobody.upload, "a");
    const Names abandoned = co_await world.Uploading(co_await world.NewLease());
    const Fault down = Fault::Error(ErrorCode::kUnavailable);
    world.engine.AddFault(Call::kRange, down);  // The open uploads.
    EXPECT_EQ(CodeOf(co_await collector.CollectNow(Soon())), ErrorCode::kUnavailable);
    for (const int skip : {0, 1, 2}) {  // Looks, and the proof.
      world.engine.AddFault(Call::kCommit, down, skip);
      EXPECT_EQ(CodeOf(co_await collector.CollectNow(Soon())), ErrorCode::kUnavailable);
    }
    store.FailNext(Operation::kScan, Error(ErrorCode::kUnavailable, "no disk"));
    EXPECT_EQ(CodeOf(co_await collector.CollectNow(Soon())), ErrorCode::kUnavailable);
    EXPECT_EQ(store.blob_count(), 1U);
    EXPECT_EQ(collector.counts().failed_passes, 5U);
    Must(co_await world.catalog.Find(abandoned.video, Soon()));
  });
}

TEST(Collector, CollectsAtItsStartAndAgainUntilItIsStopped) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    MemoryBlobStore store;
    Collector collector(world.catalog, store, world.clock,
                        {.interval = std::chrono::milliseconds(1)});
    async::TaskGroup group(co_await async::asio::this_coro::executor);
    group.Spawn(collector.Run());
    while (collector.counts().passes < 3) {
      co_await async::asio::post(co_await async::asio::this_coro::executor, async::kUseTask);
    }
    co_await group.Stop();
    EXPECT_EQ(collector.counts().failed_passes, 0U);
  });
}

// Uploads, workers, deletions and dying leases on three threads while a fourth
// collects without a pause: whoever still owns its blobs finds them.
TEST(Collector, NeverErasesWhatIsOwnedWhateverHappensMeanwhile) {
  CatalogWorld world;
  MemoryBlobStore store;
  async::IoPool pool(4);
  std::atomic<int> live = 3;
  std::atomic<int> published = 0;

  const auto use = [](CatalogWorld& w, MemoryBlobStore& s, std::atomic<int>& alive,
                      std::atomic<int>& ready) -> Task<void> {
    catalog::Catalog catalog(w.engine);
    jobs::JobQueue queue(w.engine, catalog, w.random);
    for (int round = 0; round < 60; ++round) {
      const LeaseId lease = co_await w.NewLease();
      const Names names = w.NewNames();
      const VideoId id = names.video;
      Must(co_await catalog.Create(
          {.id = id, .upload = names.upload, .title = "t", .created = w.clock.WallNow()}, lease,
          Soon()));
      co_await Put(s, id, names.upload, "part-0");
      // Now and then the server's lease is lost before the last byte.
      if (round % 7 == 0) Must(co_await w.engine.RevokeLease(lease, Soon()));
      co_await Put(s, id, names.upload, "part-1");
      const Result<void> committed =
          co_await catalog.CommitSource(id, names.upload, CatalogWorld::Source(), Soon());
      if (!committed) {
        EXPECT_EQ(round % 7, 0) << committed.error().message();
        continue;
      }
      const LeaseId worker = co_await w.NewLease();
      const auto job =
          Must(co_await support::ClaimNext(w.engine, queue, worker, w.clock.WallNow()));
      if (!job) continue;
      co_await Put(s, job->video.id, job->output, "v720-init.mp4");
      if (round % 5 == 0) Must(co_await w.engine.RevokeLease(worker, Soon()));
      co_await Put(s, job->video.id, job->output, "v720-00001.m4s");
      const Result<void> done =
          co_await catalog.Publish(job->video.id, job->output, CatalogWorld::Publication(), Soon());
      if (!done) {
        EXPECT_EQ(round % 5, 0) << done.error().message();
        continue;
      }
      ++ready;
      // A published video has all of its blobs, and its source.
      for (const char* file : {"v720-init.mp4", "v720-00001.m4s"}) {
        Must(co_await s.Stat({job->video.id, job->output, file}, Soon()));
      }
      for (const char* file : {"part-0", "part-1"}) {
        Must(co_await s.Stat({job->video.id, job->video.upload, file}, Soon()));
      }
      if (round % 3 == 0) Must(co_await catalog.Delete(job->video.id, Soon()));
    }
    --alive;
  };
  const auto collect = [](CatalogWorld& w, MemoryBlobStore& s,
                          std::atomic<int>& alive) -> Task<void> {
    catalog::Catalog catalog(w.engine);
    Collector collector(catalog, s, w.clock);
    while (alive > 0) Must(co_await collector.CollectNow(Soon()));
    Must(co_await collector.CollectNow(Soon()));
  };
  std::vector<std::jthread> threads;
  threads.reserve(4);
  for (std::size_t i = 0; i < 3; ++i) {
    threads.emplace_back(
        [&, i] { async::BlockOn(pool.executor(i), use(world, store, live, published)); });
  }
  threads.emplace_back([&] { async::BlockOn(pool.executor(3), collect(world, store, live)); });
  threads.clear();

  const auto check = [](CatalogWorld& w, MemoryBlobStore& s) -> Task<void> {
    std::size_t owned = 0;
    for (const auto& record : Must(co_await w.catalog.List({.limit = 1000}, Soon())).items) {
      owned += record.row.presentation ? 4 : 2;
      EXPECT_TRUE(record.row.source.has_value());
    }
    // Claims that still hang on a live lease own what their worker has put.
    EXPECT_GE(s.blob_count(), owned);
    const auto left = Must(co_await s.Scan({.after = {}, .upload = {}, .limit = 10'000}, Soon()));
    for (const blob::ScanItem& item : left.items) {
      const auto found = Must(co_await w.catalog.FindMany({item.key.video}, Soon()));
      EXPECT_TRUE(found.front() && catalog::Owns(*found.front(), item.key.upload));
    }
  };
  async::BlockOn(pool.executor(0), check(world, store));
  EXPECT_GT(published, 50);
}

}  // namespace
}  // namespace tritontube::garbage
