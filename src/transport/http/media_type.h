#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

namespace tritontube::http {

// The form `value; name=token; name="quoted"` that Content-Type and
// Content-Disposition share. `value` and names are in lower case.
struct ParameterizedValue {
  std::string value;
  std::vector<std::pair<std::string, std::string>> parameters;

  std::optional<std::string_view> Get(std::string_view name) const;
};

// kInvalidArgument when malformed or when a parameter comes twice. In a quoted
// string a backslash escapes only a quote or another backslash: old browsers
// send bare Windows paths.
Result<ParameterizedValue> ParseParameterizedValue(std::string_view text);

// The UTF-8 value of an extended parameter, charset'language'percent-encoded
// (RFC 8187). Nothing when malformed or of another charset.
std::optional<std::string> DecodeExtendedParameter(std::string_view text);

}  // namespace tritontube::http
