#pragma once

#include <optional>
#include <string>
#include <vector>

#include "domain/catalog/video.h"

namespace tritontube::catalog {

// What a person changes of a video, clean (see title.h); nothing where it stays
// as it is.
struct VideoEdit {
  std::optional<std::string> title = {};  // Empty: what its file is called, again.
  std::optional<std::string> description = {};
  std::optional<std::vector<std::string>> tags = {};
  std::optional<std::vector<Chapter>> chapters = {};
};

void Apply(const VideoEdit& edit, VideoRow& row);

// Names what people may change of a video, as it is now: it is another one when
// that changes, and the same whatever becomes of the transcode.
std::string EditTagOf(const VideoRow& row);

}  // namespace tritontube::catalog
