#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "transport/http/message.h"

namespace tritontube::http {

// Answers one request. An Error becomes ProblemFor(error). Called on any of the
// server's io threads, many at once.
using Handler = std::function<async::Task<Result<Response>>(Request&)>;

enum class Cors : std::uint8_t {
  kSameOrigin,
  kAny,  // Any page may read it, without credentials: Access-Control-Allow-Origin: *.
};

struct RouteOptions {
  // A larger body is 413, before the handler is called when its length is
  // declared. Zero refuses every body.
  ByteCount body_bytes_max = 0;
  Cors cors = Cors::kSameOrigin;
  Headers about = {};  // What OPTIONS is told besides.
};

struct Route {
  Method method = Method::kGet;
  std::string pattern;
  RouteOptions options;
  Handler handler;
};

// The table of what a server answers. A pattern is a path whose segments may be
// `{name}`, which matches one non-empty segment, or at its end `{name...}`,
// which matches the rest, also an empty one. The most specific pattern that fits
// the path decides, compared segment by segment (text before {name} before
// {name...}); only then does the method. HEAD is answered from GET and OPTIONS
// from the table. Filled once, then read from any thread.
class Router {
 public:
  // Requires: the pattern begins with '/', no route has this method and pattern
  // yet, and patterns that match the same paths name their parameters alike.
  // kHead and kOptions are not added.
  void Add(Method method, std::string_view pattern, Handler handler, RouteOptions options = {});

  struct Match {
    const Route* route;  // Belongs to the router.
    RouteParameters parameters;
  };
  struct NoSuchPath {};
  struct NoSuchMethod {
    std::string allow;  // "GET, HEAD, OPTIONS"
    Cors cors;
    Headers about;
  };
  using Answer = std::variant<Match, NoSuchPath, NoSuchMethod>;

  Answer Find(Method method, std::string_view path) const;

  // Every route, in the order of the patterns.
  std::vector<const Route*> routes() const;

 private:
  struct Pattern;
  // By specificity, so that the first that matches is the right one.
  std::map<std::string, std::shared_ptr<Pattern>> patterns_;
};

}  // namespace tritontube::http
