#pragma once

#include "domain/manifest/presentation_json.h"
#include "foundation/async/task_group.h"
#include "services/transcode/chunk_worker.h"
#include "services/transcode/transcode_worker.h"
#include "support/platform.h"

namespace tritontube::transcode {

// Counts what became of jobs, and lets a test wait for it.
class Witness final : public WorkerObserver {
 public:
  void OnJobStarted(const VideoId& /*video*/) override { Count(started); }
  void OnJobDone(const VideoId& /*video*/, double /*content_seconds*/,
                 const media::EncodeSummary& /*summary*/) override {
    Count(done);
  }
  void OnJobFailed(const VideoId& /*video*/, const Error& /*error*/, bool again) override {
    Count(again ? retried : failed);
  }

  void OnExtrasDone(const VideoId& /*video*/, const catalog::VideoExtras& /*made*/) override {
    Count(extras);
  }

  int extras = 0;
  int started = 0;
  int done = 0;
  int retried = 0;
  int failed = 0;
  async::Event changed;

 private:
  void Count(int& what) {
    ++what;
    changed.Notify();
  }
};

class TranscodeWorkerTest : public support::Platform {
 protected:
  // What one worker does not share with another.
  struct Hands {
    support::FakeEncoder& encoder;
    coordination::LeaseKeeper& lease;
    Witness& witness;
    std::string name = "a worker";
    bool makes_videos = true;
    bool makes_chunks = true;
  };

  // Runs a worker until `enough`.
  void WorkUntil(std::function<bool()> enough) {
    Await(Work({encoder_, lease_, witness_}, std::move(enough)));
  }
  async::Task<void> Work(Hands hands, std::function<bool()> enough) {
    jobs::JobMirror job_mirror(coordination_);
    chunks::ChunkMirror chunk_mirror(coordination_);
    scratch::SourceCopies sources(*scratch_, store_);
    async::Semaphore slots(2);
    DoingList doing;
    const WorkerDependencies with{.name = hands.name,
                                  .catalog = catalog_,
                                  .jobs = impatient_jobs_,
                                  .chunks = impatient_chunks_,
                                  .job_mirror = job_mirror,
                                  .chunk_mirror = chunk_mirror,
                                  .sources = sources,
                                  .slots = slots,
                                  .doing = doing,
                                  .store = store_,
                                  .space = space_,
                                  .scratch = *scratch_,
                                  .prober = prober_,
                                  .encoder = hands.encoder,
                                  .extras = extras_,
                                  .lease = hands.lease,
                                  .clock = clock_,
                                  .random = random_,
                                  .observer = hands.witness};
    const WorkerOptions options{.idle_time = std::chrono::milliseconds(5),
                                .progress_interval = std::chrono::milliseconds(1),
                                .growth_interval = std::chrono::milliseconds(1)};
    TranscodeWorker worker(with, options);
    ChunkWorker hand(with, options);
    async::TaskGroup group(co_await async::asio::this_coro::executor);
    group.Spawn(job_mirror.Run());
    group.Spawn(chunk_mirror.Run());
    if (hands.makes_videos) group.Spawn(worker.Run());
    if (hands.makes_chunks) group.Spawn(hand.Run());
    async::Event& changed = hands.witness.changed;
    for (auto seen = changed.count(); !enough(); seen = changed.count()) {
      co_await changed.WaitBeyond(seen, Deadline::After(std::chrono::seconds(30)));
    }
    co_await group.Stop();
  }

  // What is published of a video.
  media::Presentation PresentationOf(const VideoId& id) {
    const auto& stored = Found(id).row.presentation;
    const auto json = Value(store_.GetWhole(
        {id, stored->output, std::string(media::kPresentationFile)}, Deadline::Never()));
    EXPECT_EQ(blob::DigestOf(*json), stored->digest);
    return manifest::PresentationFromJson(json->Flatten()).value();
  }

  static constexpr jobs::JobPolicyOptions kImpatience = {
      .tool_attempts_max = 2,
      .backoff_min = std::chrono::milliseconds(1),
      .backoff_max = std::chrono::milliseconds(2)};
  jobs::JobQueue impatient_jobs_{coordination_, catalog_, random_, jobs::JobPolicy(kImpatience)};
  chunks::ChunkQueue impatient_chunks_{coordination_, random_, jobs::JobPolicy(kImpatience)};
  extras::ExtrasMaker extras_{store_, *scratch_, extra_tools_};
  Witness witness_;
};

}  // namespace tritontube::transcode
