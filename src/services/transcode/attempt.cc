#include "services/transcode/attempt.h"

#include <algorithm>
#include <utility>

#include "domain/manifest/presentation_json.h"
#include "domain/planning/planning.h"
#include "foundation/telemetry/log.h"
#include "services/extras/presentation_files.h"
#include "services/transcode/attempt_limits.h"
#include "services/transcode/first_stored.h"
#include "services/transcode/renditions.h"
#include "services/transcode/running_encode.h"
#include "services/transcode/shown_source.h"

namespace tritontube::transcode {

using media::Rendition;
using telemetry::Level;
using telemetry::Log;

namespace {

constexpr std::chrono::minutes kCopyTimeout{60};
constexpr std::chrono::seconds kPosterTimeout{30};
constexpr std::chrono::seconds kWaveformTimeout{300};
// All of the sound is decoded.
constexpr std::chrono::minutes kSoundTimeout{30};
// After so many attempts at the extras that the machine has broken off, the
// video does without those that cannot be made.
constexpr int kExtrasSetbacksMax = 5;
// Without its sound, which is in the way of nothing else.
catalog::CopyVerdict WithoutSound(const catalog::CopyVerdict& verdict,
                                  const packaging::SourcePlan& plan) {
  catalog::CopyVerdict without{.reasons = verdict.reasons, .tracks = {}};
  without.reasons.push_back(
      {.code = "audio_damaged", .message = "the sound cannot be decoded to its end as it is"});
  for (const packaging::SourcePlan::Track& track : plan.tracks()) {
    if (track.rendition.kind == media::Kind::kVideo) {
      without.tracks.push_back(track.source->header.id);
    }
  }
  return without;
}

// What the boxes say, but for the rate: they know the average, which differs from
// what is meant as soon as a picture is missing.
catalog::MediaFacts Completed(catalog::MediaFacts facts, const catalog::MediaFacts& more) {
  if (!facts.duration_seconds) facts.duration_seconds = more.duration_seconds;
  if (!facts.width) facts.width = more.width;
  if (!facts.height) facts.height = more.height;
  if (more.frame_rate) facts.frame_rate = more.frame_rate;
  return facts;
}

}  // namespace

async::Task<Result<void>> Attempt::Run() {
  if (!video().source) co_return Fail(ErrorCode::kInternal, "the job's video has no source");
  TT_CO_ASSIGN_OR_RETURN(TranscodeRoom room,
                         co_await TranscodeRoom::Open(with_.space, video(), CatalogDeadline()));
  room_.emplace(std::move(room));
  TT_CO_ASSIGN_OR_RETURN(scratch::ScratchFolder folder, with_.scratch.NewFolder());
  folder_.emplace(std::move(folder));
  TT_CO_RETURN_IF_ERROR(co_await CopySource());
  if (video().presentation) {
    co_await EndChunks();  // The one who published may not have come to it.
    TT_CO_RETURN_IF_ERROR(co_await Plan());
    PlanBeside();
  } else {
    const Result<void> made = co_await Make();
    if (!made) {
      TT_CO_RETURN_IF_ERROR(co_await DoWithoutLadder(made.error()));
    }
    with_.observer.OnJobDone(video().id, plan_ ? plan_->duration_seconds : 0, summary_);
  }
  room_->OnPublished();
  co_return co_await MakeExtras();
}

async::Task<Result<void>> Attempt::CopySource() {
  const catalog::SourceFile& file = *video().source;
  const Deadline deadline = Deadline::After(kCopyTimeout);
  TT_CO_ASSIGN_OR_RETURN(scratch::SourceCopy copy,
                         co_await with_.sources.Open({video().id, video().upload, file.size},
                                                     file.container, deadline));
  copy_.emplace(std::move(copy));
  source_ = copy_->path();
  if (file.digest) {
    TT_CO_RETURN_IF_ERROR(co_await copy_->NeedAll(deadline));
    room_->OnSourceCopied();
    co_return Result<void>();
  }
  TT_CO_ASSIGN_OR_RETURN(const blob::Digest digest, co_await copy_->NeedAllAndDigest(deadline));
  room_->OnSourceCopied();
  co_return co_await with_.catalog.SetDigest(video().id, claimed_.output, digest,
                                             CatalogDeadline());
}

async::Task<Result<void>> Attempt::Plan() {
  verdict_ = video().copy;
  if (verdict_ && !verdict_->tracks.empty()) {
    TT_CO_ASSIGN_OR_RETURN(source_plan_, co_await with_.scratch.blocking().Run([this] {
      return ReadSourcePlan(source_, verdict_->tracks);
    }));
    shown_ = ShownOf(*source_plan_, verdict_->tracks);
  }
  TT_CO_ASSIGN_OR_RETURN(probed_,
                         co_await with_.prober.Probe(source_, video().source->container,
                                                     Deadline::After(options_.probe_timeout)));
  TT_CO_ASSIGN_OR_RETURN(plan_, planning::PlanEncode(probed_));
  co_return Result<void>();
}

// As far as the source is shown.
void Attempt::PlanBeside() {
  if (!shown_) return;
  beside_ = planning::PlanBesideSource(*plan_, probed_, *shown_);
  if (beside_.is_aligned) return;
  Log(Level::kInfo, "the ladder is not cut where the source is: it has too many segments",
      {{"video", video().id.text()}});
}

async::Task<Result<void>> Attempt::Make() {
  TT_CO_RETURN_IF_ERROR(co_await Plan());
  TT_CO_RETURN_IF_ERROR(co_await CheckSound());
  PlanBeside();
  if (plan_->undecodable_audio_count > 0) {
    Log(Level::kWarning, "sound tracks are in formats that nothing here decodes",
        {{"video", video().id.text()}, {"tracks", plan_->undecodable_audio_count}});
  }
  TT_CO_RETURN_IF_ERROR(co_await room_->Fit(WholePlan(), CatalogDeadline()));
  TT_CO_RETURN_IF_ERROR(co_await Describe());
  TT_CO_RETURN_IF_ERROR(co_await ChooseChunks());
  Result<GrowthWriter> growth = co_await GrowthWriter::Open(with_.catalog, with_.store, claimed_);
  Result<void> made;
  bool is_damaged = false;
  if (growth) {
    growth_.emplace(*std::move(growth));
    output_ = growth_->output();
    made = co_await MakeAtPlace();
  } else {
    is_damaged = growth.error().code() == ErrorCode::kCorrupt ||
                 growth.error().code() == ErrorCode::kNotFound;
    made = std::unexpected(growth.error());
  }
  const bool went_on = claimed_.place() != claimed_.output;
  if (made || !went_on || (!is_damaged && !DoesNotContinue(made.error()))) co_return made;
  Log(Level::kWarning, "what is made already cannot be continued; all is made anew",
      {{"video", video().id.text()}, {"error", made.error().message()}});
  co_await EndChunks();
  growth_.reset();
  chunks_.clear();
  chunked_.reset();
  output_ = claimed_.output;
  TT_CO_RETURN_IF_ERROR(co_await room_->Fit(WholePlan(), CatalogDeadline()));
  co_return co_await MakeAtPlace();
}

async::Task<Result<void>> Attempt::CheckSound() {
  std::vector<int> streams;
  if (shown_) {
    for (const media::AudioStream& stream : probed_.audio) {
      if (std::ranges::count(shown_->tracks, stream.id) != 0) streams.push_back(stream.index);
    }
  }
  if (streams.empty()) co_return Result<void>();
  const media::MediaFile file{
      .path = source_, .container = plan_->container, .duration_seconds = plan_->duration_seconds};
  TT_CO_ASSIGN_OR_RETURN(
      const bool whole,
      co_await with_.prober.CheckSound(file, std::move(streams), Deadline::After(kSoundTimeout)));
  if (whole) co_return Result<void>();
  Log(Level::kWarning, "the sound of a source cannot be decoded to its end and is encoded",
      {{"video", video().id.text()}});
  verdict_ = WithoutSound(*verdict_, *source_plan_);
  shown_.reset();
  if (!verdict_->tracks.empty()) shown_ = ShownOf(*source_plan_, verdict_->tracks);
  co_return Result<void>();
}

bool Attempt::Shows(media::Kind kind) const {
  return shown_ && std::ranges::any_of(source_plan_->tracks(), [this, kind](const auto& track) {
           return track.rendition.kind == kind &&
                  std::ranges::count(shown_->tracks, track.source->header.id) != 0;
         });
}

media::EncodePlan Attempt::WholePlan() const {
  if (!shown_) return *plan_;
  media::EncodePlan whole = beside_.ladder;
  whole.audio = beside_.sound.audio;
  return whole;
}

async::Task<Result<void>> Attempt::Describe() {
  const catalog::MediaFacts planned = FactsOf(*plan_);
  const bool boxes_know = shown_ && source_plan_;
  co_return co_await with_.catalog.Describe(
      video().id, claimed_.output, boxes_know ? Completed(video().facts, planned) : planned,
      PlannedRenditions(shown_ ? video().renditions : std::vector<catalog::RenditionSummary>(),
                        ShowsSound(), WholePlan()),
      CatalogDeadline());
}

async::Task<Result<void>> Attempt::MakeAtPlace() {
  stored_bytes_ = 0;
  const bool verdict_holds = verdict_ == video().copy;
  std::vector<Rendition> made;
  if (!shown_) {
    TT_CO_ASSIGN_OR_RETURN(made, co_await MakeAll(verdict_holds));
    if (growth_ && growth_->has_begun()) {
      TT_CO_RETURN_IF_ERROR(co_await growth_->Complete(made, std::nullopt));
    }
    co_return co_await Publish(std::move(made));
  }
  TT_CO_ASSIGN_OR_RETURN(sound_, co_await MakeSound(verdict_holds));
  const bool has_sound = beside_.sound.output_count() > 0;
  const Share rest{.begin = has_sound ? kSoundPart : 0, .part = has_sound ? 1 - kSoundPart : 1};
  if (chunks_.empty()) {
    TT_CO_ASSIGN_OR_RETURN(made, co_await Encode(beside_.ladder, /*grows=*/false, rest));
  } else {
    TT_CO_ASSIGN_OR_RETURN(made, co_await MakeInChunks(/*grows=*/false, rest));
  }
  made.insert(made.end(), sound_->begin(), sound_->end());
  co_return co_await Publish(std::move(made));
}

// Pictures and sound together, as they are watched.
async::Task<Result<std::vector<Rendition>>> Attempt::MakeAll(bool grows) {
  if (chunks_.empty()) return Encode(*plan_, grows, {});
  return MakeInChunks(grows, {});
}

// The sound that the source does not serve. When it is there the video can be
// watched.
async::Task<Result<std::vector<Rendition>>> Attempt::MakeSound(bool verdict_holds) {
  const bool waited_for = !video().copy->ShowsAll();
  if (growth_ && growth_->is_complete()) co_return growth_->listed();
  const bool is_all = beside_.ladder.output_count() == 0;
  Result<std::vector<Rendition>> sound =
      co_await Encode(beside_.sound, verdict_holds, {.part = is_all ? 1 : kSoundPart});
  // The video goes without.
  if (!sound && sound.error().code() == ErrorCode::kInvalidArgument) {
    sound = std::vector<Rendition>();
  }
  if (!sound) co_return std::unexpected(sound.error());
  if (growth_ && (waited_for || (!verdict_holds && !sound->empty()))) {
    TT_CO_RETURN_IF_ERROR(co_await growth_->Complete(
        *sound, verdict_holds ? std::optional<catalog::CopyVerdict>() : verdict_));
  }
  co_return sound;
}

async::Task<Result<std::vector<Rendition>>> Attempt::Encode(media::EncodePlan plan, bool grows,
                                                            Share share) {
  if (plan.output_count() == 0) co_return std::vector<Rendition>();
  TT_CO_ASSIGN_OR_RETURN(const async::Semaphore::Permit slot,
                         co_await with_.slots.Acquire(1, Deadline::Never()));
  const DoingList::Entry doing(
      with_.doing,
      {.video = video().id, .work = plan.video ? chunks::Work::kWhole : chunks::Work::kSound});
  double fraction = 0;
  SegmentSink sink(with_.store, {video().id, output_}, plan,
                   [&fraction](double now) { fraction = now; });
  RunningEncode encode(
      co_await async::asio::this_coro::executor,
      with_.encoder.Encode(source_, folder_->path(), plan, sink, EncodeDeadline(plan)));
  next_growth_ = Deadline::After(std::chrono::seconds(0));
  const bool has_to_begin = grows && growth_ && !growth_->has_begun();
  Result<void> still_ours;
  while (!co_await encode.WaitUntil(Deadline::After(Interval(has_to_begin)))) {
    const bool cancelled = co_await async::IsCancelled();
    if (cancelled) break;
    room_->OnStored(stored_bytes_ + sink.stored_bytes());
    still_ours = co_await Tell({.progress = share.begin + share.part * fraction,
                                .made = sink.Made(),
                                .has_beginning = sink.HasBeginning()},
                               grows);
    // Somebody else has the job, the video was deleted, or this leads nowhere: stop
    // heating the room.
    if (!still_ours && LeadsNowhere(still_ours.error())) break;
    still_ours = {};
  }
  const Result<media::EncodeSummary> summary = co_await encode.Stop();
  TT_CO_RETURN_IF_ERROR(still_ours);
  if (!summary) co_return std::unexpected(summary.error());
  summary_.cpu_seconds += summary->cpu_seconds;
  summary_.memory_bytes_max = std::max(summary_.memory_bytes_max, summary->memory_bytes_max);
  stored_bytes_ += sink.stored_bytes();
  TT_CO_RETURN_IF_ERROR(sink.Finish());
  co_return sink.Made();
}

std::chrono::milliseconds Attempt::Interval(bool has_to_begin) const {
  if (!has_to_begin || growth_->has_begun()) return options_.progress_interval;
  return std::min(options_.progress_interval, options_.beginning_interval);
}

async::Task<Result<void>> Attempt::Tell(Told told, bool grows) {
  TT_CO_RETURN_IF_ERROR(co_await with_.catalog.SetProgress(video().id, claimed_.output,
                                                           told.progress, CatalogDeadline()));
  if (!grows || !growth_ || !next_growth_.HasPassed()) co_return Result<void>();
  if (!growth_->has_begun() && !told.has_beginning) co_return Result<void>();
  next_growth_ = Deadline::After(options_.growth_interval);
  co_return co_await growth_->Publish(std::move(told.made));
}

// The last word about a source that can be watched without what could not be made.
async::Task<Result<void>> Attempt::DoWithoutLadder(const Error& cause) {
  const bool watchable = sound_ || (video().copy && video().copy->ShowsAll());
  if (!watchable || IsLost(cause) || cause.code() == ErrorCode::kCancelled ||
      !with_.jobs.IsFinal(claimed_, jobs::BlameOf(cause), cause)) {
    co_return std::unexpected(cause);
  }
  TT_CO_RETURN_IF_ERROR(co_await Publish(sound_.value_or(std::vector<Rendition>())));
  Log(Level::kWarning, "no other qualities can be made; the video is shown as it was uploaded",
      {{"video", video().id.text()}, {"error", cause.message()}});
  co_return Result<void>();
}

async::Task<Result<void>> Attempt::Publish(std::vector<Rendition> made) {
  media::Presentation presentation{.renditions = std::move(made)};
  std::vector<Rendition> heard_and_seen = presentation.renditions;
  std::ranges::move(ShownRenditions(), std::back_inserter(heard_and_seen));
  for (const Rendition& rendition : heard_and_seen) {
    presentation.duration_seconds =
        std::max(presentation.duration_seconds, media::DurationSeconds(rendition));
  }
  if (!ShowsSound()) MakeOneAudioDefault(presentation.renditions);
  if (plan_) {
    TT_CO_ASSIGN_OR_RETURN(presentation.has_poster, co_await StorePoster());
  }
  TT_CO_ASSIGN_OR_RETURN(const StoredPresentation stored, co_await StorePresentation(presentation));
  TT_CO_ASSIGN_OR_RETURN(const catalog::VideoRecord record,
                         co_await with_.catalog.Find(video().id, CatalogDeadline()));
  catalog::MediaFacts facts = record.row.facts;
  if (!shown_) facts.duration_seconds = presentation.duration_seconds;
  const catalog::Publication publication{
      .facts = facts,
      .renditions = FinishedRenditions(record.row.renditions, presentation.renditions),
      .digest = stored.digest,
      .has_poster = stored.has_poster,
      .copy = verdict_ == video().copy ? std::nullopt : verdict_,
      .output = output_,
      .extras_output = with_.jobs.NewOutput()};
  TT_CO_RETURN_IF_ERROR(
      co_await with_.catalog.Publish(video().id, claimed_.output, publication, CatalogDeadline()));
  claimed_.output = *publication.extras_output;
  co_await EndChunks();
  const auto silent = std::ranges::count_if(publication.renditions, [](const auto& rendition) {
    return rendition.kind == media::Kind::kAudio && rendition.codec.empty();
  });
  if (silent > 0) {
    Log(Level::kWarning, "sound tracks cannot be decoded and are left out",
        {{"video", video().id.text()}, {"tracks", silent}});
  }
  co_return Result<void>();
}

// First stored stays: an attempt that was lost may have come this far.
async::Task<Result<Attempt::StoredPresentation>> Attempt::StorePresentation(
    const media::Presentation& presentation) {
  const blob::BlobKey key{video().id, output_, std::string(media::kPresentationFile)};
  TT_CO_ASSIGN_OR_RETURN(
      const blob::Bytes json,
      co_await PutFirst(with_.store, key, blob::Bytes(manifest::PresentationToJson(presentation))));
  const auto stored = manifest::PresentationFromJson(json.Flatten());
  if (!stored || stored->renditions != presentation.renditions) {
    co_return Fail(ErrorCode::kAlreadyExists, "another presentation is stored already");
  }
  co_return StoredPresentation{.digest = blob::DigestOf(json), .has_poster = stored->has_poster};
}

// A video without a poster is still a video: false when there is none. But when
// pictures are shown as they are, this may be the only time that anybody decodes
// one: if not one can be, it is no video.
async::Task<Result<bool>> Attempt::StorePoster() {
  // A waveform takes all of the sound.
  const Deadline deadline = Deadline::After(plan_->video ? kPosterTimeout : kWaveformTimeout);
  Result<blob::Bytes> poster =
      co_await with_.encoder.MakePoster(source_, folder_->path(), *plan_, deadline);
  if (!poster && poster.error().code() == ErrorCode::kInvalidArgument && ShowsPictures()) {
    co_return std::unexpected(poster.error());
  }
  if (!poster) {
    Log(Level::kWarning, "no poster could be made",
        {{"video", video().id.text()}, {"error", poster.error().message()}});
    co_return false;
  }
  const blob::BlobKey key{video().id, output_, std::string(media::kPosterFile)};
  const auto stored = co_await PutFirst(with_.store, key, *std::move(poster));
  co_return stored.has_value();
}

std::vector<Rendition> Attempt::ShownRenditions() const {
  std::vector<Rendition> renditions;
  if (!shown_) return renditions;
  for (const packaging::SourcePlan::Track& track : source_plan_->tracks()) {
    if (std::ranges::count(shown_->tracks, track.source->header.id) != 0) {
      renditions.push_back(track.rendition);
    }
  }
  return renditions;
}

// The row as Publish() has left it names what the extras are made of.
async::Task<Result<void>> Attempt::MakeExtras() {
  TT_CO_ASSIGN_OR_RETURN(const catalog::VideoRecord record,
                         co_await with_.catalog.Find(video().id, CatalogDeadline()));
  TT_CO_ASSIGN_OR_RETURN(
      media::Presentation presentation,
      co_await extras::LoadPresentation(with_.store, record.row, StoreDeadline()));
  catalog::VideoExtras made;
  const DoingList::Entry doing(with_.doing, {.video = video().id, .work = chunks::Work::kExtras});
  if (plan_) {
    TT_CO_ASSIGN_OR_RETURN(
        made,
        co_await with_.extras.Make(
            {.video = record.row,
             .output = claimed_.output,
             .presentation = std::move(presentation),
             .shown = ShownRenditions(),
             .plan = *plan_,
             .source = source_,
             .ladder = {.plan = PicturesPlan(), .source = indexed_ ? indexed_->path : source_},
             .is_last_attempt = claimed_.job.setbacks >= kExtrasSetbacksMax}));
  }
  TT_CO_RETURN_IF_ERROR(
      co_await with_.catalog.FinishExtras(video().id, claimed_.output, made, CatalogDeadline()));
  with_.observer.OnExtrasDone(video().id, made);
  co_return Result<void>();
}

}  // namespace tritontube::transcode
