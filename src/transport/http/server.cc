#include "transport/http/server.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <vector>

#include "base/random.h"
#include "foundation/async/task_group.h"
#include "transport/http/listener.h"

namespace tritontube::http {

namespace asio = async::asio;

struct Server::State {
  State(Router router, Options options)
      : context(std::move(router), std::move(options), SystemRandom().Next()) {}

  ServerContext context;
  std::uint16_t port = 0;
  std::vector<std::unique_ptr<Listener>> listeners;
};

namespace {

// Runs on the caller's context; the listener stops on its own.
async::Task<void> StopElsewhere(Listener& listener, Deadline deadline) {
  auto stop = [](Listener& stopped, Deadline until) -> async::Task<void> {
    co_await asio::this_coro::throw_if_cancelled(false);
    co_await stopped.Stop(until);
  };
  co_await asio::co_spawn(listener.executor(), stop(listener, deadline),
                          asio::use_awaitable_t<async::Executor>());
}

}  // namespace

Result<std::unique_ptr<Server>> Server::Start(async::IoPool& pool, Router router, Options options) {
  boost::system::error_code error;
  const auto address = asio::ip::make_address(options.listen_address, error);
  if (error) {
    return Fail(ErrorCode::kInvalidArgument,
                "\"{}\" is not an address to listen on; give a literal such as 127.0.0.1 or ::1",
                options.listen_address);
  }
  asio::ip::tcp::endpoint endpoint(address, options.port);
  // Sockets that share a port would also share it with another process of ours.
  if (options.port != 0) TT_RETURN_IF_ERROR(RequireFree(pool.executor(0), endpoint));

  auto state = std::make_unique<State>(std::move(router), std::move(options));
  for (std::size_t i = 0; i < pool.size(); ++i) {
    TT_ASSIGN_OR_RETURN(TcpAcceptor acceptor, Listen(pool.executor(i), endpoint));
    endpoint.port(acceptor.local_endpoint().port());
    state->listeners.push_back(std::make_unique<Listener>(std::move(acceptor), state->context));
  }
  state->port = endpoint.port();
  for (const std::unique_ptr<Listener>& listener : state->listeners) {
    asio::post(listener->executor(), [target = listener.get()] { target->Start(); });
  }
  return std::unique_ptr<Server>(new Server(std::move(state)));
}

Server::Server(std::unique_ptr<State> state) : state_(std::move(state)) {}
Server::~Server() = default;

std::uint16_t Server::port() const { return state_->port; }
std::size_t Server::connection_count() const { return state_->context.connection_count; }

async::Task<void> Server::Stop(Deadline deadline) {
  std::vector<async::Task<void>> stops;
  for (const std::unique_ptr<Listener>& listener : state_->listeners) {
    stops.push_back(StopElsewhere(*listener, deadline));
  }
  co_await async::RunAll(std::move(stops));
}

}  // namespace tritontube::http
