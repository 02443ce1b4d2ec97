#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/error.h"
#include "transport/http/headers.h"

namespace tritontube::http_client {

// How far a call is. Totals are known once the other side has told them.
struct Transfer {
  ByteCount sent = 0;
  ByteCount received = 0;
  std::optional<ByteCount> receive_total = {};
};

// A body that is sent as it is read.
struct OutgoingFile {
  ByteCount size = 0;
  // Fills the beginning of the buffer; 0 is the end.
  std::function<Result<std::size_t>(std::span<char>)> read;
};

struct Call {
  std::string method = "GET";
  std::string path;  // With the query, percent-encoded: "/api/v1/videos?limit=5".
  http::Headers headers = {};
  std::string body = {};  // Unless there is a `file`.
  std::optional<OutgoingFile> file = {};
  // Once the answer's head is there, before its body; an error ends the call.
  std::function<Result<void>(int status, const http::Headers& headers)> on_head = {};
  // Takes the body of a good answer (2xx) piece by piece, instead of Answer::body.
  std::function<Result<void>(std::string_view bytes)> sink = {};
  std::function<void(const Transfer&)> progress = {};  // About once a second or more often.
  // The call ends when nothing moves for so long.
  std::chrono::seconds stall_time{60};
  // Ctrl-C does not end it: for what is to be undone on the way out.
  bool although_stopped = false;
};

struct Answer {
  int status = 0;
  http::Headers headers;
  std::string body;  // At most kAnswerBytesMax.
};

inline constexpr ByteCount kAnswerBytesMax = ByteCount{16} << 20U;

// Asks one server. Every call blocks until its answer is whole.
class HttpClient {
 public:
  virtual ~HttpClient() = default;

  // Any answer of the server, also one that says no; see Check(). kUnavailable
  // when there is no server or the connection breaks, kDeadlineExceeded when
  // nothing moves, kCancelled after Ctrl-C; errors of the call's own functions
  // as they are. The message is for the user.
  virtual Result<Answer> Send(const Call& call) = 0;
};

// The answer, or what the server said why not (problem+json), as an Error.
Result<Answer> Check(Answer answer);

}  // namespace tritontube::http_client
