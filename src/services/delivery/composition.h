#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "core/media/presentation.h"

namespace tritontube::delivery {

// A rendition, and how far it can be had.
struct Part {
  media::Rendition rendition = {};  // With every segment that is known of.
  std::size_t available = 0;        // So many of its segments can be had, from the first on.
  bool ended = false;               // There will not be more of them.
  bool of_source = false;           // It is a track of the original.
};

// What manifests are written of.
struct Composition {
  media::Presentation presentation;
  // Of each rendition, by its place. What can be had is served whether it is
  // listed or not.
  std::vector<std::size_t> available;
  std::vector<std::size_t> listed;
  std::vector<bool> of_source;
  bool grows = false;  // More will be listed.
};

struct CompositionOptions {
  double duration_seconds = 0;  // At least so long, where it is known.
  bool has_poster = false;
};

// Puts together what a video consists of: video by falling height, sound in the
// order of the file, one track of it the default. While something of it grows
// everything is listed to about the same time, so that no player finds pictures
// without sound, and what was listed stays listed. Renditions of which nothing can be had are left
// out; nothing when none is left. Pure.
std::optional<Composition> Compose(std::vector<Part> parts, const CompositionOptions& options);

}  // namespace tritontube::delivery
