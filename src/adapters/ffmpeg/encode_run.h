#pragma once

#include <optional>
#include <vector>

#include "adapters/ffmpeg/options.h"
#include "adapters/ffmpeg/progress.h"
#include "adapters/ffmpeg/segment_cutter.h"
#include "core/media/tools.h"
#include "foundation/async/event.h"
#include "transport/process/child_process.h"

namespace tritontube::ffmpeg {

// Takes one encoder's outputs from its pipes to the sink until it has ended.
//
// Every output is read by a task of its own, which waits for the sink before it
// reads on: what is held in memory is a segment per output, and a slow sink
// slows the encoder. A watchdog ends an encoder that is stuck.
class EncodeRun {
 public:
  EncodeRun(const FfmpegOptions& options, const media::EncodePlan& plan,
            process::ChildProcess& child, media::EncodeSink& sink);

  // Runs once. `cpu_max` is the limit that the child has. Errors: the sink's,
  // kCancelled, kDeadlineExceeded, or why the encoder failed.
  async::Task<Result<media::EncodeSummary>> Run(std::chrono::seconds cpu_max, Deadline deadline);

 private:
  async::Task<void> ReadOutput(std::size_t output);
  async::Task<Result<void>> PassOn(std::size_t output, const blob::Bytes& bytes);
  async::Task<void> ReadProgress();
  async::Task<void> WatchForStall();
  async::Task<void> AwaitEnd(Deadline deadline);

  void ReportProgress();
  // Keeps the first reason and ends the encoder.
  void Abandon(Error error);
  void SawActivity() { last_activity_ = Deadline::Clock::now(); }
  Result<void> CheckOutputs() const;

  const FfmpegOptions& options_;
  const media::EncodePlan& plan_;
  process::ChildProcess& child_;
  media::EncodeSink& sink_;

  std::vector<SegmentCutter> cutters_;
  ProgressReader progress_;
  double reported_fraction_ = 0;
  ByteCount memory_bytes_max_ = 0;
  Deadline::Clock::time_point last_activity_;
  int sink_calls_under_way_ = 0;
  async::Event ended_;
  std::optional<Error> abandoned_;
  std::optional<process::ExitStatus> status_;
};

}  // namespace tritontube::ffmpeg
