#pragma once

#include <atomic>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>

#include "transport/http/body_reader.h"
#include "transport/http/head_parser.h"
#include "transport/http/response_writer.h"
#include "transport/http/router.h"
#include "transport/http/server.h"
#include "transport/http/socket.h"

namespace tritontube::http {

// What all connections of a server share.
struct ServerContext {
  ServerContext(Router routes, Server::Options settings, std::uint64_t random)
      : router(std::move(routes)), options(std::move(settings)), id_prefix(random) {}

  const Router router;
  const Server::Options options;
  const std::uint64_t id_prefix;  // Random, so that request ids of two servers differ.
  std::atomic<std::uint64_t> request_count = 0;
  std::atomic<std::size_t> requests_under_way = 0;
  std::atomic<std::size_t> connection_count = 0;
};

// Serves one client's requests, one after the other. Lives on one io_context.
class Connection {
 public:
  Connection(TcpSocket socket, ServerContext& context);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Returns when the connection is to be closed.
  async::Task<void> Run();

  void Sweep(Deadline::Clock::time_point now) { socket_.Sweep(now); }
  // Ends the connection behind the response under way, at once when there is none.
  void BeginStop();
  void Abort() { socket_.Abort(); }

 private:
  enum class After : std::uint8_t { kKeepAlive, kClose, kLinger };
  struct Exchange;

  async::Task<After> ServeOne();
  // Nothing when the client left between requests.
  async::Task<std::expected<std::optional<RequestHead>, Refusal>> ReadHead();
  std::expected<std::optional<std::size_t>, Refusal> FindHead(HeadScanner& scanner) const;
  async::Task<After> Refuse(const Refusal& refusal);
  async::Task<After> Serve(RequestHead head);
  async::Task<Response> Answer(Exchange& exchange);
  async::Task<Response> CallRoute(Exchange& exchange, const Route& route);
  async::Task<After> SendAnswer(Exchange& exchange, Response response);
  async::Task<void> Linger();
  void Observe(const Exchange& exchange, int status, bool complete) const;
  std::string NextRequestId();

  ServerContext& context_;
  const ServerLimits& limits_;
  Socket socket_;
  const std::string remote_address_;
  InputBuffer input_;
  ResponseWriter* writer_ = nullptr;  // While a request is served.
  bool stopping_ = false;
};

}  // namespace tritontube::http
