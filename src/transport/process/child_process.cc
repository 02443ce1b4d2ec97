#include "transport/process/child_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <fstream>

#include "base/assert.h"
#include "foundation/async/with_timeout.h"
#include "transport/process/file_descriptor.h"

namespace tritontube::process {

namespace {

using async::kUseTask;

constexpr std::size_t kErrorHeadMax = 16U << 10U;
constexpr std::size_t kErrorTailMax = 48U << 10U;

double Seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

ChildProcess::ChildProcess(pid_t id, Descriptor end_event, Descriptor errors,
                           std::map<int, Descriptor> pipes)
    : id_(id),
      end_event_(std::move(end_event)),
      errors_(std::move(errors)),
      pipes_(std::move(pipes)),
      error_text_(kErrorHeadMax, kErrorTailMax) {}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : id_(std::exchange(other.id_, 0)),
      end_event_(std::move(other.end_event_)),
      errors_(std::move(other.errors_)),
      pipes_(std::move(other.pipes_)),
      error_text_(std::move(other.error_text_)),
      status_(other.status_) {}

ChildProcess::~ChildProcess() {
  if (id_ == 0) return;
  Kill();
  Reap(0);
}

void ChildProcess::Kill() {
  // Its id is its session's and group's; it is not given to another process
  // before it is reaped.
  if (id_ != 0) ::kill(-id_, SIGKILL);
}

std::optional<ExitStatus> ChildProcess::Reap(int options) {
  int wait_status = 0;
  rusage usage = {};
  pid_t reaped = 0;
  do {
    reaped = ::wait4(id_, &wait_status, options, &usage);
  } while (reaped < 0 && errno == EINTR);
  if (reaped == 0) return std::nullopt;
  TT_ASSERT(reaped == id_, "somebody else waited for our child {}", id_);
  id_ = 0;
  ExitStatus status;
  if (WIFEXITED(wait_status)) status.exit_code = WEXITSTATUS(wait_status);
  if (WIFSIGNALED(wait_status)) status.signal = WTERMSIG(wait_status);
  status.cpu_seconds = Seconds(usage.ru_utime) + Seconds(usage.ru_stime);
  return status;
}

async::Task<Result<std::optional<blob::Bytes>>> ChildProcess::ReadPipe(int descriptor,
                                                                       std::size_t size_max) {
  const auto pipe = pipes_.find(descriptor);
  TT_ASSERT(pipe != pipes_.end(), "descriptor {} is not a pipe of this child", descriptor);
  auto buffer = std::make_shared_for_overwrite<std::byte[]>(size_max);
  const auto [error, size] =
      co_await pipe->second.async_read_some(async::asio::buffer(buffer.get(), size_max), kUseTask);
  if (error == async::asio::error::eof) co_return std::nullopt;
  if (error == async::asio::error::operation_aborted) {
    co_return Fail(ErrorCode::kCancelled, "the work was stopped");
  }
  if (error) co_return Fail(ErrorCode::kInternal, "reading a pipe: {}", error.message());
  const std::span<const std::byte> bytes(buffer.get(), size);
  co_return blob::Bytes(std::move(buffer), bytes);
}

async::Task<void> ChildProcess::TakeErrors() {
  co_await async::asio::this_coro::throw_if_cancelled(false);
  std::array<char, 4096> buffer;
  while (!co_await async::IsCancelled()) {
    const auto [error, size] =
        co_await errors_.async_read_some(async::asio::buffer(buffer), kUseTask);
    if (error) break;
    error_text_.Append({buffer.data(), size});
  }
  // Not the end of the wait: the child may close its errors and go on.
  if (!co_await async::IsCancelled()) co_await AwaitEnd();
}

async::Task<void> ChildProcess::AwaitEnd() {
  co_await async::asio::this_coro::throw_if_cancelled(false);
  const auto waited = co_await end_event_.async_wait(Descriptor::wait_read, kUseTask);
  Ignore(waited, "cancelled or ended: the caller looks");
}

async::Task<Result<void>> ChildProcess::TakeErrorsUntilEnd() {
  using namespace async::asio::experimental::awaitable_operators;
  co_await (AwaitEnd() || TakeErrors());
  if (co_await async::IsCancelled()) co_return Fail(ErrorCode::kCancelled, "the work was stopped");
  // What it printed last is still in the pipe.
  std::array<char, 4096> buffer;
  boost::system::error_code error;
  while (const std::size_t size = errors_.read_some(async::asio::buffer(buffer), error)) {
    error_text_.Append({buffer.data(), size});
  }
  co_return Result<void>();
}

async::Task<Result<ExitStatus>> ChildProcess::Wait(Deadline deadline) {
  if (status_) co_return *status_;
  const Result<void> ended = co_await async::WithTimeout(deadline, TakeErrorsUntilEnd());
  if (!ended) {
    Kill();
    co_return std::unexpected(ended.error());
  }
  Kill();  // What it had started and left behind.
  status_ = Reap(WNOHANG);
  if (!status_) co_return Fail(ErrorCode::kInternal, "a child process ended and did not end");
  co_return *status_;
}

ByteCount ChildProcess::PeakMemory() const {
  if (id_ == 0) return 0;
  std::ifstream status(fmt::format("/proc/{}/status", id_));
  constexpr std::string_view kPeak = "VmHWM:";
  for (std::string line; std::getline(status, line);) {
    if (!line.starts_with(kPeak)) continue;
    const std::size_t digits = line.find_first_of("0123456789");
    ByteCount kibibytes = 0;
    if (digits != std::string::npos) {
      std::from_chars(line.data() + digits, line.data() + line.size(), kibibytes);
    }
    return kibibytes << 10U;
  }
  return 0;
}

}  // namespace tritontube::process
