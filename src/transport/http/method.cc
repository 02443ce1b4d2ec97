#include "transport/http/method.h"

#include <array>
#include <utility>

namespace tritontube::http {

namespace {
constexpr std::array<std::pair<Method, std::string_view>, 7> kNames{{
    {Method::kGet, "GET"},
    {Method::kHead, "HEAD"},
    {Method::kPost, "POST"},
    {Method::kPut, "PUT"},
    {Method::kPatch, "PATCH"},
    {Method::kDelete, "DELETE"},
    {Method::kOptions, "OPTIONS"},
}};
}  // namespace

std::string_view ToString(Method method) {
  for (const auto& [value, name] : kNames) {
    if (value == method) return name;
  }
  return "?";
}

std::optional<Method> ParseMethod(std::string_view text) {
  for (const auto& [value, name] : kNames) {
    if (name == text) return value;
  }
  return std::nullopt;
}

bool IsStateChanging(Method method) {
  return method == Method::kPost || method == Method::kPut || method == Method::kPatch ||
         method == Method::kDelete;
}

}  // namespace tritontube::http
