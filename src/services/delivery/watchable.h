#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "domain/catalog/video.h"

namespace tritontube::delivery {

// An original of which tracks are shown as they are.
struct ShownSource {
  UploadId upload;
  ByteCount size = 0;
  std::vector<std::uint32_t> tracks = {};  // By id.
  // While it is still being uploaded: the bytes that are stored.
  std::optional<sources::Arrival> arrival = {};

  bool operator==(const ShownSource&) const = default;
};

// What can be watched of a video at one moment (ADR 0009): names only, nothing
// of it is loaded.
struct Watchable {
  std::optional<ShownSource> source = {};
  std::optional<catalog::StoredPresentation> stored = {};
  // Of a transcode that is under way; never beside `stored`.
  std::optional<catalog::Growth> growth = {};

  // Where the encoded renditions lie.
  std::optional<UploadId> output() const;
  bool operator==(const Watchable&) const = default;
};

// Nothing when the video cannot be watched yet. Pure.
std::optional<Watchable> WatchableOf(const catalog::VideoRecord& record);

}  // namespace tritontube::delivery
