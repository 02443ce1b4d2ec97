#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/deadline.h"
#include "base/error.h"
#include "base/queue_load.h"
#include "core/blob/bytes.h"
#include "foundation/async/io_pool.h"

namespace tritontube::rpc {

// What a handler sends messages through; one call at a time.
class MessageSink {
 public:
  virtual ~MessageSink() = default;
  // Returns when there is room for the next one; an error when nobody listens any more.
  virtual async::Task<Result<void>> Send(blob::Bytes message) = 0;
};

// One request, one answer.
using UnaryHandler =
    std::function<async::Task<Result<blob::Bytes>>(blob::Bytes request, Deadline deadline)>;
// One request, many answers.
using StreamHandler = std::function<async::Task<Result<void>>(
    blob::Bytes request, MessageSink& sink, Deadline deadline)>;

// By "/package.Service/Method".
struct Methods {
  std::map<std::string, UnaryHandler> unary = {};
  std::map<std::string, StreamHandler> streaming = {};
};

struct ServerOptions {
  std::string listen_host = "localhost";
  std::uint16_t port = 0;  // 0 takes a free one.
  std::size_t message_bytes_max = std::size_t{80} << 20U;
  // Calls beyond these are refused with kResourceExhausted before their message is read.
  std::size_t calls_max = 1024;
  ByteCount bytes_in_flight_max = ByteCount{256} << 20U;  // Of requests whose answer is not sent.
  // For a caller that set no deadline; of a stream, for each message.
  std::chrono::milliseconds call_time_max = std::chrono::minutes(1);
};

// Runs the handlers on the threads of an IoPool, which outlives it. A caller that goes away, or
// whose deadline passes, cancels its handler.
//
// Safe to use from any thread. The destructor stops what Stop() did not; it blocks, and then must
// not be called on a thread of the pool.
class Server {
 public:
  struct Load {
    QueueLoad calls;
    QueueLoad bytes_in_flight;
    std::uint64_t refused = 0;
  };

  // kUnavailable when the port is taken: the message names it.
  static Result<std::unique_ptr<Server>> Start(async::IoPool& io, Methods methods,
                                               ServerOptions options);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::uint16_t port() const;
  Load load() const;
  // Refuses new calls, gives those under way until the deadline, then cancels them and waits.
  async::Task<void> Stop(Deadline deadline);

 private:
  struct State;
  explicit Server(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace tritontube::rpc
