#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace tritontube::support {

// The bytes of a file beside the manifests, or nothing when there is none.
using FetchFile = std::function<std::optional<std::string>(const std::string& name)>;

// What the MPD lists, for a test that expects certain renditions.
struct CheckedRendition {
  std::string id;
  std::string content_type;  // "video" or "audio".
  std::string codecs;
  int width = 0;
  int height = 0;
  std::string language;
  std::size_t segment_count = 0;
  double duration_seconds = 0;
};

struct PresentationReport {
  // What is wrong, in sentences. Empty: nothing.
  std::vector<std::string> faults;
  double duration_seconds = 0;  // The MPD's.
  std::vector<CheckedRendition> renditions;
};

// Plays the part of a strict player: reads manifest.mpd and master.m3u8 with
// readers of its own, fetches every file that they name, and checks that names
// are flat, files exist and are what the manifests say (codecs, sizes, rates,
// timescale), that segments follow each other without a gap, begin with a sync
// sample and stand at the time of the timeline, that bandwidths are kept, and
// that HLS tells the same story as DASH. For finished (static) presentations.
PresentationReport CheckPresentation(const FetchFile& fetch);

}  // namespace tritontube::support
