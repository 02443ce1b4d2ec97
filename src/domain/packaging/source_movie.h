#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "core/bmff/box.h"
#include "core/bmff/fragment_table.h"
#include "core/bmff/movie.h"
#include "core/bmff/sample_table.h"
#include "core/bmff/source_scanner.h"

namespace tritontube::packaging {

// A video or audio track whose samples we can find.
struct SourceTrack {
  bmff::MovieTrack header;
  bmff::Box entry;  // The sample entry of all of its samples.
  bmff::SampleTable samples;
  bmff::Edit edit;
  // How long after time zero the media begins, in ticks of the track: the empty
  // edit. A sample is shown at its decode time, plus its composition offset,
  // plus this, less the edit's media time.
  std::uint64_t late = 0;

  // What is taken off the composition offsets of pictures, which may fall below
  // zero (trun version 1), so that their segments need no edit list: hls.js does
  // not read those and takes a segment to begin when its first picture is decoded
  // and not when it is shown. Of sound an edit list hides the beginning.
  std::uint64_t EditInOffsets() const { return header.is_video() ? edit.media_time : 0; }

  std::int64_t ShownAt(const bmff::Sample& sample) const {
    return static_cast<std::int64_t>(sample.decode_time + late) -
           static_cast<std::int64_t>(edit.media_time) + sample.composition_offset;
  }
};

// An uploaded file of the MP4 family: its moov, and views of what is in it.
// Immutable; share it by pointer.
class SourceMovie {
 public:
  // A track that is video or audio, or why it cannot be read.
  struct Candidate {
    std::uint32_t id = 0;
    bool is_video = false;
    Result<SourceTrack> track;
  };

  // Takes what a scanner found in a file of `file_size` bytes. Errors:
  // kInvalidArgument when not even the tracks' headers can be read.
  static Result<std::shared_ptr<const SourceMovie>> Open(bmff::SourceBoxes boxes,
                                                         ByteCount file_size);
  SourceMovie(const SourceMovie&) = delete;
  SourceMovie& operator=(const SourceMovie&) = delete;

  std::uint32_t timescale() const { return movie_.timescale; }
  const bmff::Matrix& matrix() const { return movie_.matrix; }
  // In the file's order.
  const std::vector<Candidate>& candidates() const { return candidates_; }
  // The boxes that it keeps.
  ByteCount memory_bytes() const;

 private:
  SourceMovie() = default;

  Result<void> ReadTracks(const bmff::SourceBoxes& boxes, ByteCount file_size);
  Result<SourceTrack> ReadTrack(const bmff::MovieTrack& header, const bmff::FragmentTable* gathered,
                                ByteCount file_size) const;

  // Everything below points into these.
  std::string moov_;
  std::vector<std::unique_ptr<const bmff::FragmentTable>> gathered_;

  bmff::Movie movie_;
  std::vector<Candidate> candidates_;
};

}  // namespace tritontube::packaging
