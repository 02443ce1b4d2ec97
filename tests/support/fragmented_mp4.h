#pragma once

#include <cstdint>
#include <string>
#include <string_view>

// Builds small fragmented MP4 files of one track in the shape that our encoder
// writes them. The sample data is noise: it parses, but does not decode.
namespace tritontube::support {

struct FakeTrack {
  std::uint32_t id = 1;
  bool video = true;
  std::uint32_t timescale = 12'288;
  int width = 1280;
  int height = 720;
  int channels = 2;
  int sample_rate = 48'000;
  // With an edit list when not 0.
  std::uint32_t edit_media_time = 0;
  std::string sample_entry = {};  // Empty: H.264 without its sets, or stereo AAC.
};

struct FakeFragment {
  std::uint32_t track_id = 1;
  std::uint32_t sequence_number = 1;
  std::uint64_t base_decode_time = 0;
  std::uint32_t sample_count = 96;
  std::uint32_t sample_duration = 512;
  std::uint32_t sample_size = 10;
  bool sync = true;  // Whether the first sample is a sync sample.
};

// Big-endian bytes of a number, and a box around a body, with a version and flags
// if it is a full one: for tests that need a file no builder makes.
std::string Zeros(std::size_t count);
std::string BigEndian(std::uint64_t number, int width);
std::string MakeBox(std::string_view type, std::string_view body);
std::string FullBox(std::string_view type, std::uint32_t version_and_flags, std::string_view body);

std::string MakeInit(const FakeTrack& track);
std::string MakeFragment(const FakeFragment& fragment);

}  // namespace tritontube::support
