#pragma once

#include <cstdint>
#include <string>

#include "core/bmff/box_writer.h"
#include "domain/packaging/init_writer.h"

// The boxes that moovs of every kind have, with samples in them or not.
namespace tritontube::packaging {

struct MovieHeader {
  std::uint32_t timescale = 1000;
  std::uint64_t duration = 0;  // Ticks of this timescale; 0 when it is in the fragments.
  std::uint32_t next_track_id = 2;
};
void WriteMvhd(bmff::BoxWriter& writer, const MovieHeader& header);

struct TrackHeader {
  std::uint32_t id = 1;
  std::uint64_t duration = 0;        // Ticks of the movie.
  std::uint64_t media_duration = 0;  // Ticks of the track.
};
void WriteTkhd(bmff::BoxWriter& writer, const InitDescription& description,
               const TrackHeader& header);
// 'mdhd' and 'hdlr'.
void WriteMediaHeaders(bmff::BoxWriter& writer, const InitDescription& description,
                       const TrackHeader& header);
// What stands in 'minf' before the 'stbl'.
void WriteMediaInformation(bmff::BoxWriter& writer, const InitDescription& description);
void WriteStsd(bmff::BoxWriter& writer, const std::string& sample_entry);

// A track that begins `late`, and of which the beginning is not shown.
struct EditList {
  std::uint64_t late = 0;        // Ticks of the movie.
  std::uint64_t duration = 0;    // Ticks of the movie; 0: to the end of all fragments.
  std::uint64_t media_time = 0;  // Ticks of the track.
};
// Nothing at all when there is nothing to say.
void WriteEdts(bmff::BoxWriter& writer, const EditList& edits);

}  // namespace tritontube::packaging
