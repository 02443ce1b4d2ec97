#pragma once

#include <gtest/gtest.h>

#include "base/clock.h"
#include "core/coordination/lease_keeper.h"
#include "core/coordination/model_coordination.h"
#include "domain/catalog/catalog.h"
#include "domain/jobs/job_queue.h"
#include "foundation/async/io_pool.h"
#include "services/scratch/scratch_space.h"
#include "services/space/space.h"
#include "support/claim.h"
#include "support/fake_media_tools.h"
#include "support/memory_blob_store.h"
#include "support/must.h"
#include "support/temporary_folder.h"

namespace tritontube::support {

// What services stand on, in memory and ready to fail: for tests of services.
class Platform : public testing::Test {
 protected:
  Platform() { Await(Prepare()); }

  // Runs a task to its end on the platform's only thread.
  void Await(async::Task<void> task) { async::BlockOn(io_.executor(0), std::move(task)); }
  template <typename T>
  T Value(async::Task<T> task) {
    return async::BlockOn(io_.executor(0), std::move(task));
  }

  std::vector<catalog::VideoRecord> Listed() {
    auto page = Value(catalog_.List({}, Deadline::Never()));
    EXPECT_TRUE(page.has_value());
    return page ? std::move(page->items) : std::vector<catalog::VideoRecord>();
  }
  catalog::VideoRecord Found(const VideoId& id) {
    auto record = Value(catalog_.Find(id, Deadline::Never()));
    EXPECT_TRUE(record.has_value());
    return *std::move(record);
  }

  // A video whose every byte is stored and whose transcode waits.
  VideoId CommittedVideo() {
    return CommittedVideo(blob::Bytes(std::string("the original")), std::nullopt);
  }
  VideoId CommittedVideo(blob::Bytes original, std::optional<catalog::SourceAnalysis> analysis,
                         media::Container container = media::Container::kMov) {
    const VideoId id = VideoId::Generate(random_);
    Await(Commit(id, std::move(original), std::move(analysis), container));
    return id;
  }

  // The oldest of those that wait. Requires: there is one.
  async::Task<jobs::ClaimedJob> ClaimedJob() {
    co_return Must(co_await ClaimNext(coordination_, jobs_, lease_.lease(), clock_.WallNow()))
        .value();
  }

  TemporaryFolder temp_;
  async::IoPool io_{1};
  async::BlockingPool blocking_{1, 16};
  SystemClock clock_;
  SeededRandom random_{3};
  coordination::ModelCoordination coordination_{clock_};
  coordination::LeaseKeeper lease_{coordination_, std::chrono::minutes(1)};
  catalog::Catalog catalog_{coordination_};
  MemoryBlobStore store_;
  jobs::JobQueue jobs_{coordination_, catalog_, random_};
  space::Space space_{store_, catalog_, jobs_, {.keep_free_bytes = 0}};
  FakeProber prober_;
  FakeEncoder encoder_;
  FakeExtraTools extra_tools_;
  std::unique_ptr<scratch::ScratchSpace> scratch_ =
      scratch::ScratchSpace::Open(temp_.path() / "scratch", ByteCount{1} << 30U, blocking_).value();

 private:
  async::Task<void> Prepare() {
    const auto started = co_await lease_.Start(Deadline::Never());
    EXPECT_TRUE(started.has_value());
  }
  async::Task<void> Commit(VideoId id, blob::Bytes original,
                           std::optional<catalog::SourceAnalysis> analysis,
                           media::Container container) {
    const UploadId upload = UploadId::Generate(random_);
    const auto created = co_await catalog_.Create({.id = id,
                                                   .upload = upload,
                                                   .title = "a video",
                                                   .file_name = "a.mp4",
                                                   .created = clock_.WallNow(),
                                                   .total = {}},
                                                  lease_.lease(), Deadline::Never());
    EXPECT_TRUE(created.has_value());
    // Whoever analysed a source had not read it in order.
    std::optional<blob::Digest> digest;
    if (!analysis) digest = blob::DigestOf(original);
    const catalog::SourceFile source{
        .size = original.size(), .part_count = 1, .digest = digest, .container = container};
    std::vector<blob::Blob> batch;
    batch.push_back({.key = {id, upload, sources::PartFileName(0)}, .bytes = original});
    const auto stored = co_await store_.Put(std::move(batch), Deadline::Never());
    EXPECT_TRUE(stored.has_value());
    const auto committed = co_await catalog_.CommitSource(id, upload, source, Deadline::Never(),
                                                          std::nullopt, std::move(analysis));
    EXPECT_TRUE(committed.has_value());
  }
};

}  // namespace tritontube::support
