#pragma once

#include <concepts>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "base/error.h"

namespace tritontube::strict_json {

// Reads a JSON object strictly: every field must be there, have its type and be
// asked for. Remembers the first thing that is wrong; until then gives values,
// afterwards defaults.
class JsonFields {
 public:
  // `text` must be an object with a field "format" of exactly `format`.
  JsonFields(std::string_view text, std::string_view what, int format);
  // A part of something whose format is known.
  JsonFields(nlohmann::json object, std::string_view what);

  std::string Text(const char* name);
  double Number(const char* name);
  bool Boolean(const char* name);
  bool Has(const char* name) const;
  bool IsNull(const char* name);  // Then the field counts as asked for.
  nlohmann::json Array(const char* name);
  nlohmann::json Object(const char* name);

  template <std::integral T>
  T Integer(const char* name) {
    const nlohmann::json value = Take(name);
    if (value.is_number_unsigned() && std::in_range<T>(value.get<std::uint64_t>())) {
      return static_cast<T>(value.get<std::uint64_t>());
    }
    if (value.is_number_integer() && !value.is_number_unsigned() &&
        std::in_range<T>(value.get<std::int64_t>())) {
      return static_cast<T>(value.get<std::int64_t>());
    }
    Refuse(name);
    return T{};
  }

  // Turns a text into a value; `parse` returns an optional.
  template <typename Parse>
  auto Parsed(const char* name, Parse parse) {
    auto value = parse(Text(name));
    if (!value) Refuse(name);
    return value;
  }

  void Refuse(std::string_view name);
  void Join(const Result<void>& part);
  // kCorrupt when anything was wrong, or a field was not asked for.
  Result<void> Finish() const;

 private:
  nlohmann::json Take(const char* name);

  std::string what_;
  nlohmann::json object_;
  std::optional<std::string> wrong_;
};

// Ids have no default; what failed to parse is never looked at.
template <typename Id>
Id IdField(JsonFields& fields, const char* name) {
  const std::optional<Id> id =
      fields.Parsed(name, [](const std::string& text) { return Id::Parse(text); });
  return id.value_or(*Id::Parse("-----------"));
}

WallTime TimeField(JsonFields& fields, const char* name);
std::int64_t Millis(WallTime time);

// Never throws: bytes that are not UTF-8 become U+FFFD.
std::string Dump(const nlohmann::json& value);

}  // namespace tritontube::strict_json
