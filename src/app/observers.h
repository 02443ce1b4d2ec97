#pragma once

#include <vector>

#include "services/transcode/transcode_worker.h"
#include "transport/http/server.h"

namespace tritontube::app {

// One line per request that failed here or took long; the others are traffic,
// and told at the level of debugging only.
class RequestLog final : public http::ServerObserver {
 public:
  explicit RequestLog(std::chrono::milliseconds slow_after) : slow_after_(slow_after) {}
  void OnRequest(const http::RequestRecord& record) override;

 private:
  const std::chrono::milliseconds slow_after_;
};

// Tells several observers of a server.
class ServerObservers final : public http::ServerObserver {
 public:
  explicit ServerObservers(std::vector<http::ServerObserver*> observers)
      : observers_(std::move(observers)) {}
  void OnRequest(const http::RequestRecord& record) override;
  void OnBegin(std::string_view pattern) override;
  void OnConnection(int change) override;
  void OnConnectionRefused() override;

 private:
  const std::vector<http::ServerObserver*> observers_;
};

// What the transcodes of this process came to since its start.
struct JobCounts {
  std::uint64_t started = 0;
  std::uint64_t done = 0;
  std::uint64_t retried = 0;
  std::uint64_t failed = 0;
  std::uint64_t chunks = 0;  // Of pictures, made here for videos of any server.
  double content_seconds = 0;
  double cpu_seconds = 0;
  ByteCount memory_bytes_max = 0;  // Of the largest one.
};

// One line, and one count, per turn in the life of a job.
class JobLog final : public transcode::WorkerObserver {
 public:
  void OnJobStarted(const VideoId& video) override;
  void OnJobDone(const VideoId& video, double content_seconds,
                 const media::EncodeSummary& summary) override;
  void OnChunkMade(const VideoId& video, std::uint32_t number,
                   const media::EncodeSummary& summary) override;
  void OnExtrasDone(const VideoId& video, const catalog::VideoExtras& made) override;
  void OnJobFailed(const VideoId& video, const Error& error, bool retried) override;

  // Any thread.
  JobCounts counts() const;

 private:
  mutable std::mutex mutex_;
  JobCounts counts_;
};

}  // namespace tritontube::app
