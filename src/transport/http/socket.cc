#include "transport/http/socket.h"

#include <sys/socket.h>

#include <algorithm>

#include "foundation/async/sleep.h"

namespace tritontube::http {

namespace asio = async::asio;

namespace {

// What one sendmsg() of Asio takes.
constexpr std::size_t kBuffersPerWrite = 64;

// Takes `count` bytes off the front.
void Advance(std::span<asio::const_buffer>& rest, std::size_t count) {
  while (!rest.empty() && count >= rest.front().size()) {
    count -= rest.front().size();
    rest = rest.subspan(1);
  }
  if (!rest.empty()) rest.front() += count;
}

}  // namespace

void Socket::SetDeadline(Deadline deadline) {
  deadline_ = deadline;
  expired_ = false;
}

void Socket::Sweep(Deadline::Clock::time_point now) {
  if (!deadline_.HasPassed(now)) return;
  expired_ = true;
  boost::system::error_code ignored;
  socket_.cancel(ignored);
}

void Socket::Abort() {
  aborted_ = true;
  boost::system::error_code ignored;
  socket_.cancel(ignored);
}

Result<void> Socket::MayBegin() const {
  if (aborted_) return Fail(ErrorCode::kCancelled, "the server stops");
  return {};
}

Error Socket::ErrorFor(const boost::system::error_code& code) const {
  if (code == asio::error::operation_aborted && expired_) {
    return {ErrorCode::kDeadlineExceeded, "the client is too slow"};
  }
  if (code == asio::error::operation_aborted) return {ErrorCode::kCancelled, "the server stops"};
  return {ErrorCode::kCancelled, fmt::format("the client went away: {}", code.message())};
}

async::Task<Result<std::size_t>> Socket::ReadSome(std::span<std::byte> into) {
  TT_CO_RETURN_IF_ERROR(MayBegin());
  const auto [error, count] =
      co_await socket_.async_read_some(asio::buffer(into.data(), into.size()), async::kUseTask);
  if (error == asio::error::eof) co_return 0;
  if (error) co_return std::unexpected(ErrorFor(error));
  co_return count;
}

// Asio's own async_write would send 64 KiB at a time.
async::Task<Result<void>> Socket::Write(std::vector<asio::const_buffer> buffers,
                                        std::chrono::milliseconds stall_time) {
  std::span<asio::const_buffer> rest(buffers);
  Advance(rest, 0);
  while (!rest.empty()) {
    TT_CO_RETURN_IF_ERROR(MayBegin());
    SetDeadline(Deadline::After(stall_time));
    const std::span<const asio::const_buffer> now =
        rest.first(std::min(rest.size(), kBuffersPerWrite));
    const auto [error, count] = co_await socket_.async_write_some(now, async::kUseTask);
    if (error) co_return std::unexpected(ErrorFor(error));
    Advance(rest, count);
  }
  SetDeadline(Deadline::Never());
  co_return Result<void>();
}

async::Task<void> Socket::WaitForHangUp() {
  const auto [error] = co_await socket_.async_wait(TcpSocket::wait_read, async::kUseTask);
  if (error) co_return;
  char byte = 0;
  const ssize_t count = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  if (count > 0) co_await async::SleepUntil(Deadline::Never());
}

void Socket::ShutdownSend() {
  boost::system::error_code ignored;
  socket_.shutdown(TcpSocket::shutdown_send, ignored);
}

std::string Socket::RemoteAddress() const {
  boost::system::error_code error;
  const auto endpoint = socket_.remote_endpoint(error);
  return error ? std::string() : endpoint.address().to_string();
}

}  // namespace tritontube::http
