#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "core/bmff/source_scanner.h"
#include "domain/packaging/segment_cutter.h"
#include "domain/packaging/source_movie.h"

namespace tritontube::packaging {

// A segment in pieces: the moof and the header of the mdat, which we write, and
// the data, which lies in the stored file. Neighbouring samples are one range.
struct GatherList {
  std::string head;
  std::vector<bmff::ByteRange> ranges;

  ByteCount size() const;
  // The bytes [offset, offset + length) of the segment. Requires: they exist.
  GatherList Slice(ByteCount offset, ByteCount length) const;
};

// How many bytes WriteSegment puts in front of the data.
ByteCount HeadSize(const SourceTrack& track, std::uint32_t sample_count);

// The segment of that number, from 1.
GatherList WriteSegment(const SourceTrack& track, const PlannedSegment& segment,
                        std::uint32_t number);

}  // namespace tritontube::packaging
