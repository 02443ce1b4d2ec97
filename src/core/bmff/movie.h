#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/error.h"
#include "core/bmff/box.h"

namespace tritontube::bmff {

// What a fragment's samples have when it does not say: the 'trex' of a track.
struct SampleDefaults {
  std::uint32_t description = 1;
  std::uint32_t duration = 0;
  std::uint32_t size = 0;
  std::uint32_t flags = 0;
};

// The transformation of a picture, row by row (ISO/IEC 14496-12, 6.2.2).
using Matrix = std::array<std::int32_t, 9>;

// The part of an edit list that we can keep: the media begins `empty` late, and
// is shown from `media_time` on, for `duration`. Without an edit list all are 0.
struct Edit {
  std::uint64_t empty = 0;       // Ticks of the movie.
  std::uint64_t media_time = 0;  // Ticks of the track.
  std::uint64_t duration = 0;    // Ticks of the movie; 0: to the end.
};

// A track as its headers describe it. The spans are parts of the moov.
struct MovieTrack {
  std::uint32_t id = 0;
  FourCc handler = 0;  // 'vide', 'soun' or anything else.
  bool enabled = false;
  Matrix matrix = {};
  std::uint32_t timescale = 0;
  std::uint16_t language = 0;       // Three letters of five bits each.
  std::span<const std::byte> elst;  // The payload; empty without one.
  std::span<const std::byte> minf;
  std::optional<SampleDefaults> defaults;  // Only in a fragmented file.

  bool is_video() const { return handler == MakeFourCc("vide"); }
  bool is_audio() const { return handler == MakeFourCc("soun"); }
};

struct Movie {
  std::uint32_t timescale = 0;
  Matrix matrix = {};
  bool fragmented = false;  // There is an 'mvex'.
  std::vector<MovieTrack> tracks;
};

// Reads the headers of all tracks out of the payload of a moov, of any codec.
// Sample tables and descriptions are left to those who want them, so that a
// track nobody needs cannot spoil the others. Errors: kInvalidArgument.
Result<Movie> ParseMovie(std::span<const std::byte> moov);

// Reads the payload of an 'elst', or the emptiness for none. Errors:
// kInvalidArgument when it does more than begin late and skip the beginning.
Result<Edit> ParseEdit(std::span<const std::byte> elst);

}  // namespace tritontube::bmff
