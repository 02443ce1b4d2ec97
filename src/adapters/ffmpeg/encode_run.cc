#include "adapters/ffmpeg/encode_run.h"

#include <algorithm>

#include "adapters/ffmpeg/command.h"
#include "adapters/ffmpeg/explain.h"
#include "foundation/async/task_group.h"

namespace tritontube::ffmpeg {

namespace {

constexpr std::size_t kEncoderReadMax = 256U << 10U;

}  // namespace

EncodeRun::EncodeRun(const FfmpegOptions& options, const media::EncodePlan& plan,
                     process::ChildProcess& child, media::EncodeSink& sink)
    : options_(options),
      plan_(plan),
      child_(child),
      sink_(sink),
      cutters_(plan.output_count()),
      last_activity_(Deadline::Clock::now()) {}

async::Task<Result<media::EncodeSummary>> EncodeRun::Run(std::chrono::seconds cpu_max,
                                                         Deadline deadline) {
  std::vector<async::Task<void>> tasks;
  tasks.reserve(cutters_.size() + 3);
  for (std::size_t i = 0; i < cutters_.size(); ++i) tasks.push_back(ReadOutput(i));
  tasks.push_back(ReadProgress());
  tasks.push_back(WatchForStall());
  tasks.push_back(AwaitEnd(deadline));
  co_await async::RunAll(std::move(tasks));

  if (abandoned_) co_return std::unexpected(*std::move(abandoned_));
  if (!status_->ok()) {
    co_return std::unexpected(ExplainFailure(child_.error_text(), *status_, cpu_max));
  }
  TT_CO_RETURN_IF_ERROR(CheckOutputs());
  sink_.OnProgress(1);
  co_return media::EncodeSummary{.cpu_seconds = status_->cpu_seconds,
                                 .memory_bytes_max = memory_bytes_max_};
}

async::Task<void> EncodeRun::ReadOutput(std::size_t output) {
  const int pipe = kFirstOutputPipe + static_cast<int>(output);
  while (!abandoned_) {
    const auto bytes = co_await child_.ReadPipe(pipe, kEncoderReadMax);
    if (!bytes) co_return Abandon(bytes.error());
    if (!*bytes) co_return;
    SawActivity();
    const Result<void> passed = co_await PassOn(output, **bytes);
    if (!passed) co_return Abandon(passed.error());
  }
}

async::Task<Result<void>> EncodeRun::PassOn(std::size_t output, const blob::Bytes& bytes) {
  TT_CO_ASSIGN_OR_RETURN(std::vector<SegmentCutter::Piece> pieces, cutters_[output].Push(bytes));
  for (SegmentCutter::Piece& piece : pieces) {
    ++sink_calls_under_way_;
    const Result<void> taken = piece.is_init
                                   ? co_await sink_.OnInit(output, std::move(piece.bytes))
                                   : co_await sink_.OnSegment(output, std::move(piece.bytes));
    --sink_calls_under_way_;
    SawActivity();
    TT_CO_RETURN_IF_ERROR(taken);
  }
  co_return Result<void>();
}

async::Task<void> EncodeRun::ReadProgress() {
  for (;;) {
    const auto bytes = co_await child_.ReadPipe(kProgressPipe, kEncoderReadMax);
    if (!bytes || !*bytes) co_return;
    const std::int64_t frame = progress_.frame();
    const std::int64_t out_time = progress_.out_time_microseconds();
    progress_.Push((*bytes)->Flatten());
    // ffmpeg repeats the same numbers when it is stuck.
    if (progress_.frame() > frame || progress_.out_time_microseconds() > out_time) SawActivity();
    ReportProgress();
    memory_bytes_max_ = std::max(memory_bytes_max_, child_.PeakMemory());
  }
}

void EncodeRun::ReportProgress() {
  const double fraction = FractionMade(plan_, progress_);
  if (fraction <= reported_fraction_) return;
  reported_fraction_ = fraction;
  sink_.OnProgress(fraction);
}

async::Task<void> EncodeRun::WatchForStall() {
  while (ended_.count() == 0 && !co_await async::IsCancelled()) {
    // A sink that takes its time is no fault of the encoder's.
    if (sink_calls_under_way_ > 0) SawActivity();
    const Deadline patience = Deadline::At(last_activity_ + options_.stall_time_max);
    if (patience.HasPassed()) {
      co_return Abandon(Error(
          ErrorCode::kInternal,
          fmt::format(
              "the converter made no progress for {} seconds and was stopped",
              std::chrono::duration_cast<std::chrono::seconds>(options_.stall_time_max).count())));
    }
    co_await ended_.WaitBeyond(0, patience);
  }
}

async::Task<void> EncodeRun::AwaitEnd(Deadline deadline) {
  const auto ended = co_await child_.Wait(deadline);
  if (ended) {
    status_ = *ended;
  } else {
    Abandon(ended.error());
  }
  ended_.Notify();
}

void EncodeRun::Abandon(Error error) {
  if (!abandoned_) abandoned_ = std::move(error);
  child_.Kill();
}

Result<void> EncodeRun::CheckOutputs() const {
  std::size_t segment_count = 0;
  const std::size_t rung_count = plan_.video ? plan_.video->rungs.size() : 0;
  for (std::size_t i = 0; i < cutters_.size(); ++i) {
    TT_RETURN_IF_ERROR(cutters_[i].Finish());
    segment_count += cutters_[i].segment_count();
    if (i < rung_count && cutters_[i].segment_count() == 0) {
      return Fail(ErrorCode::kInvalidArgument, "not one of its pictures could be decoded");
    }
  }
  if (segment_count == 0) {
    return Fail(ErrorCode::kInvalidArgument, "none of its sound could be decoded");
  }
  return {};
}

}  // namespace tritontube::ffmpeg
