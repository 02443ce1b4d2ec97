#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

// Files that a stranger could upload to make a media tool read other files,
// reach the network, run for ever or fill the memory.
namespace tritontube::support {

struct AttackFile {
  std::string name;            // "hls-absolute.mp4": what it tries.
  std::filesystem::path path;  // In a folder of its own.
};

// One second of sound: small, and every kind of playlist can point at it.
std::string VictimSound();

// Writes every attack. `victim` is another upload's file, which they try to
// read; `port` one on 127.0.0.1, which they try to reach.
std::vector<AttackFile> WriteAttackFiles(const std::filesystem::path& folder,
                                         const std::filesystem::path& victim, std::uint16_t port);

// A QuickTime file of one video track in PNG. `stated` is the size it claims in
// its headers, and `frame_seconds` how long each picture lasts.
std::string PngMovie(std::uint32_t stated_width, std::uint32_t stated_height,
                     std::uint32_t frame_count, std::uint32_t frame_seconds);

}  // namespace tritontube::support
