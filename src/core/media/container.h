#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace tritontube::media {

// The containers we take. Everything else is refused before any other program
// sees it: playlists, scripts and text would make a demuxer open other files.
enum class Container : std::uint8_t {
  kMov,  // MP4, MOV, M4A, 3GP: the ISO base media family.
  kMatroska,
  kMpegTs,
  kMpegPs,
  kAvi,
  kFlv,
  kAsf,
  kOgg,
  kWav,
  kMp3,
  kFlac,
  kAac,
};

// How many leading bytes SniffContainer wants to see, or the whole file when it
// is shorter.
inline constexpr std::size_t kSniffBytes = 4096;

// What the first bytes of a file say it is; the file's name has no say.
std::optional<Container> SniffContainer(std::span<const std::byte> head);

// The demuxer that is forced on ffmpeg for it, so that it never guesses.
std::string_view DemuxerName(Container container);
// What a file of this kind is usually called and served as: "mp4", "video/mp4".
std::string_view FileExtension(Container container);
std::string_view ContentType(Container container);
std::string_view ToString(Container container);
std::optional<Container> ContainerFromString(std::string_view text);

}  // namespace tritontube::media
