#pragma once

#include <map>
#include <string>

#include "core/media/presentation.h"

namespace tritontube::support {

struct FakePresentationOptions {
  int video_renditions = 2;  // 1280x720, 640x360 at 24 frames per second.
  int audio_tracks = 1;
  int segment_count = 3;  // The last is half as long as the others.
};

// A presentation whose init segments and segments exist, and their files by
// name. The manifests are not among them.
struct FakePresentation {
  media::Presentation presentation;
  std::map<std::string, std::string> files;
};

FakePresentation MakePresentation(const FakePresentationOptions& options = {});

}  // namespace tritontube::support
