#pragma once

#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include "base/queue_load.h"
#include "foundation/telemetry/event.h"

namespace tritontube::telemetry {

// Writes one line to the log of this process:
//   Log(Level::kWarning, "upload broken off", {{"video", id.text()}, {"bytes", size}});
// Any thread; does not wait. The log is where standard error is: one for the
// process, so nobody has to hand it around.
void Log(Level level, std::string_view message, std::initializer_list<Field> fields = {});
void Log(const Event& event);

enum class LogFormat : std::uint8_t {
  kAuto,  // Text on a terminal, else JSON.
  kText,
  kJson,
};

struct LogOptions {
  LogFormat format = LogFormat::kAuto;
  Level level = Level::kInfo;  // What is less is not written.
};

// The log of a server: while it lives, lines go to standard error through a
// bounded queue and a thread of its own, so that a reader who stops reading
// costs the oldest lines and never holds up a request. Without one, lines are
// written as they come, as text.
//
// At most one at a time; outlives the threads that log.
class LogSession {
 public:
  explicit LogSession(const LogOptions& options);
  // Writes what is queued.
  ~LogSession();
  LogSession(const LogSession&) = delete;
  LogSession& operator=(const LogSession&) = delete;

  // Lines that were given up because the queue was full.
  std::uint64_t dropped_count() const;
  QueueLoad load() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// Writes what is queued, at once and for good: before an abort.
void FlushLog();

// Hands the lines to a test instead, as text, of every level.
class LogCapture {
 public:
  LogCapture();
  ~LogCapture();
  LogCapture(const LogCapture&) = delete;
  LogCapture& operator=(const LogCapture&) = delete;

  std::vector<std::string> lines() const;
  // The first line that has all of `parts`; empty when there is none.
  std::string Find(std::initializer_list<std::string_view> parts) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tritontube::telemetry
