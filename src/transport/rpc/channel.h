#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/deadline.h"
#include "base/error.h"
#include "core/blob/bytes.h"
#include "foundation/async/task.h"

// gRPC as awaitables, over messages that are bytes: the callers know what is in
// them. Payload is never copied between gRPC's slices and blob::Bytes.
namespace tritontube::rpc {

struct ChannelOptions {
  int connections = 1;  // Calls take turns. Four carry 1.5 times of what one does.
  std::size_t message_bytes_max = std::size_t{80} << 20U;
  std::map<std::string, std::string> metadata = {};  // Told with every call.
};

// A conversation of messages in both directions. One reader and one writer at a time. Cancelled
// and ended before the destructor returns.
class Stream {
 public:
  virtual ~Stream() = default;
  virtual async::Task<Result<void>> Write(blob::Bytes message, Deadline deadline) = 0;
  // Nothing when the other side has ended it well. kDeadlineExceeded leaves the stream as it is.
  virtual async::Task<Result<std::optional<blob::Bytes>>> Read(Deadline deadline) = 0;
};

// Connections to one address, made when they are needed and again when they break.
//
// Errors: the code that the other side gave, also our own two; kUnavailable when nobody answers
// there or the connection breaks; kOutcomeUnknown never by itself: the caller knows whether sending
// twice harms, and NeverSent() whether it was sent. Safe to use from any io_context; the destructor
// cancels the calls under way and waits until gRPC is done with them.
class Channel {
 public:
  explicit Channel(std::string address, const ChannelOptions& options = {});
  ~Channel();
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  // `method` is "/package.Service/Method". Cancelling the caller cancels the call.
  async::Task<Result<blob::Bytes>> Call(std::string method, blob::Bytes request, Deadline deadline);
  // Lives until it is destroyed; `deadline` is for the opening, which does not wait for the other
  // side: that nobody answers there is told by the first Write() or Read().
  async::Task<Result<std::unique_ptr<Stream>>> Open(std::string method, Deadline deadline);

  const std::string& address() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

// True when the error proves that the call never left, because nobody was connected.
bool NeverSent(const Error& error);

}  // namespace tritontube::rpc
