#include "services/upload/source_analyst.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "domain/packaging/copy_safety.h"
#include "domain/packaging/source_plan.h"

namespace tritontube::upload {

namespace {

using packaging::CopyReport;
using packaging::SourceMovie;
using packaging::SourcePlan;

Analysed Refuse(std::vector<media::CopyReason> reasons) {
  return {.analysis = {.copy = {.reasons = std::move(reasons)}}};
}

// Pictures that are not shown take their sound with them: it is made anew
// together with them.
std::vector<std::uint32_t> ShownTracks(const CopyReport& report) {
  std::vector<std::uint32_t> shown;
  for (const packaging::TrackVerdict& track : report.tracks) {
    const bool is_safe = report.is_safe(track.track_id);
    if (track.is_video && !is_safe) return {};
    if (is_safe) shown.push_back(track.track_id);
  }
  return shown;
}

catalog::MediaFacts FactsOf(const SourcePlan& plan) {
  catalog::MediaFacts facts{.duration_seconds = 0};
  for (const SourcePlan::Track& track : plan.tracks()) {
    const media::Rendition& rendition = track.rendition;
    facts.duration_seconds = std::max(*facts.duration_seconds, media::DurationSeconds(rendition));
    if (rendition.kind != media::Kind::kVideo) continue;
    facts.width = rendition.width;
    facts.height = rendition.height;
    facts.frame_rate = rendition.frame_rate;
  }
  return facts;
}

void Describe(const SourcePlan& plan, Analysed& analysed) {
  analysed.analysis.facts = FactsOf(plan);
  for (const SourcePlan::Track& track : plan.tracks()) {
    const media::Rendition& rendition = track.rendition;
    analysed.analysis.renditions.push_back({.id = rendition.id,
                                            .kind = rendition.kind,
                                            .codec = rendition.codecs,
                                            .width = rendition.width,
                                            .height = rendition.height,
                                            .bandwidth = media::PeakBandwidth(rendition)});
    const auto first = SourcePlan::Segment(track, 1);
    if (!first) continue;
    analysed.beginning.insert(analysed.beginning.end(), first->ranges.begin(), first->ranges.end());
  }
}

Analysed Judge(bmff::SourceBoxes boxes, ByteCount file_size) {
  auto movie = SourceMovie::Open(std::move(boxes), file_size);
  if (!movie) return Refuse(packaging::RefuseFile(movie.error()).reasons);
  const CopyReport report = packaging::DecideCopy(**movie);
  Analysed analysed = Refuse(report.AllReasons());
  const std::vector<std::uint32_t> shown = ShownTracks(report);
  if (shown.empty()) return analysed;
  const Result<SourcePlan> plan = SourcePlan::Make(*movie, shown);
  if (!plan) {
    analysed.analysis.copy.reasons.push_back(
        {.code = "segments", .message = plan.error().message()});
    return analysed;
  }
  analysed.analysis.copy.tracks = shown;
  Describe(*plan, analysed);
  return analysed;
}

}  // namespace

async::Task<Result<Analysis>> SourceAnalyst::Analyse(media::Container container, SourceReader& file,
                                                     Deadline deadline) {
  if (container != media::Container::kMov) {
    co_return Refuse({{.code = "container",
                       .message = fmt::format("browsers do not play {} files as they are",
                                              media::ToString(container))}});
  }
  TT_CO_ASSIGN_OR_RETURN(const auto turn, co_await turn_.Acquire(1, deadline));
  co_return co_await AnalyseMovie(file, deadline);
}

async::Task<Result<Analysis>> SourceAnalyst::AnalyseMovie(SourceReader& file, Deadline deadline) {
  bmff::SourceScanner scanner(file.size());
  while (const std::optional<bmff::ByteRange> wanted = scanner.wanted()) {
    const blob::ByteRange range{wanted->offset, wanted->length};
    if (!file.Holds(range)) co_return NotYet{*wanted};
    TT_CO_ASSIGN_OR_RETURN(const blob::Bytes bytes, co_await file.Read(range, deadline));
    std::string scratch;
    const Result<void> fed = scanner.Feed(bytes.Contiguous(scratch));
    if (!fed) co_return Refuse(packaging::RefuseFile(fed.error()).reasons);
  }
  // NOLINTNEXTLINE(cppcoreguidelines-avoid-capturing-lambda-coroutines): not a coroutine
  const auto judge = [&]() -> Result<Analysed> {
    return Judge(std::move(scanner).Take(), file.size());
  };
  TT_CO_ASSIGN_OR_RETURN(Analysed analysed, co_await blocking_.Run(judge));
  co_return analysed;
}

}  // namespace tritontube::upload
