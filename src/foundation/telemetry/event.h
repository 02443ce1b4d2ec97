#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "base/clock.h"

namespace tritontube::telemetry {

enum class Level : std::uint8_t { kDebug, kInfo, kWarning, kError };

std::string_view ToString(Level level);

// A named value of an event. Names are words of ours, as docs/operations.md
// lists them; texts may come from anywhere, and must live as long as the call.
struct Field {
  using Value = std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool>;

  Field(std::string_view field, std::string_view text) : name(field), value(text) {}
  Field(std::string_view field, const char* text) : name(field), value(std::string_view(text)) {}
  Field(std::string_view field, const std::string& text)
      : name(field), value(std::string_view(text)) {}
  Field(std::string_view field, bool flag) : name(field), value(flag) {}
  Field(std::string_view field, std::floating_point auto number)
      : name(field), value(static_cast<double>(number)) {}
  Field(std::string_view field, std::signed_integral auto number)
      : name(field), value(static_cast<std::int64_t>(number)) {}
  Field(std::string_view field, std::unsigned_integral auto number)
      : name(field), value(static_cast<std::uint64_t>(number)) {}
  // In seconds.
  template <typename Rep, typename Period>
  Field(std::string_view field, std::chrono::duration<Rep, Period> time)
      : name(field), value(std::chrono::duration<double>(time).count()) {}

  std::string_view name;
  Value value;
};

// Something that happened and matters to whoever runs the server.
struct Event {
  Level level = Level::kInfo;
  std::string_view message;  // Which kind of event: the same words each time.
  std::span<const Field> fields;
};

// One line without its end, for people:
//   2026-11-24 14:20:05.123 info  upload finished  video=abc bytes=12 title="My day"
// No byte of a text can end the line, move a cursor or look like another field.
std::string FormatText(const Event& event, WallTime now);

// One line without its end, for machines: a JSON object of ASCII alone, with
// `time` (RFC 3339), `level`, `message` and the fields.
std::string FormatJson(const Event& event, WallTime now);

}  // namespace tritontube::telemetry
