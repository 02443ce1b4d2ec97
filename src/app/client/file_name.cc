#include "app/client/file_name.h"

#include "base/ascii.h"
#include "transport/http/media_type.h"

namespace tritontube::client {

namespace {

// Beside it there must be room for what a partial file is called.
constexpr std::size_t kNameBytesMax = 200;

std::string Safe(std::string_view name) {
  std::string safe(name.substr(name.find_last_of("/\\") + 1));
  for (char& c : safe) {
    if (IsAsciiControl(c)) c = '_';
  }
  // A hidden file, or one that looks like an option to the next command.
  safe.erase(0, std::min(safe.find_first_not_of(".- "), safe.size()));
  if (safe.size() <= kNameBytesMax) return safe;
  const std::size_t dot = safe.rfind('.');
  const std::string extension =
      dot != std::string::npos && safe.size() - dot <= 10 ? safe.substr(dot) : "";
  std::size_t end = kNameBytesMax - extension.size();
  // Not within a character of UTF-8.
  while (end > 0 && (static_cast<unsigned char>(safe[end]) & 0xC0U) == 0x80) --end;
  return safe.substr(0, end) + extension;
}

}  // namespace

std::optional<std::string> FileNameIn(std::string_view content_disposition) {
  const auto parsed = http::ParseParameterizedValue(content_disposition);
  if (!parsed) return std::nullopt;
  std::optional<std::string> name;
  if (const auto extended = parsed->Get("filename*")) {
    name = http::DecodeExtendedParameter(*extended);
  }
  if (const auto plain = parsed->Get("filename"); plain && !name) name = std::string(*plain);
  if (!name) return std::nullopt;
  std::string safe = Safe(*name);
  if (safe.empty()) return std::nullopt;
  return safe;
}

}  // namespace tritontube::client
