#include "transport/http/media_type.h"

#include <algorithm>

#include "base/ascii.h"
#include "transport/http/headers.h"
#include "transport/http/percent.h"

namespace tritontube::http {

namespace {

bool IsTokenCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("!#$%&'*+-.^_`|~").contains(c);
}

std::string_view TakeToken(std::string_view& rest) {
  const auto length = std::ranges::find_if_not(rest, IsTokenCharacter) - rest.begin();
  const std::string_view token = rest.substr(0, static_cast<std::size_t>(length));
  rest.remove_prefix(token.size());
  return token;
}

// `rest` begins behind the opening quote. False when the closing one is missing.
bool TakeQuoted(std::string_view& rest, std::string& value) {
  for (std::size_t i = 0; i < rest.size(); ++i) {
    if (rest[i] == '"') {
      rest.remove_prefix(i + 1);
      return true;
    }
    const bool escapes =
        rest[i] == '\\' && i + 1 < rest.size() && (rest[i + 1] == '"' || rest[i + 1] == '\\');
    if (escapes) ++i;
    value += rest[i];
  }
  return false;
}

std::unexpected<Error> MalformedHeader(std::string_view text) {
  return Fail(ErrorCode::kInvalidArgument, "the header value \"{}\" is malformed",
              text.substr(0, 100));
}

}  // namespace

std::optional<std::string_view> ParameterizedValue::Get(std::string_view name) const {
  for (const auto& [candidate, candidate_value] : parameters) {
    if (candidate == name) return candidate_value;
  }
  return std::nullopt;
}

Result<ParameterizedValue> ParseParameterizedValue(std::string_view text) {
  const std::size_t value_end = std::min(text.find(';'), text.size());
  ParameterizedValue parsed{.value = AsciiLower(TrimBlanks(text.substr(0, value_end))),
                            .parameters = {}};
  std::string_view rest = text.substr(value_end);
  while (!rest.empty()) {
    if (rest.front() != ';') return MalformedHeader(text);
    rest = TrimBlanks(rest.substr(1));
    if (rest.empty() || rest.front() == ';') continue;  // RFC 9110, 5.6.6 allows empty ones.
    std::string name = AsciiLower(TakeToken(rest));
    if (name.empty() || !rest.starts_with('=') || parsed.Get(name)) return MalformedHeader(text);
    rest.remove_prefix(1);
    std::string value;
    if (rest.starts_with('"')) {
      rest.remove_prefix(1);
      if (!TakeQuoted(rest, value)) return MalformedHeader(text);
    } else {
      value = TakeToken(rest);
      if (value.empty()) return MalformedHeader(text);
    }
    parsed.parameters.emplace_back(std::move(name), std::move(value));
    rest = TrimBlanks(rest);
  }
  return parsed;
}

std::optional<std::string> DecodeExtendedParameter(std::string_view text) {
  const std::size_t charset_end = text.find('\'');
  if (charset_end == std::string_view::npos) return std::nullopt;
  const std::size_t language_end = text.find('\'', charset_end + 1);
  if (language_end == std::string_view::npos) return std::nullopt;
  if (!EqualsIgnoringCase(text.substr(0, charset_end), "utf-8")) return std::nullopt;
  return DecodePercent(text.substr(language_end + 1), Plus::kLiteral);
}

}  // namespace tritontube::http
