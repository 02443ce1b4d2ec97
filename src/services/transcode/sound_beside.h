#pragma once

#include <optional>
#include <vector>

#include "services/transcode/running_encode.h"
#include "services/transcode/segment_sink.h"
#include "services/transcode/worker_dependencies.h"

namespace tritontube::transcode {

// Sound that is made while others make the pictures. It is little work.
//
// Lives on one io_context.
class SoundBeside {
 public:
  // Where the original is, and room for the encoder.
  struct Files {
    std::filesystem::path source;
    std::filesystem::path scratch;
  };

  // `plan` has no pictures; it may have no sound either.
  SoundBeside(const WorkerDependencies& with, async::Executor executor,
              const SegmentSink::Place& place, const media::EncodePlan& plan, const Files& files,
              Deadline deadline)
      : sink_(with.store, place, plan, [this](double now) { fraction_ = now; }) {
    if (plan.output_count() == 0) return;
    doing_.emplace(with.doing, chunks::Doing{.video = place.video, .work = chunks::Work::kSound});
    encode_.emplace(executor,
                    with.encoder.Encode(files.source, files.scratch, plan, sink_, deadline));
  }

  // Waits until it has ended, at most until `deadline`. True when it has.
  async::Task<bool> WaitUntil(Deadline deadline) {
    if (!encode_) co_return true;
    const bool has_ended = co_await encode_->WaitUntil(deadline);
    if (has_ended) doing_.reset();
    co_return has_ended;
  }
  // What there is of it; nothing of a source whose sound cannot be decoded at all.
  async::Task<Result<std::vector<media::Rendition>>> Finish() {
    if (!encode_) co_return std::vector<media::Rendition>();
    const Result<media::EncodeSummary> ended = co_await encode_->Stop();
    if (IsNone(ended)) co_return std::vector<media::Rendition>();
    if (!ended) co_return std::unexpected(ended.error());
    summary_ = *ended;
    std::vector<media::Rendition> made = sink_.Made();
    MakeOneAudioDefault(made);
    co_return made;
  }

  const SegmentSink& sink() const { return sink_; }
  // Of the sound that there is.
  bool HasBeginning() const {
    return !encode_ || sink_.HasBeginning() || (encode_->result() && IsNone(*encode_->result()));
  }
  // Why it has ended before its end, if it has.
  std::optional<Error> failure() const {
    if (!encode_ || !encode_->result() || *encode_->result()) return std::nullopt;
    if (IsNone(*encode_->result())) return std::nullopt;
    return encode_->result()->error();
  }
  double fraction() const { return encode_ ? fraction_ : 1; }
  const media::EncodeSummary& summary() const { return summary_; }

 private:
  // None of it can be decoded: the video goes without.
  bool IsNone(const Result<media::EncodeSummary>& ended) const {
    return !ended && ended.error().code() == ErrorCode::kInvalidArgument && !sink_.HasBeginning();
  }

  SegmentSink sink_;
  std::optional<DoingList::Entry> doing_;
  std::optional<RunningEncode> encode_;
  media::EncodeSummary summary_;
  double fraction_ = 0;
};

}  // namespace tritontube::transcode
