#include "services/extras/extras_maker.h"

#include <algorithm>
#include <numeric>

#include "domain/jobs/job_policy.h"
#include "domain/planning/sample.h"
#include "domain/timed_text/caption_parser.h"
#include "domain/timed_text/language_tag.h"
#include "domain/timed_text/storyboard.h"
#include "domain/timed_text/webvtt.h"
#include "foundation/telemetry/log.h"
#include "services/extras/presentation_files.h"

namespace tritontube::extras {

namespace {

using catalog::StoredCaption;
using catalog::VideoExtras;

constexpr std::chrono::seconds kStoreTimeout{60};
constexpr std::chrono::minutes kSheetTimeout{2};
// Reading a long file from the disk and through a decoder.
constexpr std::chrono::minutes kReadTimeout{30};

std::vector<std::size_t> AllSegments(const media::Rendition& rendition) {
  std::vector<std::size_t> all(rendition.segments.size());
  std::iota(all.begin(), all.end(), 0);
  return all;
}

const media::Rendition* Find(const media::Presentation& presentation, std::string_view id) {
  const auto found = std::ranges::find(presentation.renditions, id, &media::Rendition::id);
  return found == presentation.renditions.end() ? nullptr : &*found;
}

std::size_t TilesOn(const media::StoryboardPlan& plan, std::size_t sheet) {
  return std::min(media::kTilesPerSheet, plan.tile_starts.size() - sheet * media::kTilesPerSheet);
}

// The segments that a sheet is made of.
std::vector<std::size_t> SegmentsOf(const media::StoryboardPlan& plan,
                                    const media::Rendition& rendition, std::size_t sheet) {
  if (plan.interval_seconds > 0) return AllSegments(rendition);
  std::vector<std::size_t> segments;
  segments.reserve(TilesOn(plan, sheet));
  for (std::size_t tile = 0; tile < TilesOn(plan, sheet); ++tile) {
    segments.push_back((sheet * media::kTilesPerSheet + tile) * plan.segment_step);
  }
  return segments;
}

// A language has one track. A second one in the file gets a name of its own.
std::string FreeLanguage(const VideoExtras& extras, const std::string& wanted) {
  const auto taken = [&](const std::string& language) {
    return std::ranges::find(extras.captions, language, &StoredCaption::language) !=
           extras.captions.end();
  };
  std::string language = wanted;
  for (int number = 2; taken(language); ++number) {
    language = fmt::format("{}-x-{}", wanted, number);
  }
  return language;
}

}  // namespace

async::Task<Result<VideoExtras>> ExtrasMaker::Make(Job job) {
  VideoExtras extras;
  TT_CO_RETURN_IF_ERROR(Survive(job, "storyboard", co_await AddStoryboard(job, extras)));
  TT_CO_RETURN_IF_ERROR(Survive(job, "loudness", co_await AddLoudness(job, extras)));
  for (const media::SubtitlePlan& subtitles : job.plan.subtitles) {
    TT_CO_RETURN_IF_ERROR(Survive(job, "captions", co_await AddCaptions(job, subtitles, extras)));
  }
  TT_CO_RETURN_IF_ERROR(Survive(job, "ssim", co_await AddSsim(job, extras)));
  std::ranges::sort(extras.captions, {}, &StoredCaption::language);
  co_return extras;
}

Result<void> ExtrasMaker::Survive(const Job& job, std::string_view what, Result<void> made) {
  if (made) return made;
  const bool stopped = made.error().code() == ErrorCode::kCancelled;
  const bool machine = jobs::BlameOf(made.error()) == jobs::Blame::kMachine;
  if (stopped || (machine && !job.is_last_attempt)) {
    return std::unexpected(std::move(made).error().Within(what));
  }
  ++failures_;
  telemetry::Log(
      telemetry::Level::kWarning, "an extra could not be made",
      {{"video", job.video.id.text()}, {"extra", what}, {"error", made.error().message()}});
  return {};
}

async::Task<Result<void>> ExtrasMaker::AddStoryboard(const Job& job, VideoExtras& extras) {
  auto plan = timed_text::PlanStoryboard(job.presentation);
  // Without rungs the source is small itself.
  const bool of_source = !plan;
  if (of_source) plan = timed_text::PlanStoryboardOfSource(job.shown);
  if (!plan) co_return Result<void>();
  const std::size_t sheets =
      (plan->tile_starts.size() + media::kTilesPerSheet - 1) / media::kTilesPerSheet;
  for (std::size_t sheet = 0; sheet < sheets; ++sheet) {
    TT_CO_ASSIGN_OR_RETURN(blob::Bytes picture, of_source ? co_await SheetOfSource(job, *plan)
                                                          : co_await MakeSheet(job, *plan, sheet));
    TT_CO_RETURN_IF_ERROR(
        co_await Store(job, media::StoryboardSheetFile(sheet + 1), std::move(picture)));
  }
  TT_CO_RETURN_IF_ERROR(co_await Store(job, std::string(media::kStoryboardFile),
                                       blob::Bytes(timed_text::WriteStoryboard(*plan))));
  extras.storyboard = job.output;
  extras.storyboard_sheets = sheets;
  ++storyboards_;
  co_return Result<void>();
}

async::Task<Result<blob::Bytes>> ExtrasMaker::MakeSheet(const Job& job,
                                                        const media::StoryboardPlan& plan,
                                                        std::size_t sheet) {
  const media::Rendition& rendition = *Find(job.presentation, plan.rendition);
  TT_CO_ASSIGN_OR_RETURN(scratch::ScratchFolder folder, scratch_.NewFolder());
  TT_CO_ASSIGN_OR_RETURN(const std::filesystem::path file,
                         co_await scratch_.CopyBlobs(
                             folder, "pictures.mp4", store_,
                             FileOf(job.video, rendition.id, SegmentsOf(plan, rendition, sheet)),
                             Deadline::After(kSheetTimeout)));
  co_return co_await tools_.MakeSheet({.path = file, .duration_seconds = plan.duration_seconds},
                                      {.tile_width = plan.tile_width,
                                       .tile_height = plan.tile_height,
                                       .tile_count = TilesOn(plan, sheet),
                                       .interval_seconds = plan.interval_seconds},
                                      Deadline::After(kSheetTimeout));
}

// All of it is one sheet.
async::Task<Result<blob::Bytes>> ExtrasMaker::SheetOfSource(const Job& job,
                                                            const media::StoryboardPlan& plan) {
  co_return co_await tools_.MakeSheet({.path = job.source,
                                       .container = job.plan.container,
                                       .duration_seconds = plan.duration_seconds},
                                      {.tile_width = plan.tile_width,
                                       .tile_height = plan.tile_height,
                                       .tile_count = TilesOn(plan, 0),
                                       .interval_seconds = plan.interval_seconds},
                                      Deadline::After(kReadTimeout));
}

// What is heard is measured: the stored sound where there is some, and the file's
// where that is shown as it is.
async::Task<Result<void>> ExtrasMaker::AddLoudness(const Job& job, VideoExtras& extras) {
  const auto shown = std::ranges::find(job.shown, media::Kind::kAudio, &media::Rendition::kind);
  if (shown != job.shown.end()) {
    TT_CO_ASSIGN_OR_RETURN(
        extras.loudness,
        co_await tools_.MeasureLoudness({.path = job.source,
                                         .container = job.plan.container,
                                         .duration_seconds = media::DurationSeconds(*shown)},
                                        Deadline::After(kReadTimeout)));
    if (extras.loudness) ++loudness_;
    co_return Result<void>();
  }
  const auto& renditions = job.presentation.renditions;
  const auto sound = std::ranges::find(renditions, media::Kind::kAudio, &media::Rendition::kind);
  if (sound == renditions.end()) co_return Result<void>();
  TT_CO_ASSIGN_OR_RETURN(scratch::ScratchFolder folder, scratch_.NewFolder());
  TT_CO_ASSIGN_OR_RETURN(
      const std::filesystem::path file,
      co_await scratch_.CopyBlobs(folder, "sound.mp4", store_,
                                  FileOf(job.video, sound->id, AllSegments(*sound)),
                                  Deadline::After(kReadTimeout)));
  TT_CO_ASSIGN_OR_RETURN(extras.loudness,
                         co_await tools_.MeasureLoudness(
                             {.path = file, .duration_seconds = media::DurationSeconds(*sound)},
                             Deadline::After(kReadTimeout)));
  if (extras.loudness) ++loudness_;
  co_return Result<void>();
}

async::Task<Result<void>> ExtrasMaker::AddCaptions(const Job& job,
                                                   const media::SubtitlePlan& subtitles,
                                                   VideoExtras& extras) {
  TT_CO_ASSIGN_OR_RETURN(
      const std::string text,
      co_await tools_.ReadSubtitles({.path = job.source,
                                     .container = job.plan.container,
                                     .duration_seconds = job.plan.duration_seconds},
                                    subtitles.stream_index, Deadline::After(kReadTimeout)));
  TT_CO_ASSIGN_OR_RETURN(std::vector<timed_text::Cue> cues, timed_text::ParseCaptions(text));
  cues = timed_text::Earlier(std::move(cues), job.plan.start_seconds);
  const std::string spoken = timed_text::CanonicalLanguage(subtitles.language).value_or("und");
  const std::string language = FreeLanguage(extras, spoken);
  StoredCaption caption{.language = language,
                        .label = !subtitles.label.empty() ? subtitles.label
                                 : spoken == "und"
                                     ? fmt::format("Captions {}", extras.captions.size() + 1)
                                     : timed_text::LanguageName(language),
                        .upload = job.output,
                        .from_person = false};
  const std::string file =
      media::CaptionFileName({.language = language, .label = {}, .version = job.output.text()});
  TT_CO_RETURN_IF_ERROR(co_await Store(job, file, blob::Bytes(timed_text::WriteWebVtt(cues))));
  extras.captions.push_back(std::move(caption));
  ++captions_;
  co_return Result<void>();
}

// What is watched, against what it was made of. All rungs at once: the source is decoded once.
async::Task<Result<void>> ExtrasMaker::AddSsim(const Job& job, VideoExtras& extras) {
  const std::optional<planning::Sample> sample =
      planning::PlanSample(job.ladder.plan, job.presentation);
  if (!sample) co_return Result<void>();
  const std::vector<media::VideoRung>& rungs = sample->plan.video->rungs;
  TT_CO_ASSIGN_OR_RETURN(scratch::ScratchFolder folder, scratch_.NewFolder());
  std::vector<std::filesystem::path> files;
  for (const media::VideoRung& rung : rungs) {
    TT_CO_ASSIGN_OR_RETURN(std::filesystem::path file,
                           co_await scratch_.CopyBlobs(folder, rung.id + ".mp4", store_,
                                                       FileOf(job.video, rung.id, sample->segments),
                                                       Deadline::After(kSheetTimeout)));
    files.push_back(std::move(file));
  }
  if (sample->plan.remux_first) {
    TT_CO_RETURN_IF_ERROR(scratch_.Reserve(folder, job.video.source->size));
  }
  TT_CO_ASSIGN_OR_RETURN(
      const std::vector<double> ssim,
      co_await tools_.CompareRungs(job.ladder.source, folder.path(), sample->plan, std::move(files),
                                   Deadline::After(kReadTimeout)));
  for (std::size_t i = 0; i < rungs.size(); ++i) extras.ssim.emplace(rungs[i].id, ssim[i]);
  ++comparisons_;
  co_return Result<void>();
}

async::Task<Result<void>> ExtrasMaker::Store(const Job& job, std::string file, blob::Bytes bytes) {
  std::vector<blob::Blob> batch;
  batch.push_back({.key = {job.video.id, job.output, std::move(file)}, .bytes = std::move(bytes)});
  co_return co_await store_.Put(std::move(batch), Deadline::After(kStoreTimeout));
}

ExtrasCounts ExtrasMaker::counts() const {
  return {.storyboards = storyboards_,
          .captions = captions_,
          .loudness = loudness_,
          .comparisons = comparisons_,
          .failures = failures_};
}

}  // namespace tritontube::extras
