#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "core/bmff/box.h"
#include "core/bmff/movie.h"

namespace tritontube::bmff {

// One track of an initialisation segment: what a manifest has to say about it,
// and the defaults that its fragments refer to.
struct Track {
  std::uint32_t id = 0;
  FourCc handler = 0;  // 'vide' or 'soun'.
  std::uint32_t timescale = 0;
  std::string codecs;  // RFC 6381: "avc1.64001f", "mp4a.40.2".
  int width = 0;       // Video only.
  int height = 0;
  int channels = 0;  // Audio only.
  int sample_rate = 0;
  // The media time that is shown at time zero, from the edit list; 0 without one.
  std::uint64_t edit_media_time = 0;
  SampleDefaults defaults;

  bool is_video() const { return handler == MakeFourCc("vide"); }
};

struct InitSegment {
  std::vector<Track> tracks;
};

// Refuses sample tables that hold samples: those of a fragmented file are in its
// fragments. `stbl` is the payload.
Result<void> CheckNoSamples(std::span<const std::byte> stbl);

// Reads ftyp and moov of a fragmented file with H.264 and AAC tracks. Errors:
// kInvalidArgument, saying which box is at fault, for anything else: samples in
// the moov, other codecs, edit lists that do more than skip the beginning.
Result<InitSegment> ParseInit(std::span<const std::byte> bytes);

}  // namespace tritontube::bmff
