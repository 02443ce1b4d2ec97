#pragma once

#include <optional>
#include <utility>

#include "core/media/tools.h"
#include "foundation/async/event.h"
#include "foundation/async/task_group.h"

namespace tritontube::transcode {

// An encode that runs beside the task that watches it.
class RunningEncode {
 public:
  RunningEncode(async::Executor executor, async::Task<Result<media::EncodeSummary>> encode)
      : group_(executor) {
    group_.Spawn(Run(std::move(encode)));
  }

  // Waits until it has ended, at most until `deadline`. True when it has.
  async::Task<bool> WaitUntil(Deadline deadline) {
    const auto seen = ended_.count();
    if (!result_) co_await ended_.WaitBeyond(seen, deadline);
    co_return result_.has_value();
  }
  // Once it has ended.
  const std::optional<Result<media::EncodeSummary>>& result() const { return result_; }
  async::Task<Result<media::EncodeSummary>> Stop() {
    co_await group_.Stop();
    if (result_) co_return *std::move(result_);
    co_return Fail(ErrorCode::kCancelled, "the work was stopped");
  }

 private:
  async::Task<void> Run(async::Task<Result<media::EncodeSummary>> encode) {
    result_ = co_await std::move(encode);
    ended_.Notify();
  }

  async::TaskGroup group_;
  async::Event ended_;
  std::optional<Result<media::EncodeSummary>> result_;
};

}  // namespace tritontube::transcode
