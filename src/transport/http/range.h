#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "transport/http/message.h"

namespace tritontube::http {

struct ByteSlice {
  ByteCount offset = 0;
  ByteCount length = 0;
  bool operator==(const ByteSlice&) const = default;
};

enum class RangeKind : std::uint8_t {
  kWhole,  // No range, a malformed one, another unit or several: the whole.
  kPartial,
  kUnsatisfiable,  // 416
};
struct RangeAnswer {
  RangeKind kind = RangeKind::kWhole;
  ByteSlice slice;  // The whole, or the part.
};

// A Range field against `size` bytes (RFC 9110, 14.2). Pure.
RangeAnswer ParseRange(std::string_view field, ByteCount size);

// What a handler knows of the thing that was asked for.
struct Representation {
  ByteCount size = 0;
  std::string etag;  // Strong, with its quotes: "\"7f3a\"".
  Headers headers;   // Content-Type, Cache-Control, ...
};

// 200, 206, 304, 412 or 416, decided by the request's If-Match, If-None-Match,
// Range and If-Range (RFC 9110, 13.2.2). Only GET knows ranges (14.2). Pure.
struct Selection {
  int status = 200;
  ByteSlice slice;
};
Selection Select(Method method, const Headers& request, ByteCount size, std::string_view etag);

// True when `etag` is in a list of entity tags, or the list is "*", compared
// weakly (If-None-Match) or strongly (If-Match).
enum class Comparison : std::uint8_t { kWeak, kStrong };
bool MatchesEntityTag(std::string_view list, std::string_view etag, Comparison comparison);

// Gives the body of a slice; not called for HEAD, 304, 412 and 416.
using SliceBody = std::function<async::Task<Result<Body>>(ByteSlice)>;

// The whole answer to a GET or HEAD of `representation`.
async::Task<Result<Response>> RangeResponse(const Request& request, Representation representation,
                                            SliceBody slice_body);

}  // namespace tritontube::http
