#include "foundation/telemetry/log.h"

#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <mutex>

#include "base/assert.h"

namespace tritontube::telemetry {

namespace {

// A line is at most a few KiB, so the queue at most some tens of MiB.
constexpr std::size_t kQueuedLinesMax = 8192;

// Where lines go.
class Writer {
 public:
  Writer(Level level, bool json) : level_(level), json_(json) {}
  virtual ~Writer() = default;

  void Write(const Event& event) {
    if (event.level < level_) return;
    const WallTime now = SystemClock().WallNow();
    WriteLine(json_ ? FormatJson(event, now) : FormatText(event, now));
  }
  virtual void Flush() = 0;

 private:
  virtual void WriteLine(const std::string& line) = 0;

  const Level level_;
  const bool json_;
};

std::shared_ptr<spdlog::sinks::sink> StandardError() {
  auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  sink->set_pattern("%v");
  return sink;
}

// Writes each line before it returns.
class PlainWriter final : public Writer {
 public:
  PlainWriter() : Writer(Level::kInfo, false), logger_("tritontube", StandardError()) {}
  void Flush() override { logger_.flush(); }

 private:
  // The text is an argument: it is no format.
  void WriteLine(const std::string& line) override { logger_.info("{}", line); }

  spdlog::logger logger_;
};

class QueuedWriter final : public Writer {
 public:
  QueuedWriter(Level level, bool json)
      : Writer(level, json),
        pool_(std::make_shared<spdlog::details::thread_pool>(kQueuedLinesMax, 1)),
        logger_(std::make_shared<spdlog::async_logger>(
            "tritontube", StandardError(), pool_, spdlog::async_overflow_policy::overrun_oldest)) {}
  ~QueuedWriter() override { Flush(); }

  // The pool writes what it has before it ends. What is logged afterwards is
  // written as it comes.
  void Flush() override {
    std::shared_ptr<spdlog::details::thread_pool> pool;
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
      pool.swap(pool_);
    }
  }

  std::uint64_t dropped_count() const {
    const std::lock_guard lock(mutex_);
    return pool_ ? pool_->overrun_counter() : 0;
  }
  QueueLoad load() const {
    const std::lock_guard lock(mutex_);
    return {.depth = pool_ ? pool_->queue_size() : 0, .limit = kQueuedLinesMax};
  }

 private:
  void WriteLine(const std::string& line) override {
    if (ended_) return plain_.info("{}", line);
    logger_->info("{}", line);
  }

  std::atomic<bool> ended_ = false;
  mutable std::mutex mutex_;
  std::shared_ptr<spdlog::details::thread_pool> pool_;
  const std::shared_ptr<spdlog::async_logger> logger_;
  spdlog::logger plain_{"tritontube", StandardError()};
};

class CapturingWriter final : public Writer {
 public:
  CapturingWriter() : Writer(Level::kDebug, false) {}
  void Flush() override {}
  std::vector<std::string> lines() const {
    const std::lock_guard lock(mutex_);
    return lines_;
  }

 private:
  void WriteLine(const std::string& line) override {
    const std::lock_guard lock(mutex_);
    lines_.push_back(line);
  }

  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

std::atomic<Writer*> current = nullptr;

Writer& Current() {
  // Never destroyed: a thread may log while the process ends.
  static Writer& plain = *new PlainWriter;
  Writer* const writer = current.load();
  return writer != nullptr ? *writer : plain;
}

void Install(Writer& writer) {
  Writer* none = nullptr;
  const bool installed = current.compare_exchange_strong(none, &writer);
  TT_ASSERT(installed, "two logs at a time");
}

bool WantsJson(LogFormat format) {
  return format == LogFormat::kJson || (format == LogFormat::kAuto && isatty(STDERR_FILENO) == 0);
}

}  // namespace

void Log(const Event& event) { Current().Write(event); }

void Log(Level level, std::string_view message, std::initializer_list<Field> fields) {
  Log({.level = level, .message = message, .fields = fields});
}

void FlushLog() { Current().Flush(); }

class LogSession::Impl {
 public:
  explicit Impl(const LogOptions& options) : writer(options.level, WantsJson(options.format)) {
    Install(writer);
  }
  ~Impl() { current = nullptr; }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  QueuedWriter writer;
};

LogSession::LogSession(const LogOptions& options) : impl_(std::make_unique<Impl>(options)) {}
LogSession::~LogSession() = default;
std::uint64_t LogSession::dropped_count() const { return impl_->writer.dropped_count(); }
QueueLoad LogSession::load() const { return impl_->writer.load(); }

class LogCapture::Impl {
 public:
  Impl() { Install(writer); }
  ~Impl() { current = nullptr; }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  CapturingWriter writer;
};

LogCapture::LogCapture() : impl_(std::make_unique<Impl>()) {}
LogCapture::~LogCapture() = default;
std::vector<std::string> LogCapture::lines() const { return impl_->writer.lines(); }

std::string LogCapture::Find(std::initializer_list<std::string_view> parts) const {
  for (const std::string& line : lines()) {
    const bool has_all = std::ranges::all_of(
        parts, [&](std::string_view part) { return line.find(part) != std::string::npos; });
    if (has_all) return line;
  }
  return {};
}

}  // namespace tritontube::telemetry
