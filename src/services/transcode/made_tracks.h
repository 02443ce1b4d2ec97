#pragma once

#include <optional>
#include <vector>

#include "core/blob/bytes.h"
#include "core/bmff/init_segment.h"
#include "core/media/encode_plan.h"
#include "core/media/presentation.h"

namespace tritontube::transcode {

// Where a frame of the grid begins, in the timescale of the plan's pictures.
std::uint64_t TickOf(const media::VideoPlan& plan, std::int64_t frame);

// What an encoder makes, as it is seen to fit: every output begins where it is to,
// each segment begins where the one before ended, pictures begin with a key frame.
// kInternal when one does not: it is not what was asked for, our mistake or ffmpeg's.
class MadeTracks {
 public:
  // Pictures begin at the plan's first frame.
  explicit MadeTracks(const media::EncodePlan& plan);

  // The initialisation segment has come.
  Result<void> Begin(std::size_t output, const blob::Bytes& bytes);
  // The segment that comes next, if `bytes` are that.
  Result<media::Segment> Inspect(std::size_t output, const blob::Bytes& bytes) const;
  void Add(std::size_t output, media::Segment segment);

  const media::Rendition& rendition(std::size_t output) const { return tracks_[output].rendition; }
  std::size_t count() const { return tracks_.size(); }
  // Where it ends by now, or begins, in its timescale.
  std::uint64_t EndOf(std::size_t output) const;
  // The outputs that have segments.
  std::vector<media::Rendition> Renditions() const;

 private:
  struct Track {
    media::Rendition rendition;
    std::optional<bmff::Track> boxes;  // Known once the init segment has come.
  };

  std::vector<Track> tracks_;
  std::uint64_t first_tick_ = 0;  // Of pictures.
};

}  // namespace tritontube::transcode
