#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace tritontube::support {

struct DashSegment {
  std::string name;
  std::uint64_t start = 0;  // Ticks.
  std::uint64_t duration = 0;
};

struct DashRepresentation {
  std::string id;
  std::string content_type;
  std::string mime_type;
  std::string language;
  std::string codecs;
  std::string frame_rate;
  std::string channels;
  std::uint64_t bandwidth = 0;
  std::uint64_t width = 0;
  std::uint64_t height = 0;
  std::uint64_t sample_rate = 0;
  std::uint64_t timescale = 0;
  std::uint64_t presentation_time_offset = 0;
  std::size_t adaptation_set = 0;  // Counts from 0 in the manifest's order.
  std::string init_name;
  std::vector<DashSegment> segments;
};

struct DashManifest {
  double duration_seconds = 0;
  std::vector<DashRepresentation> representations;
};

// Reads a static MPD with one Period and SegmentTemplates with timelines.
// Errors: kInvalidArgument for everything else.
Result<DashManifest> ReadMpd(std::string_view text);

}  // namespace tritontube::support
