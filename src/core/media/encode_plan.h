#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/media/container.h"
#include "core/media/rational.h"

// What is to be made of a source: the planner writes it, the encoder obeys it.
namespace tritontube::media {

// One rung of the ladder.
struct VideoRung {
  std::string id;  // "v720": unique in the plan, prefix of the rung's file names.
  int width = 0;   // Square pixels, even, upright.
  int height = 0;
  int crf = 23;
  std::int64_t bits_per_second_max = 0;
  std::int64_t buffer_bits = 0;

  bool operator==(const VideoRung&) const = default;
};

struct VideoPlan {
  int stream_index = 0;
  // The grid: frame n is shown at n / frame_rate, whatever the source's timing.
  Rational frame_rate;
  std::int64_t frames_per_segment = 0;  // One IDR picture at the start of each.
  std::int64_t frame_count = 0;         // Expected, for progress. 0 when unknown.
  // Of the grid, what is made: from the first of these frames up to the one behind
  // the last; 0: to the end. At both a segment begins.
  std::int64_t first_frame = 0;
  std::int64_t end_frame = 0;
  // Where segments begin besides frame 0, rising, instead of after every
  // `frames_per_segment`: those of another rendition.
  std::vector<std::int64_t> cuts = {};
  // Ticks per second of the video tracks: a frame is a whole number of them.
  std::uint32_t timescale = 0;
  bool deinterlace = false;
  bool tone_map = false;
  // A picture is shown from time zero, although the source's first comes later.
  bool pad_start = false;
  std::vector<VideoRung> rungs;  // The largest first; each no larger than the one before.

  bool operator==(const VideoPlan&) const = default;
};

struct AudioPlan {
  std::string id;  // "a0"
  int stream_index = 0;
  std::uint32_t track_id = 0;  // In the source, or 0.
  std::int64_t bits_per_second = 128'000;
  int sample_rate = 48'000;
  int channels = 2;
  std::string language;
  std::string label;
  bool is_default = false;

  bool operator==(const AudioPlan&) const = default;
};

// Text that came with the source; it is offered as captions.
struct SubtitlePlan {
  int stream_index = 0;
  std::string language;  // As the container says it, or empty.
  std::string label;

  bool operator==(const SubtitlePlan&) const = default;
};

struct EncodePlan {
  Container container = Container::kMov;
  double duration_seconds = 0;
  // Subtracted from every time, so that the presentation begins at zero.
  double start_seconds = 0;
  double segment_seconds = 4;
  std::optional<VideoPlan> video;
  std::vector<AudioPlan> audio;
  // Tracks in formats that nothing here decodes; the video is published without them.
  std::size_t undecodable_audio_count = 0;
  std::vector<SubtitlePlan> subtitles;
  std::optional<int> cover_picture_index;  // A stream of the source.
  // An unindexed container is copied losslessly into Matroska first, because
  // ffmpeg cannot seek in it.
  bool remux_first = false;

  std::size_t output_count() const { return (video ? video->rungs.size() : 0) + audio.size(); }
  bool operator==(const EncodePlan&) const = default;
};

}  // namespace tritontube::media
