#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/deadline.h"
#include "base/error.h"
#include "foundation/async/io_pool.h"
#include "foundation/async/task.h"
#include "transport/http/host_policy.h"
#include "transport/http/router.h"

namespace tritontube::http {

// What became of one request. The views are valid during the call.
struct RequestRecord {
  std::string_view method;   // As sent; empty when the request could not be parsed.
  std::string_view path;     // Decoded; may hold any bytes but control characters.
  std::string_view pattern;  // The route's; empty when none matched.
  std::string_view remote_address;
  std::string_view id;
  std::string_view error = {};  // What the route failed with; empty when it answered.
  int status = 0;
  bool complete = false;  // The whole response was handed to the operating system.
  ByteCount body_bytes_in = 0;
  ByteCount body_bytes_out = 0;
  std::chrono::steady_clock::duration duration{};
};

// Hears of every request, on the io thread that served it; must be quick.
class ServerObserver {
 public:
  virtual ~ServerObserver() = default;
  virtual void OnRequest(const RequestRecord& record) = 0;
  // A request has found its route; OnRequest() follows with the same pattern.
  virtual void OnBegin(std::string_view /*pattern*/) {}
  // A connection was opened (+1), closed (-1).
  virtual void OnConnection(int /*change*/) {}
  // A connection was turned away because of `connections_max`.
  virtual void OnConnectionRefused() {}
};

struct ServerLimits {
  ByteCount head_bytes_max = ByteCount{16} << 10U;   // Request line and headers together; else 431.
  ByteCount target_bytes_max = ByteCount{8} << 10U;  // Else 414.
  std::size_t header_count_max = 100;                // Else 431.
  std::size_t connections_max = 4096;                // Above it: 503 and closed.
  std::size_t requests_max = 1024;                   // Under way at once; above it: 503.
  // Between requests; then the connection is closed.
  std::chrono::milliseconds idle_time{60'000};
  // From the first byte of a head to its last; else 408.
  std::chrono::milliseconds head_time{15'000};
  // A body must bring this many bytes in every window of this length; else the
  // reader gets kDeadlineExceeded. Time in which nobody reads does not count.
  ByteCount body_window_bytes_min = ByteCount{30} << 10U;
  std::chrono::milliseconds body_window{30'000};
  // The client takes nothing of a response for this long: closed.
  std::chrono::milliseconds write_stall_time{30'000};
  // How much of a body that nobody read is read out to keep the connection.
  ByteCount drain_bytes_max = ByteCount{64} << 10U;
  // How long a closing connection still listens, so that the client can read
  // the answer before the operating system resets the connection.
  std::chrono::milliseconds linger_time{5'000};
};

// An HTTP/1.1 and 1.0 server (RFC 9110, 9112): keep-alive, pipelining, bodies
// streamed in both directions. One listening socket per io_context, so that a
// connection stays on one thread from its acceptance to its end.
//
// Safe to use from any thread. Stop() must have returned before it is destroyed.
class Server {
 public:
  struct Options {
    std::string listen_address = "127.0.0.1";  // A literal IPv4 or IPv6 address.
    std::uint16_t port = 0;                    // 0: any free one; see port().
    ServerLimits limits;
    std::optional<HostPolicy> host_policy;  // Nothing: every Host and Origin is welcome.
    ServerObserver* observer = nullptr;     // Outlives the server.
  };

  // kAlreadyExists when another server listens there, kInvalidArgument for an
  // address that is none, kPermissionDenied, kUnavailable. `pool` outlives it.
  static Result<std::unique_ptr<Server>> Start(async::IoPool& pool, Router router, Options options);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::uint16_t port() const;
  std::size_t connection_count() const;

  // Stops accepting, closes idle connections, tells endless sources to end, and
  // lets responses under way finish; at `deadline` the rest is cancelled. Returns
  // when no task is left. Call once, from any io_context.
  async::Task<void> Stop(Deadline deadline);

 private:
  struct State;
  explicit Server(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace tritontube::http
