#pragma once

#include <span>
#include <string>

#include "core/media/presentation.h"

namespace tritontube::manifest {

struct MpdOptions {
  // How much a client should hold before it begins to play.
  double minimum_buffer_seconds = 4;
  // While more is to come: how many segments of each rendition are listed, by
  // its place. Empty: all of them, and nothing will be added.
  std::span<const std::size_t> listed = {};
};

// The DASH manifest (ISO/IEC 23009-1, isoff-live profile): one Period, one
// AdaptationSet for the video that is cut at the same times, one per audio track
// and one per language of captions, segments by number with their exact times.
// Every name in it is a flat file name of core/media/presentation.h.
//
// It is static when everything is listed. While it grows it is dynamic, and is
// to be fetched again until it is not; what it has said stays. It tells the
// whole duration from the beginning, so players show the whole of the bar.
// Requires: every rendition has a segment that is listed.
std::string WriteMpd(const media::Presentation& presentation,
                     std::span<const media::TextTrack> captions = {},
                     const MpdOptions& options = {});

}  // namespace tritontube::manifest
