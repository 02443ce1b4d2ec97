#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

namespace tritontube::http {

// The decoded parameters behind a `?`, in order.
class QueryParameters {
 public:
  // `text` is without the `?`. `+` is a blank; kInvalidArgument for a `%` that
  // is not followed by two hexadecimal digits, and for an encoded NUL.
  static Result<QueryParameters> Parse(std::string_view text);

  // The first value of that name.
  std::optional<std::string_view> Get(std::string_view name) const;
  const std::vector<std::pair<std::string, std::string>>& all() const { return parameters_; }

 private:
  std::vector<std::pair<std::string, std::string>> parameters_;
};

// What a request line asks for.
struct Target {
  std::string path;  // Decoded; begins with '/', or is "*" (OPTIONS * only).
  QueryParameters query;
  std::string authority;  // Of the absolute form, else empty.
};

// Origin, absolute and asterisk form (RFC 9112, 3.2). A path cannot climb or
// hide a separator: encoded '/', '\', NUL and control characters and the
// segments "." and ".." are kInvalidArgument. The bytes of a path need not be
// UTF-8.
Result<Target> ParseTarget(std::string_view text);

}  // namespace tritontube::http
