#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "transport/http/head_parser.h"
#include "transport/http/message.h"
#include "transport/http/server.h"
#include "transport/http/socket.h"

namespace tritontube::http {

// What was received and not looked at yet: heads, chunk lines, and the first
// bytes of bodies. Never holds more than its capacity.
class InputBuffer {
 public:
  explicit InputBuffer(std::size_t capacity)
      : capacity_(capacity), storage_(std::make_unique_for_overwrite<std::byte[]>(capacity)) {}

  std::string_view text() const { return AsText({storage_.get() + begin_, end_ - begin_}); }
  std::size_t size() const { return end_ - begin_; }
  bool full() const { return size() == capacity_; }
  void Drop(std::size_t count) { begin_ += count; }
  // The number of bytes copied and dropped.
  std::size_t MoveTo(std::span<std::byte> into);
  // Receives behind what is there; 0 at the end. Requires: not full.
  async::Task<Result<std::size_t>> Receive(Socket& socket);

 private:
  std::size_t capacity_;
  std::unique_ptr<std::byte[]> storage_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

// The body of the request under way on a connection.
class BodyReader final : public RequestBody {
 public:
  BodyReader(Socket& socket, InputBuffer& input, const ServerLimits& limits, Framing framing)
      : socket_(socket),
        input_(input),
        limits_(limits),
        framing_(framing),
        window_(limits.body_window) {
    at_end_ = framing.length == ByteCount{0};
  }

  async::Task<Result<std::optional<blob::Bytes>>> Read(ByteCount max) override;
  std::optional<ByteCount> length() const override { return framing_.length; }

  void set_bytes_max(ByteCount bytes_max) { bytes_max_ = bytes_max; }
  const std::optional<Error>& failure() const { return failure_; }
  bool at_end() const { return at_end_; }
  ByteCount received() const { return received_; }

  // True when the rest can be read out so that the connection may be used again.
  bool IsWorthDraining() const;
  // Reads the rest out; false when it is more than a little.
  async::Task<bool> Drain();

 private:
  // Receives body bytes; 0 at the body's end.
  async::Task<Result<std::size_t>> ReceiveSome(std::span<std::byte> into);
  async::Task<Result<std::size_t>> ReceiveContent(std::span<std::byte> into);
  async::Task<Result<void>> BeginChunk();
  async::Task<Result<void>> SkipTrailers();
  // The next line without its CR LF, which stays in the buffer for Drop().
  async::Task<Result<std::string_view>> PeekLine();
  async::Task<Result<void>> InviteBody();
  void BeginWindow();

  Socket& socket_;
  InputBuffer& input_;
  const ServerLimits& limits_;
  Framing framing_;
  ByteCount bytes_max_ = 0;
  ByteCount received_ = 0;
  ByteCount chunk_left_ = 0;
  bool between_chunks_ = false;  // The line end of a chunk's data is still to come.
  std::chrono::milliseconds window_;
  ByteCount window_bytes_ = 0;
  bool at_end_ = false;
  std::optional<Error> failure_;
};

}  // namespace tritontube::http
