#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/media/container.h"
#include "core/media/rational.h"

// What a probe of an uploaded file says. None of it is believed beyond its
// type: planning checks every number before it is used.
namespace tritontube::media {

struct VideoStream {
  int index = 0;         // In the file, over all streams.
  std::uint32_t id = 0;  // Of the track, where the container numbers them; else 0.
  std::string codec;
  std::string profile;
  int width = 0;  // As coded, before sample aspect ratio and rotation.
  int height = 0;
  Rational sample_aspect = {1, 1};
  int rotation_degrees = 0;  // Clockwise, to show it upright: 0, 90, 180 or 270.
  Rational average_frame_rate;
  Rational nominal_frame_rate;  // The container's r_frame_rate.
  std::string pixel_format;
  int bit_depth = 8;
  std::string color_transfer;  // "smpte2084" and "arib-std-b67" are HDR.
  bool interlaced = false;
  double start_seconds = 0;
  double duration_seconds = 0;   // 0 when the container does not say.
  std::int64_t frame_count = 0;  // 0 when the container does not say.
};

struct AudioStream {
  int index = 0;
  std::uint32_t id = 0;  // Of the track, or 0.
  std::string codec;
  int channels = 0;
  int sample_rate = 0;
  bool is_decodable = true;  // False when the tool has no decoder that understands it.
  std::string language;      // ISO 639-2, or empty.
  std::string title;
  double start_seconds = 0;
  double duration_seconds = 0;
  bool is_default = false;
};

struct SubtitleStream {
  int index = 0;
  std::string codec;
  std::string language;
  std::string title;
};

struct Source {
  Container container = Container::kMov;
  double start_seconds = 0;
  double duration_seconds = 0;
  std::vector<VideoStream> video;  // Without cover pictures.
  std::vector<AudioStream> audio;
  std::vector<SubtitleStream> subtitles;
  std::optional<int> cover_picture_index;
};

}  // namespace tritontube::media
