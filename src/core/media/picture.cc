#include <algorithm>

#include "base/bytes.h"
#include "core/media/tools.h"

namespace tritontube::media {

std::optional<PictureFormat> SniffPicture(std::span<const std::byte> head) {
  constexpr std::size_t kWebpBytes = 12;
  const std::string_view text = AsText(head);
  if (text.starts_with("\xFF\xD8\xFF")) return PictureFormat::kJpeg;
  if (text.starts_with("\x89PNG\r\n\x1A\n")) return PictureFormat::kPng;
  const bool is_webp =
      text.size() >= kWebpBytes && text.starts_with("RIFF") && text.substr(8, 4) == "WEBP";
  return is_webp ? std::optional(PictureFormat::kWebp) : std::nullopt;
}

}  // namespace tritontube::media
