#include "services/transcode/workshop.h"

#include <algorithm>

#include "domain/chunks/worker_row.h"
#include "foundation/async/sleep.h"

namespace tritontube::transcode {

namespace {

// Videos in the making wait most of the time: for their chunks, or for a slot. With
// some more of them than slots a short one need not wait for a long one.
constexpr std::size_t kMoreVideos = 3;
constexpr std::chrono::seconds kTellInterval{1};
constexpr std::chrono::seconds kProgressInterval{5};
constexpr std::chrono::seconds kTellTimeout{5};
constexpr std::chrono::seconds kSweepInterval{20};

bool IsSameWork(std::vector<chunks::Doing> one, std::vector<chunks::Doing> other) {
  for (chunks::Doing& doing : one) doing.fraction = 0;
  for (chunks::Doing& doing : other) doing.fraction = 0;
  return one == other;
}

}  // namespace

Workshop::Workshop(const Surroundings& of, std::size_t slots)
    : slot_count_(slots),
      coordination_(of.coordination),
      chunks_(of.coordination, of.random),
      job_mirror_(of.coordination),
      chunk_mirror_(of.coordination),
      sources_(of.scratch, of.store),
      slots_(std::max<std::size_t>(slots, 1)),
      with_{.name = of.name,
            .catalog = of.catalog,
            .jobs = of.jobs,
            .chunks = chunks_,
            .job_mirror = job_mirror_,
            .chunk_mirror = chunk_mirror_,
            .sources = sources_,
            .slots = slots_,
            .doing = doing_,
            .store = of.store,
            .space = of.space,
            .scratch = of.scratch,
            .prober = of.prober,
            .encoder = of.encoder,
            .extras = of.extras,
            .lease = of.lease,
            .clock = of.clock,
            .random = of.random,
            .observer = of.observer},
      group_(of.executor) {}

void Workshop::Start() {
  if (slot_count_ == 0) return;
  group_.Spawn(job_mirror_.Run());
  group_.Spawn(chunk_mirror_.Run());
  group_.Spawn(sources_.Run());
  group_.Spawn(TellWhatIsDone());
  group_.Spawn(Sweep());
  for (std::size_t i = 0; i < slot_count_ + kMoreVideos; ++i) {
    videos_.push_back(std::make_unique<TranscodeWorker>(with_, WorkerOptions()));
    group_.Spawn(videos_.back()->Run());
  }
  for (std::size_t i = 0; i < slot_count_; ++i) {
    hands_.push_back(std::make_unique<ChunkWorker>(with_, WorkerOptions()));
    group_.Spawn(hands_.back()->Run());
  }
}

// What nobody removed who was there to do it.
async::Task<void> Workshop::Sweep() {
  while (!co_await async::IsCancelled()) {
    co_await async::Sleep(kSweepInterval);
    const auto quiet = chunk_mirror_.board().QuietSets();
    if (quiet.empty()) continue;
    // One of them, so that a thousand are no burden.
    const auto& [video, output] = quiet[with_.random.Next() % quiet.size()];
    Ignore(co_await KeepIfWanted(with_, video, output), "it is looked at again later");
  }
}

// For eyes only: what is not told now is told a second later. How far a chunk is by
// itself is told more seldom, so that a chunk costs the same few writes.
async::Task<void> Workshop::TellWhatIsDone() {
  chunks::WorkerRow told;
  coordination::LeaseId under = coordination::kNoLease;
  Deadline next_progress = Deadline::After(kProgressInterval);
  while (!co_await async::IsCancelled()) {
    const coordination::LeaseId lease = with_.lease.lease();
    const chunks::WorkerRow row{.name = with_.name, .slots = slot_count_, .doing = doing_.Now()};
    const bool has_moved = row != told && next_progress.HasPassed();
    if (has_moved || !IsSameWork(row.doing, told.doing) || lease != under) {
      const Result<void> done = co_await Tell(chunks::Encode(row), lease);
      if (done) {
        told = row;
        under = lease;
        next_progress = Deadline::After(kProgressInterval);
      }
    }
    co_await async::Sleep(kTellInterval);
  }
}

async::Task<Result<void>> Workshop::Tell(const std::string& value, coordination::LeaseId lease) {
  TT_CO_ASSIGN_OR_RETURN(
      const coordination::TxnAnswer answer,
      co_await coordination_.Commit(
          {.compares = {},
           .then = {coordination::Operation::Put(chunks::WorkerKey(with_.name), value, lease)}},
          Deadline::After(kTellTimeout)));
  co_return Result<void>();
}

}  // namespace tritontube::transcode
