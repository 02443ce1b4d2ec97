#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "core/blob/bytes.h"
#include "foundation/async/task.h"
#include "transport/http/headers.h"
#include "transport/http/method.h"
#include "transport/http/target.h"

namespace tritontube::http {

// The most that one Read() gives.
inline constexpr ByteCount kPieceBytesMax = ByteCount{1} << 20U;

// The bytes that a client sends behind its headers, read once, front to back.
// What was read lies in the buffer it was received into: memory stays flat at
// what the reader keeps. A client that asked to be told goes on sending
// (Expect: 100-continue) is told at the first Read(), so that a request can be
// refused before its body travels. Belongs to the request's coroutine.
class RequestBody {
 public:
  virtual ~RequestBody() = default;

  // The next min(max, kPieceBytesMax) bytes; fewer only where the body ends or
  // breaks off; nothing at the end. What came before a failure is given first,
  // the next call reports it:
  //   kCancelled          the client went away, or the server stops
  //   kDeadlineExceeded   the body comes too slowly
  //   kInvalidArgument    its chunked coding is malformed
  //   kResourceExhausted  it is larger than the route allows
  // A handler passes these on as its own result and the client gets the status
  // that fits. Requires: max > 0.
  virtual async::Task<Result<std::optional<blob::Bytes>>> Read(ByteCount max) = 0;

  // The declared length; nothing when the body comes in chunks.
  virtual std::optional<ByteCount> length() const = 0;
};

// The whole body as text; kResourceExhausted when it is larger than `max`. For
// small documents.
async::Task<Result<std::string>> ReadWhole(RequestBody& body, ByteCount max);

// The values that a path gave to the `{names}` of its route.
class RouteParameters {
 public:
  // Requires: the route has a parameter of that name.
  const std::string& Get(std::string_view name) const;
  void Add(std::string name, std::string value) {
    values_.emplace_back(std::move(name), std::move(value));
  }

 private:
  std::vector<std::pair<std::string, std::string>> values_;
};

// Lives until its response has been sent.
struct Request {
  Method method = Method::kGet;
  std::string path;  // See Target.
  QueryParameters query;
  Headers headers;
  std::string remote_address;  // Without the port.
  std::string id;  // The client's X-Request-Id, or a UUID; answered, logged, and in problems.
  RouteParameters parameters;
  RequestBody& body;
};

// A response body that is made while it is sent.
class BodySource {
 public:
  virtual ~BodySource() = default;

  // The next piece, or nothing at the end. Called again when the piece has been
  // handed to the operating system. On an error the connection is cut, so that
  // the client cannot take what it has for the whole. The source is destroyed
  // when the client goes away, after a Next() under way was cancelled.
  virtual async::Task<Result<std::optional<blob::Bytes>>> Next() = 0;

  // The sum of all pieces. Without it the body is sent in chunks, its headers
  // before the first Next(), and a Next() under way is cancelled as soon as the
  // client hangs up.
  virtual std::optional<ByteCount> length() const { return std::nullopt; }

  // The server wants to stop: a source without an end brings itself to one.
  // Called on the thread that runs Next(), perhaps during it.
  virtual void OnServerStopping() {}
};

using Body = std::variant<blob::Bytes, std::unique_ptr<BodySource>>;

// The server adds Date, Content-Length or Transfer-Encoding, Connection and
// X-Content-Type-Options. Control characters in header values are replaced by
// blanks.
struct Response {
  int status = 200;
  Headers headers;
  Body body;
};

Response TextResponse(int status, std::string_view content_type, std::string text);
// No body: 204, or a redirect with `location`.
Response EmptyResponse(int status);
Response RedirectResponse(int status, std::string_view location);

}  // namespace tritontube::http
