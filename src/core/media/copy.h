#pragma once

#include <string>

namespace tritontube::media {

// Why something of a source is not shown as it is. The code is for programs and
// stays; the message is for the owner of the video.
struct CopyReason {
  std::string code;  // "open_gop"
  std::string message;

  bool operator==(const CopyReason&) const = default;
};

}  // namespace tritontube::media
