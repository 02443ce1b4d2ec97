#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "core/media/presentation.h"
#include "domain/packaging/copy_safety.h"
#include "domain/packaging/init_writer.h"
#include "domain/packaging/segment_cutter.h"
#include "domain/packaging/segment_writer.h"
#include "domain/packaging/source_movie.h"

namespace tritontube::packaging {

// How the tracks of a source that may be shown as they are become segments.
//
// A function of the file: made twice, anywhere, it gives the same names, times,
// sizes and bytes, so it needs no place of its own on a disk. Immutable, and
// cheap to copy around by pointer; it shares the movie.
class SourcePlan {
 public:
  struct Track {
    const SourceTrack* source = nullptr;
    InitDescription init;
    // What a manifest says, with the exact size of every segment. The pictures
    // are "vsrc", sound track n of the file is "asrc{n}": the name does not depend
    // on what else of the file is shown.
    media::Rendition rendition;
    std::vector<PlannedSegment> segments;
  };

  // Plans the tracks that the report calls safe. Errors: kInvalidArgument when
  // there is none, or a track cannot be cut into segments.
  static Result<SourcePlan> Make(std::shared_ptr<const SourceMovie> source,
                                 const CopyReport& report);
  // Plans the tracks with these ids, in the file's order. Errors: the same.
  static Result<SourcePlan> Make(std::shared_ptr<const SourceMovie> source,
                                 std::span<const std::uint32_t> track_ids);

  const std::vector<Track>& tracks() const { return tracks_; }
  // The track of a rendition's id; nothing when there is none.
  const Track* Find(std::string_view rendition_id) const;

  // What the plan keeps in memory, about.
  ByteCount memory_bytes() const;

  static std::string Init(const Track& track) { return WriteInit(track.init); }
  // The segment of that number, from 1; nothing when there is none.
  static std::optional<GatherList> Segment(const Track& track, std::size_t number);

 private:
  explicit SourcePlan(std::shared_ptr<const SourceMovie> source) : source_(std::move(source)) {}

  Result<void> AddTrack(const SourceTrack& source, std::string id);

  std::shared_ptr<const SourceMovie> source_;
  std::vector<Track> tracks_;
};

// A strong entity tag, with its quotes, for a file that a plan makes of the
// source with that name for its bytes (an upload's id, or a digest). `head` is
// the whole initialisation segment, or GatherList::head: it says where each byte
// of the source goes, so whatever changes in the answer changes the tag.
std::string EntityTag(std::string_view source_id, std::string_view head);

}  // namespace tritontube::packaging
