#include "transport/http/listener.h"

#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/detail/socket_option.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>

#include "foundation/async/sleep.h"
#include "transport/http/problem.h"

namespace tritontube::http {

namespace asio = async::asio;

namespace {

using ReusePort = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

// How long to wait when the process has no file descriptor left.
constexpr std::chrono::milliseconds kAcceptPause{100};

enum class Sharing : std::uint8_t { kNo, kYes };

std::unexpected<Error> CannotListen(const asio::ip::tcp::endpoint& endpoint,
                                    const boost::system::error_code& error) {
  const ErrorCode code = error == asio::error::address_in_use  ? ErrorCode::kAlreadyExists
                         : error == asio::error::access_denied ? ErrorCode::kPermissionDenied
                                                               : ErrorCode::kUnavailable;
  return Fail(code, "cannot listen on {} port {}: {}; {}", endpoint.address().to_string(),
              endpoint.port(), error.message(),
              code == ErrorCode::kAlreadyExists ? "stop who has it, or choose another port"
                                                : "choose another address or port");
}

Result<TcpAcceptor> Bind(async::Executor executor, const asio::ip::tcp::endpoint& endpoint,
                         Sharing sharing) {
  TcpAcceptor acceptor(executor);
  boost::system::error_code error;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(TcpAcceptor::reuse_address(true), error);
  if (!error) acceptor.set_option(ReusePort(sharing == Sharing::kYes), error);
  if (!error) acceptor.bind(endpoint, error);
  if (error) return CannotListen(endpoint, error);
  return acceptor;
}

std::chrono::milliseconds SweepPeriod(const ServerLimits& limits) {
  const auto shortest = std::min({limits.idle_time, limits.head_time, limits.body_window,
                                  limits.write_stall_time, limits.linger_time});
  return std::clamp(shortest / 4, std::chrono::milliseconds(5), std::chrono::milliseconds(1000));
}

}  // namespace

Result<TcpAcceptor> Listen(async::Executor executor, const asio::ip::tcp::endpoint& endpoint) {
  TT_ASSIGN_OR_RETURN(TcpAcceptor acceptor, Bind(executor, endpoint, Sharing::kYes));
  boost::system::error_code error;
  acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) return CannotListen(endpoint, error);
  return acceptor;
}

Result<void> RequireFree(async::Executor executor, const asio::ip::tcp::endpoint& endpoint) {
  TT_RETURN_IF_ERROR(Bind(executor, endpoint, Sharing::kNo));
  return {};
}

Listener::Listener(TcpAcceptor acceptor, ServerContext& context)
    : acceptor_(std::move(acceptor)),
      context_(context),
      serving_(acceptor_.get_executor()),
      housekeeping_(acceptor_.get_executor()) {}

void Listener::Start() {
  housekeeping_.Spawn(SweepConnections());
  serving_.Spawn(Accept());
}

async::Task<void> Listener::Accept() {
  while (!stopping_) {
    auto [error, socket] = co_await acceptor_.async_accept(async::kUseTask);
    if (stopping_) co_return;
    if (error == asio::error::connection_aborted) continue;
    if (error) {
      co_await async::Sleep(kAcceptPause);
      continue;
    }
    if (context_.connection_count >= context_.options.limits.connections_max) {
      TurnAway(std::move(socket));
    } else {
      serving_.Spawn(Serve(std::move(socket)));
    }
  }
}

void Listener::TurnAway(TcpSocket socket) const {
  const Response response = ProblemFor(
      Error(ErrorCode::kUnavailable, "the server has too many connections; try again soon"));
  const auto& body = std::get<blob::Bytes>(response.body);
  const std::string text =
      FormatHead(response, body.size(), {.keep_alive = false}) + body.Flatten();
  boost::system::error_code ignored;
  socket.non_blocking(true, ignored);
  socket.write_some(asio::buffer(text), ignored);
  socket.shutdown(TcpSocket::shutdown_send, ignored);
  if (context_.options.observer != nullptr) context_.options.observer->OnConnectionRefused();
}

async::Task<void> Listener::Serve(TcpSocket socket) {
  boost::system::error_code ignored;
  socket.set_option(asio::ip::tcp::no_delay(true), ignored);
  Connection connection(std::move(socket), context_);
  const auto self = connections_.insert(connections_.end(), &connection);
  if (!stopping_) co_await connection.Run();
  connections_.erase(self);
}

async::Task<void> Listener::SweepConnections() {
  const std::chrono::milliseconds period = SweepPeriod(context_.options.limits);
  for (;;) {
    co_await async::Sleep(period);
    const bool cancelled = co_await async::IsCancelled();
    if (cancelled) co_return;
    const auto now = Deadline::Clock::now();
    for (Connection* const connection : connections_) connection->Sweep(now);
  }
}

async::Task<void> Listener::Stop(Deadline deadline) {
  stopping_ = true;
  boost::system::error_code ignored;
  acceptor_.close(ignored);
  for (Connection* const connection : connections_) connection->BeginStop();
  housekeeping_.Spawn(CancelAt(deadline));
  co_await serving_.Join();
  co_await housekeeping_.Stop();
}

async::Task<void> Listener::CancelAt(Deadline deadline) {
  co_await async::SleepUntil(deadline);
  const bool cancelled = co_await async::IsCancelled();
  if (cancelled) co_return;
  for (Connection* const connection : connections_) connection->Abort();
  co_await serving_.Stop();
}

}  // namespace tritontube::http
