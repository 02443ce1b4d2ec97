#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "core/bmff/sample_entry.h"

namespace tritontube::packaging {

// Every segment is a file of its own, with one track of this id.
inline constexpr std::uint32_t kTrackId = 1;

// What the initialisation segment of a track says, gathered from its boxes.
struct InitDescription {
  std::uint32_t timescale = 0;
  std::uint64_t edit_media_time = 0;
  std::uint16_t language = 0;
  bool video = false;
  int width = 0;
  int height = 0;
  std::string sample_entry;  // A whole 'avc1' or 'mp4a' box.
};

// ftyp and moov, as CMAF wants them (ISO/IEC 23000-19, 7.3).
std::string WriteInit(const InitDescription& description);

// A sample entry with what matters of the source's, and nothing else that may
// have stood in it: the decoder's configuration and the colours.
std::string WriteVideoEntry(const bmff::VideoEntry& entry, std::span<const std::byte> avcc);
// Also of QuickTime's longer form, which browsers do not know.
std::string WriteAudioEntry(const bmff::AudioEntry& entry, int channels);

}  // namespace tritontube::packaging
