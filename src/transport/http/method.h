#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tritontube::http {

// The methods that a route can have. Any other is answered 501.
enum class Method : std::uint8_t { kGet, kHead, kPost, kPut, kPatch, kDelete, kOptions };

std::string_view ToString(Method method);
std::optional<Method> ParseMethod(std::string_view text);

// True for the methods that may change something (RFC 9110, 9.2.1).
bool IsStateChanging(Method method);

}  // namespace tritontube::http
