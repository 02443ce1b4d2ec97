#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "domain/catalog/edit.h"

namespace tritontube::library {

// Far beyond what people write, far below what a row may have.
inline constexpr std::size_t kDescriptionCodePointsMax = 10'000;
inline constexpr std::size_t kTagsMax = 50;
inline constexpr std::size_t kTagCodePointsMax = 60;
inline constexpr std::size_t kChaptersMax = 200;
inline constexpr ByteCount kPatchBytesMax = ByteCount{512} << 10U;

struct PatchFault {
  std::string pointer;  // A JSON pointer into the patch (RFC 6901); empty: all of it.
  std::string detail;   // What it must be.
};

struct VideoPatch {
  catalog::VideoEdit edit;         // Of what was right.
  std::vector<PatchFault> faults;  // Empty: all of it was.
};

// A JSON merge patch (RFC 7396) of a video: null takes a field back to what it
// was when the video was new. kInvalidArgument when it is no JSON.
Result<VideoPatch> ParseVideoPatch(std::string_view text);

}  // namespace tritontube::library
