#include "foundation/telemetry/event.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <type_traits>

#include "base/printable.h"

namespace tritontube::telemetry {

namespace {

using Json = nlohmann::ordered_json;

// What needs no quotes to be told from the next field.
bool IsWord(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-_./:@+%,[]").contains(c);
  });
}

std::string TextOf(const Field::Value& value) {
  if (const auto* const text = std::get_if<std::string_view>(&value)) {
    return IsWord(*text) && text->size() <= kPrintableBytesMax
               ? std::string(*text)
               : fmt::format("\"{}\"", Printable(*text));
  }
  return std::visit(
      [](const auto& number) -> std::string {
        if constexpr (std::is_same_v<std::decay_t<decltype(number)>, double>) {
          return fmt::format("{:.3f}", number);
        } else {
          return fmt::format("{}", number);
        }
      },
      value);
}

// JSON has escapes of its own; what is long is cut as it is for people.
Json JsonOf(const Field::Value& value) {
  if (const auto* const text = std::get_if<std::string_view>(&value)) {
    if (text->size() <= kPrintableBytesMax) return *text;
    return std::string(text->substr(0, kPrintableBytesMax)) + "...";
  }
  return std::visit([](const auto& number) -> Json { return number; }, value);
}

}  // namespace

std::string_view ToString(Level level) {
  switch (level) {
    case Level::kDebug:
      return "debug";
    case Level::kInfo:
      return "info";
    case Level::kWarning:
      return "warn";
    case Level::kError:
      return "error";
  }
  return "";
}

std::string FormatText(const Event& event, WallTime now) {
  std::string time = FormatRfc3339(now);
  time[10] = ' ';   // The T.
  time.pop_back();  // The Z.
  std::string line =
      fmt::format("{} {:<5} {}", time, ToString(event.level), Printable(event.message));
  for (std::string_view separator = "  "; const Field& field : event.fields) {
    line += fmt::format("{}{}={}", separator, field.name, TextOf(field.value));
    separator = " ";
  }
  return line;
}

std::string FormatJson(const Event& event, WallTime now) {
  Json json{
      {"time", FormatRfc3339(now)}, {"level", ToString(event.level)}, {"message", event.message}};
  for (const Field& field : event.fields) json[std::string(field.name)] = JsonOf(field.value);
  return json.dump(-1, ' ', true, Json::error_handler_t::replace);
}

}  // namespace tritontube::telemetry
