#include "worker_deaths/world.h"

#include <fmt/format.h>

#include <set>
#include <utility>

#include "domain/catalog/view.h"
#include "domain/chunks/chunk.h"
#include "domain/manifest/presentation_json.h"
#include "domain/planning/planning.h"
#include "services/garbage/collector.h"
#include "support/must.h"

namespace tritontube::worker_deaths {

using support::Must;

namespace {

// Three chunks of a small ladder, the last of which is the longest.
constexpr double kSeconds = 76;
constexpr std::chrono::minutes kPatience{5};
constexpr std::chrono::milliseconds kLookInterval{500};
// Copies of the original are kept for ten seconds, and leases as long.
constexpr std::chrono::seconds kAftermath{15};

Deadline Soon() { return Deadline::After(std::chrono::seconds(10)); }

media::Source SourceOf(media::Container container) {
  media::Source source = support::SmallSource(kSeconds);
  source.container = container;
  source.video.front().width = 426;
  source.video.front().height = 240;
  return source;
}

bool IsPicture(const std::string& file) { return file.starts_with("v") && file.ends_with(".m4s"); }

}  // namespace

World::World(const Accident& accident)
    : accident_(accident),
      source_(SourceOf(accident.container)),
      plan_(planning::PlanEncode(source_).value()) {
  time_.StandStillFor(blocking_);
  const Cluster cluster{.coordination = coordination_,
                        .store = store_,
                        .clock = clock_,
                        .blocking = blocking_,
                        .executor = time_.executor()};
  Machine::Options fated = OptionsOf("victim", 1, 10);
  fated.fatal_call = accident.call;
  fated.fate = accident.fate;
  victim_ = std::make_unique<Machine>(cluster, folder_.path(), fated);
  survivor_ = std::make_unique<Machine>(cluster, folder_.path(), OptionsOf("survivor", 2, 11));
}

Machine::Options World::OptionsOf(std::string name, std::uint64_t seed, std::uint32_t bytes) const {
  return {.name = std::move(name), .seed = seed, .source = source_, .sample_bytes = bytes};
}

Outcome World::Run() {
  time_.Run(Live());
  return std::move(outcome_);
}

async::Task<void> World::Live() {
  co_await Commit();
  Machine& first = accident_.role == Role::kDirects ? *victim_ : *survivor_;
  Machine& second = accident_.role == Role::kDirects ? *survivor_ : *victim_;
  co_await first.Start();
  co_await async::Sleep(std::chrono::milliseconds(100));
  co_await second.Start();
  const Deadline patience = Deadline::After(kPatience);
  const SteadyTime begin = SteadyClock::now();
  bool is_buried = false;
  for (bool is_settled = false; !is_settled && !patience.HasPassed();) {
    co_await async::Sleep(kLookInterval);
    if (victim_->life().is_dead() && !std::exchange(is_buried, true)) co_await victim_->Stop();
    is_settled = co_await IsSettled();
  }
  Expect(!patience.HasPassed(), "the video did not become ready");
  outcome_.was_hit = victim_->life().was_hit();
  outcome_.at = victim_->life().fatal_name();
  outcome_.seconds = std::chrono::duration<double>(SteadyClock::now() - begin).count();
  // Who was frozen goes on, and whatever was kept for a while goes.
  if (victim_->life().is_frozen()) co_await async::Sleep(Life::kFreezeTime);
  co_await async::Sleep(kAftermath);
  co_await LookAtEverything();
  if (!is_buried) co_await victim_->Stop();
  co_await survivor_->Stop();
  co_await async::Sleep(kAftermath);
  co_await LookAtRows();
}

async::Task<void> World::Commit() {
  const auto lease = Must(co_await coordination_.GrantLease(std::chrono::hours(1), Soon()));
  Must(co_await catalog_.Create({.id = video_,
                                 .upload = upload_,
                                 .title = "a video",
                                 .file_name = "a.mp4",
                                 .created = clock_.WallNow(),
                                 .total = {}},
                                lease, Soon()));
  const blob::Bytes original(std::string("the original"));
  std::vector<blob::Blob> batch;
  batch.push_back({.key = {video_, upload_, sources::PartFileName(0)}, .bytes = original});
  Must(co_await store_.Put(std::move(batch), Soon()));
  Must(co_await catalog_.CommitSource(video_, upload_,
                                      {.size = original.size(),
                                       .part_count = 1,
                                       .digest = blob::DigestOf(original),
                                       .container = accident_.container},
                                      Soon()));
}

// The video is ready and nothing is left to do.
async::Task<bool> World::IsSettled() {
  const auto jobs = Must(co_await coordination_.Range({.prefix = "job/"}, Soon()));
  co_return jobs.items.empty();
}

void World::Expect(bool holds, std::string fault) {
  if (!holds) outcome_.faults.push_back(std::move(fault));
}

async::Task<void> World::LookAtEverything() {
  const catalog::VideoRecord record = Must(co_await catalog_.Find(video_, Soon()));
  const bool is_ready = catalog::ViewOf(record).state == catalog::VideoState::kReady;
  Expect(is_ready, "the video is not ready");
  if (!is_ready) co_return;
  Expect(record.row.extras.storyboard.has_value(), "there is no storyboard");
  Expect(record.row.extras.loudness.has_value(), "the loudness is not known");
  outcome_.chunks = planning::PlanChunks(plan_).size();
  outcome_.chunks_begun = victim_->ChunksBegun().size() + survivor_->ChunksBegun().size();
  Expect(outcome_.chunks_begun <= outcome_.chunks + 1, "more than one chunk was lost");
  Expect(survivor_->failure_count() == 0, "a death counts as a failure");
  Expect(survivor_->scratch_bytes() == 0, "something is left in the scratch space");
  garbage::Collector collector(catalog_, store_, clock_);
  Must(co_await collector.CollectNow(Soon()));
  co_await LookAtSegments(record.row);
}

async::Task<void> World::LookAtSegments(const catalog::VideoRow& row) {
  const UploadId& output = row.presentation->output;
  const auto json = Must(
      co_await store_.GetWhole({video_, output, std::string(media::kPresentationFile)}, Soon()));
  const media::Presentation presentation = manifest::PresentationFromJson(json.Flatten()).value();
  Expect(presentation.renditions.size() == plan_.output_count(), "a rendition is missing");
  std::set<std::string> listed;
  for (const media::Rendition& rendition : presentation.renditions) {
    std::uint64_t end = 0;
    for (std::size_t i = 0; i < rendition.segments.size(); ++i) {
      const media::Segment& segment = rendition.segments[i];
      const std::string file = media::SegmentFileName(rendition.id, i + 1);
      listed.insert(file);
      Expect(segment.start == end, fmt::format("{} leaves a gap", file));
      end += segment.duration;
      const auto stat = co_await store_.Stat({video_, output, file}, Soon());
      Expect(stat && stat->size == segment.size, fmt::format("{} is not what is listed", file));
    }
    if (rendition.kind != media::Kind::kVideo) continue;
    const media::VideoPlan& pictures = *plan_.video;
    const auto ticks = static_cast<std::uint64_t>(pictures.frame_count) * rendition.timescale *
                       static_cast<std::uint64_t>(pictures.frame_rate.denominator) /
                       static_cast<std::uint64_t>(pictures.frame_rate.numerator);
    Expect(end == ticks, fmt::format("{} ends at {} instead of {}", rendition.id, end, ticks));
  }
  const auto page = Must(co_await store_.Scan({.limit = 10'000}, Soon()));
  for (const blob::ScanItem& item : page.items) {
    if (!IsPicture(item.key.file)) continue;
    const bool is_once = item.key.upload == output && listed.contains(item.key.file);
    Expect(is_once, fmt::format("{} is stored twice", item.key.file));
  }
}

// Nothing speaks of chunks or workers any more.
async::Task<void> World::LookAtRows() {
  for (const std::string prefix : {"chunk/", "worker/", "job/", "video/claim/"}) {
    const auto left = Must(co_await coordination_.Range({.prefix = prefix}, Soon()));
    Expect(left.items.empty(), fmt::format("{} is left", prefix));
  }
}

}  // namespace tritontube::worker_deaths
