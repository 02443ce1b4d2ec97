#pragma once

#include <optional>
#include <vector>

#include "base/error.h"
#include "core/bmff/box_splitter.h"

namespace tritontube::ffmpeg {

// Puts the boxes of one output together as they are published: ftyp and moov,
// then a moof and its mdat at a time. What else ffmpeg writes (an index at the
// end) is left out.
class SegmentCutter {
 public:
  struct Piece {
    bool is_init = false;
    blob::Bytes bytes;
  };

  SegmentCutter();

  // Errors: kInternal when it is not a fragmented file, which only ffmpeg could
  // be to blame for.
  Result<std::vector<Piece>> Push(const blob::Bytes& bytes);
  // At the end of the stream.
  Result<void> Finish() const;

  std::size_t segment_count() const { return segment_count_; }

 private:
  Result<std::optional<Piece>> Take(bmff::TopLevelBox box);

  bmff::BoxSplitter splitter_;
  std::optional<blob::Bytes> waiting_ftyp_;
  std::optional<blob::Bytes> waiting_moof_;
  bool has_init_ = false;
  std::size_t segment_count_ = 0;
};

}  // namespace tritontube::ffmpeg
