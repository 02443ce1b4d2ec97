#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "transport/http/headers.h"
#include "transport/http/method.h"
#include "transport/http/target.h"

// What a request says before its body. Pure.
namespace tritontube::http {

// Why a request is refused before a route is asked.
struct Refusal {
  int status = 400;
  std::string detail;
};

// How the body is delimited and what becomes of the connection.
struct Framing {
  std::optional<ByteCount> length = 0;  // Nothing: chunked.
  bool expects_continue = false;
  bool keep_alive = true;
};

struct RequestHead {
  std::string method_text;
  std::optional<Method> method;  // Nothing for one that no route can have.
  int minor_version = 1;         // Of HTTP/1.
  Target target;
  std::string authority;  // Of the target, else the Host field; may be empty in HTTP/1.0.
  Headers headers;
  Framing framing;
};

// Looks for the empty line that ends a head while the head arrives. Refuses what
// two readers could understand differently (RFC 9112, 2.2, 5.1, 5.2 and 11.2):
// line ends that are not CR LF, folded lines, NUL.
class HeadScanner {
 public:
  // The length of the head with its empty line, once it is in `buffered`, which
  // must begin with what the calls before were given.
  std::expected<std::optional<std::size_t>, Refusal> Scan(std::string_view buffered);

 private:
  std::size_t scanned_ = 0;
  std::size_t line_begin_ = 0;
};

struct HeadLimits {
  ByteCount target_bytes_max;
  std::size_t header_count_max;
};

// `head` is what HeadScanner found.
std::expected<RequestHead, Refusal> ParseHead(std::string_view head, HeadLimits limits);

// The size in a chunk's first line, without its line end (RFC 9112, 7.1).
// Extensions are ignored.
std::optional<ByteCount> ParseChunkSize(std::string_view line);

}  // namespace tritontube::http
