#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace tritontube::support {

using HlsAttributes = std::map<std::string, std::string>;  // Quotes taken off.

struct HlsVariant {
  HlsAttributes attributes;
  std::string uri;
};

struct HlsMaster {
  std::vector<HlsAttributes> media;  // EXT-X-MEDIA
  std::vector<HlsVariant> variants;  // EXT-X-STREAM-INF
};

struct HlsSegment {
  std::string uri;
  double duration_seconds = 0;
};

struct HlsPlaylist {
  double target_seconds = 0;
  std::string init_uri;
  std::vector<HlsSegment> segments;
};

// Read by RFC 8216; a tag that is not known there is an error. A playlist must
// be VOD and ended. Errors: kInvalidArgument.
Result<HlsMaster> ReadMasterPlaylist(std::string_view text);
Result<HlsPlaylist> ReadMediaPlaylist(std::string_view text);

}  // namespace tritontube::support
