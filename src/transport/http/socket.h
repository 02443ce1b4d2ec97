#pragma once

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstddef>
#include <span>
#include <vector>

#include "base/deadline.h"
#include "base/error.h"
#include "foundation/async/task.h"

namespace tritontube::http {

using TcpSocket = async::asio::basic_stream_socket<async::asio::ip::tcp, async::Executor>;

// A client's socket with one deadline, which the listener's sweep enforces: one
// timer for all connections instead of one for each operation. Errors:
// kDeadlineExceeded, and kCancelled when the client went away or Abort() was
// called. Lives on one io_context.
class Socket {
 public:
  explicit Socket(TcpSocket socket) : socket_(std::move(socket)) {}

  // Holds for what is under way and what begins until the next call.
  void SetDeadline(Deadline deadline);
  // Ends what is under way when the deadline has passed.
  void Sweep(Deadline::Clock::time_point now);
  // Ends what is under way and lets nothing begin.
  void Abort();

  // At least one byte; 0 at the end.
  async::Task<Result<std::size_t>> ReadSome(std::span<std::byte> into);
  // All of `buffers`; fails when the client takes nothing for `stall_time`.
  async::Task<Result<void>> Write(std::vector<async::asio::const_buffer> buffers,
                                  std::chrono::milliseconds stall_time);
  // Returns when the client has hung up, or on cancellation. Bytes that wait to
  // be read hide a hang-up behind them.
  async::Task<void> WaitForHangUp();

  // The client sees the end; it may go on sending.
  void ShutdownSend();
  std::string RemoteAddress() const;

 private:
  Result<void> MayBegin() const;
  Error ErrorFor(const boost::system::error_code& code) const;

  TcpSocket socket_;
  Deadline deadline_ = Deadline::Never();
  bool expired_ = false;
  bool aborted_ = false;
};

}  // namespace tritontube::http
