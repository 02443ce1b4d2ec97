#include "app/observers.h"

#include <algorithm>
#include <array>

#include "foundation/telemetry/log.h"

namespace tritontube::app {

using telemetry::Level;
using telemetry::Log;

void RequestLog::OnRequest(const http::RequestRecord& record) {
  // Event streams are meant to last, and a transfer lasts as long as it is large.
  const bool slow = record.duration > slow_after_ && record.pattern != "/api/v1/events" &&
                    record.body_bytes_in + record.body_bytes_out == 0;
  const bool failed = record.status >= 500;
  const std::array<telemetry::Field, 9> fields{{{"request", record.id},
                                                {"remote", record.remote_address},
                                                {"method", record.method},
                                                {"path", record.path},
                                                {"status", record.status},
                                                {"duration_seconds", record.duration},
                                                {"bytes_in", record.body_bytes_in},
                                                {"bytes_out", record.body_bytes_out},
                                                {"error", record.error}}};
  const std::size_t shown = fields.size() - (record.error.empty() ? 1 : 0);
  Log({.level = failed || slow ? Level::kWarning : Level::kDebug,
       .message = failed ? "request failed"
                  : slow ? "request slow"
                         : "request",
       .fields = std::span(fields).first(shown)});
}

void ServerObservers::OnRequest(const http::RequestRecord& record) {
  for (http::ServerObserver* const observer : observers_) observer->OnRequest(record);
}

void ServerObservers::OnBegin(std::string_view pattern) {
  for (http::ServerObserver* const observer : observers_) observer->OnBegin(pattern);
}

void ServerObservers::OnConnection(int change) {
  for (http::ServerObserver* const observer : observers_) observer->OnConnection(change);
}

void ServerObservers::OnConnectionRefused() {
  for (http::ServerObserver* const observer : observers_) observer->OnConnectionRefused();
}

void JobLog::OnJobStarted(const VideoId& video) {
  {
    const std::lock_guard lock(mutex_);
    ++counts_.started;
  }
  Log(Level::kInfo, "job started", {{"video", video.text()}});
}

void JobLog::OnJobDone(const VideoId& video, double content_seconds,
                       const media::EncodeSummary& summary) {
  {
    const std::lock_guard lock(mutex_);
    ++counts_.done;
    counts_.content_seconds += content_seconds;
    counts_.cpu_seconds += summary.cpu_seconds;
    counts_.memory_bytes_max = std::max(counts_.memory_bytes_max, summary.memory_bytes_max);
  }
  Log(Level::kInfo, "job ended",
      {{"video", video.text()},
       {"content_seconds", content_seconds},
       {"cpu_seconds", summary.cpu_seconds},
       {"memory_bytes_max", summary.memory_bytes_max}});
}

void JobLog::OnChunkMade(const VideoId& video, std::uint32_t number,
                         const media::EncodeSummary& summary) {
  {
    const std::lock_guard lock(mutex_);
    ++counts_.chunks;
    counts_.cpu_seconds += summary.cpu_seconds;
    counts_.memory_bytes_max = std::max(counts_.memory_bytes_max, summary.memory_bytes_max);
  }
  Log(Level::kDebug, "chunk made",
      {{"video", video.text()},
       {"chunk", number + 1},
       {"cpu_seconds", summary.cpu_seconds},
       {"memory_bytes_max", summary.memory_bytes_max}});
}

void JobLog::OnExtrasDone(const VideoId& video, const catalog::VideoExtras& made) {
  Log(Level::kInfo, "extras made",
      {{"video", video.text()},
       {"storyboard_sheets", made.storyboard_sheets},
       {"captions", made.captions.size()}});
}

void JobLog::OnJobFailed(const VideoId& video, const Error& error, bool retried) {
  {
    const std::lock_guard lock(mutex_);
    ++(retried ? counts_.retried : counts_.failed);
  }
  Log(Level::kWarning, retried ? "job failed, will be tried again" : "job failed",
      {{"video", video.text()}, {"error", error.message()}});
}

JobCounts JobLog::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

}  // namespace tritontube::app
