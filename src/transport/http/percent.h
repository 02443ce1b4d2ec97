#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tritontube::http {

enum class Plus : std::uint8_t { kLiteral, kBlank };

// Undoes percent-encoding; nothing when a `%` lacks its two hexadecimal digits.
std::optional<std::string> DecodePercent(std::string_view text, Plus plus);

// Escapes all but the characters that mean themselves everywhere in a URL and
// in header parameters: letters, digits and - . _ ~ (RFC 3986, 2.3).
std::string EncodePercent(std::string_view text);

}  // namespace tritontube::http
