#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "transport/http/message.h"
#include "transport/http/server.h"
#include "transport/http/socket.h"

namespace tritontube::http {

struct ResponseStyle {
  bool is_head_request = false;
  bool keep_alive = true;
  int minor_version = 1;  // What the client speaks.
  bool watch_for_hang_up = false;
};

// Sends one response. Lives on the connection's io_context.
class ResponseWriter {
 public:
  ResponseWriter(Socket& socket, const ServerLimits& limits) : socket_(socket), limits_(limits) {}

  // After an error the connection is of no more use. A source with a length
  // that fails before its first byte is answered by a problem instead. May turn
  // `style.keep_alive` off, when only the connection's end can end the body.
  async::Task<Result<void>> Write(Response& response, ResponseStyle& style);

  void OnServerStopping();
  ByteCount body_bytes_sent() const { return body_bytes_sent_; }

 private:
  enum class Coding : std::uint8_t { kPlain, kChunked };

  async::Task<Result<void>> WriteBytes(const Response& response, const ResponseStyle& style);
  async::Task<Result<void>> WriteSource(Response& response, ResponseStyle& style);
  async::Task<Result<void>> WriteKnownLength(Response& response, BodySource& source,
                                             ByteCount length, ResponseStyle& style);
  async::Task<Result<void>> WriteUnknownLength(const Response& response, BodySource& source,
                                               ResponseStyle& style);
  // Fails before it sends more than `bytes_max`.
  async::Task<Result<void>> SendPieces(BodySource& source, Coding coding, ByteCount bytes_max);
  async::Task<Result<void>> SendWatching(BodySource& source, Coding coding);
  // `before` and `after` are not counted as body.
  async::Task<Result<void>> Send(std::string_view before, const blob::Bytes& bytes,
                                 std::string_view after);

  Socket& socket_;
  const ServerLimits& limits_;
  BodySource* source_ = nullptr;  // While it is being sent.
  bool stopping_ = false;
  ByteCount body_bytes_sent_ = 0;
};

// The head of a response with its empty line. `length` is what Content-Length
// says; nothing stands for chunks, or for a body that the end of the connection
// delimits (HTTP/1.0).
std::string FormatHead(const Response& response, std::optional<ByteCount> length,
                       const ResponseStyle& style);

}  // namespace tritontube::http
