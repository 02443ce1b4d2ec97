#include <algorithm>
#include <utility>

#include "foundation/async/shielded.h"
#include "foundation/async/sleep.h"
#include "foundation/telemetry/log.h"
#include "services/transcode/attempt.h"
#include "services/transcode/attempt_limits.h"
#include "services/transcode/sound_beside.h"
#include "services/transcode/stored_file.h"

// The part of an attempt whose pictures are made by many.
namespace tritontube::transcode {

using media::Rendition;
using telemetry::Level;
using telemetry::Log;

namespace {

// Other than that Coordination does not answer for a while.
bool IsLastWord(const Error& error) {
  return DoesNotContinue(error) || jobs::BlameOf(error) != jobs::Blame::kMachine;
}

}  // namespace

media::EncodePlan Attempt::PicturesPlan() const {
  media::EncodePlan pictures = *plan_;
  if (indexed_) pictures = indexed_->plan;
  if (shown_) pictures = beside_.ladder;
  pictures.audio.clear();
  return pictures;
}

media::EncodePlan Attempt::SoundPlan() const {
  media::EncodePlan sound = indexed_ ? indexed_->plan : *plan_;
  sound.video.reset();
  if (shown_) sound.audio.clear();
  return sound;
}

// What broke the tool once may have been that it did not begin at the beginning; unless it was
// something else, and the chunks are there.
async::Task<Result<void>> Attempt::ChooseChunks() {
  if (claimed_.job.attempts > 0) {
    TT_CO_ASSIGN_OR_RETURN(const bool are_good, co_await HasGoodChunks());
    if (!are_good) co_return Result<void>();
  }
  chunks_ = planning::PlanChunks(PicturesPlan());
  if (chunks_.empty()) co_return Result<void>();
  if (!claimed_.growth && !claimed_.chunks) claimed_.chunks = with_.jobs.NewOutput();
  claimed_.chunks = claimed_.place();
  if (plan_->remux_first && !claimed_.indexed) claimed_.indexed = with_.jobs.NewOutput();
  co_return co_await with_.catalog.BeginChunks(video().id, claimed_.output, *claimed_.chunks,
                                               claimed_.indexed, CatalogDeadline());
}

// Some are posted, and none has failed. Those of a set with one that has are removed.
async::Task<Result<bool>> Attempt::HasGoodChunks() {
  if (!claimed_.chunks) co_return false;
  TT_CO_ASSIGN_OR_RETURN(
      const chunks::ChunkRows found,
      co_await with_.chunks.Rows(video().id, *claimed_.chunks, CatalogDeadline()));
  const bool has_failed = std::ranges::any_of(
      found.rows, [](const chunks::ChunkRow& row) { return row.failure.has_value(); });
  if (has_failed) co_await EndChunks();
  co_return !has_failed && !found.rows.empty();
}

// Of this attempt, and of those before.
async::Task<void> Attempt::EndChunks() {
  const std::optional<UploadId> set =
      video().presentation ? video().presentation->output : claimed_.chunks;
  if (!set) co_return;
  Ignore(co_await async::Shielded(with_.chunks.Remove(video().id, *set, CatalogDeadline())),
         "what is forgotten is swept away later");
}

// What chunks are made of. Without an index a chunk could not be found in the original: then it is
// a copy that has one, stored like an original until the video is ready.
async::Task<Result<ChunkOrder>> Attempt::OrderChunks() {
  if (!claimed_.indexed) {
    co_return ChunkOrder{
        .source = video().upload, .source_bytes = video().source->size, .plan = PicturesPlan()};
  }
  TT_CO_ASSIGN_OR_RETURN(indexed_, co_await with_.encoder.Index(source_, folder_->path(), *plan_,
                                                                EncodeDeadline(*plan_)));
  summary_.cpu_seconds += indexed_->cpu_seconds;
  TT_CO_ASSIGN_OR_RETURN(const ByteCount bytes,
                         co_await StoreFile(with_.scratch, with_.store, indexed_->path,
                                            {video().id, *claimed_.indexed}));
  co_return ChunkOrder{.source = *claimed_.indexed, .source_bytes = bytes, .plan = PicturesPlan()};
}

// Pictures by whoever has time, and the sound here meanwhile.
async::Task<Result<std::vector<Rendition>>> Attempt::MakeInChunks(bool grows, Share share) {
  TT_CO_ASSIGN_OR_RETURN(ChunkOrder order, co_await OrderChunks());
  chunked_.emplace(with_, video(), output_, std::move(order));
  TT_CO_RETURN_IF_ERROR(co_await chunked_->Begin(chunks_));
  Log(Level::kInfo, "the pictures are made in chunks",
      {{"video", video().id.text()}, {"chunks", chunks_.size()}, {"made", chunked_->fraction()}});
  SoundBeside beside(with_, co_await async::asio::this_coro::executor, {video().id, output_},
                     SoundPlan(), {indexed_ ? indexed_->path : source_, folder_->path()},
                     EncodeDeadline(*plan_));
  const Result<void> gathered = co_await Gather(beside, grows, share);
  Result<std::vector<Rendition>> heard = co_await beside.Finish();
  // The video was deleted, or made in one go next time: the others need not go on.
  const bool is_void = !gathered && gathered.error().code() == ErrorCode::kNotFound;
  if (is_void || chunked_->has_failed()) co_await EndChunks();
  TT_CO_RETURN_IF_ERROR(gathered);
  if (!heard) co_return std::unexpected(heard.error());
  summary_.cpu_seconds += beside.summary().cpu_seconds;
  stored_bytes_ += beside.sink().stored_bytes() + chunked_->stored_bytes();
  std::vector<Rendition> made = chunked_->made();
  std::ranges::move(*heard, std::back_inserter(made));
  co_return made;
}

// Until all of it is there. Pictures and sound come to their ends in whatever order.
async::Task<Result<void>> Attempt::Gather(SoundBeside& sound, bool grows, Share share) {
  next_growth_ = Deadline::After(std::chrono::seconds(0));
  const bool has_to_begin = grows && growth_ && !growth_->has_begun();
  for (bool is_heard = false; !is_heard || !chunked_->is_done();) {
    const Deadline deadline = Deadline::After(Interval(has_to_begin));
    if (!chunked_->is_done()) {
      const Result<void> waited = co_await chunked_->Wait(deadline);
      if (!waited && IsLastWord(waited.error())) co_return waited;
      if (!waited) co_await async::SleepUntil(deadline);
      is_heard = co_await sound.WaitUntil(Deadline::After(std::chrono::seconds(0)));
    } else {
      is_heard = co_await sound.WaitUntil(deadline);
    }
    const bool cancelled = co_await async::IsCancelled();
    if (cancelled) co_return Fail(ErrorCode::kCancelled, "the work was stopped");
    // Nobody would hear how it goes on.
    if (const auto failure = sound.failure()) co_return std::unexpected(*failure);
    room_->OnStored(stored_bytes_ + sound.sink().stored_bytes() + chunked_->stored_bytes());
    std::vector<Rendition> made = chunked_->made();
    const bool has_beginning = !made.empty() && sound.HasBeginning();
    std::ranges::move(sound.sink().Made(), std::back_inserter(made));
    const double part = sound.fraction() * kSoundPart + chunked_->fraction() * (1 - kSoundPart);
    const Result<void> still_ours = co_await Tell({.progress = share.begin + share.part * part,
                                                   .made = std::move(made),
                                                   .has_beginning = has_beginning},
                                                  grows);
    // Somebody else has the job, the video was deleted, or this leads nowhere.
    if (!still_ours && LeadsNowhere(still_ours.error())) co_return still_ours;
  }
  co_return Result<void>();
}

}  // namespace tritontube::transcode
