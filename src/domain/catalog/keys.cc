#include "domain/catalog/keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

namespace tritontube::catalog {

namespace {

constexpr std::size_t kTimeDigits = 16;

std::string Ascending(WallTime time) {
  return fmt::format("{:016x}", static_cast<std::uint64_t>(time.time_since_epoch().count()));
}

// Later times sort first.
std::string Descending(WallTime time) {
  return fmt::format("{:016x}", ~static_cast<std::uint64_t>(time.time_since_epoch().count()));
}

bool IsHexDigit(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

}  // namespace

std::string RowKey(const VideoId& id) { return fmt::format("{}{}", kRowPrefix, id.text()); }
std::string UploadKey(const VideoId& id) { return "video/upload/" + id.text(); }
std::string ProgressKey(const VideoId& id) { return "video/progress/" + id.text(); }
std::string BegunKey(const VideoId& id) { return "video/begun/" + id.text(); }
std::string ClaimKey(const VideoId& id) { return fmt::format("{}{}", kClaimPrefix, id.text()); }
std::string OpenKey(const VideoId& id) { return fmt::format("{}{}", kOpenPrefix, id.text()); }

std::string OrderKey(WallTime created, const VideoId& id) {
  return fmt::format("{}{}/{}", kOrderPrefix, Descending(created), id.text());
}

std::string JobKey(WallTime created, const VideoId& id) {
  return fmt::format("{}{}/{}", kJobPrefix, Ascending(created), id.text());
}

std::optional<VideoId> VideoOf(std::string_view key) {
  const std::size_t slash = key.rfind('/');
  if (slash == std::string_view::npos) return std::nullopt;
  return VideoId::Parse(key.substr(slash + 1));
}

std::string CursorOf(WallTime created, const VideoId& id) {
  return fmt::format("{}.{}", Descending(created), id.text());
}

std::optional<std::string> CursorOfOrderKey(std::string_view key) {
  if (key.size() != kOrderPrefix.size() + kTimeDigits + 1 + kIdLength) return std::nullopt;
  std::string cursor(key.substr(kOrderPrefix.size()));
  cursor[kTimeDigits] = '.';
  return cursor;
}

std::optional<std::string> OrderKeyOfCursor(std::string_view cursor) {
  if (cursor.size() != kTimeDigits + 1 + kIdLength || cursor[kTimeDigits] != '.') {
    return std::nullopt;
  }
  const std::string_view time = cursor.substr(0, kTimeDigits);
  const std::string_view id = cursor.substr(kTimeDigits + 1);
  if (!std::ranges::all_of(time, IsHexDigit) || !IsWellFormedId(id)) return std::nullopt;
  return fmt::format("{}{}/{}", kOrderPrefix, time, id);
}

}  // namespace tritontube::catalog
