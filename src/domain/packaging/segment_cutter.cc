#include "domain/packaging/segment_cutter.h"

#include <cmath>
#include <optional>

#include "base/assert.h"

namespace tritontube::packaging {

namespace {

// How far a segment has come at a sync sample that could begin the next one.
struct Mark {
  bmff::SamplePosition position;
  ByteCount data_before = 0;  // Of all samples before it.
};

class Cutter {
 public:
  Cutter(const Mark& first, std::uint32_t timescale)
      : target_(static_cast<std::uint64_t>(std::llround(kSegmentSeconds * timescale))),
        start_(first) {}

  // A sync sample behind the first. Cuts at the one before it when that is
  // nearer to the target, and at this one when it is late enough.
  Result<void> Visit(const Mark& sync) {
    if (Length(sync) < target_) {
      candidate_ = sync;
      return {};
    }
    if (candidate_ && target_ - Length(*candidate_) < Length(sync) - target_) {
      TT_RETURN_IF_ERROR(CutAt(*candidate_));
      return Visit(sync);
    }
    return CutAt(sync);
  }

  // Behind the last sample. There is no sync sample behind the candidate.
  Result<void> Finish(const Mark& end) {
    if (candidate_ && Length(end) > target_ &&
        target_ - Length(*candidate_) < Length(end) - target_) {
      TT_RETURN_IF_ERROR(CutAt(*candidate_));
    }
    return CutAt(end);
  }

  std::vector<PlannedSegment> Take() { return std::move(segments_); }

 private:
  Result<void> CutAt(const Mark& mark) {
    const PlannedSegment segment{.first = start_.position,
                                 .sample_count = mark.position.sample - start_.position.sample,
                                 .duration = Length(mark),
                                 .data_size = mark.data_before - start_.data_before};
    if (segment.data_size > kSegmentBytesMax || segments_.size() == kSegmentsMax) {
      return Fail(ErrorCode::kInvalidArgument,
                  "the track would have too many or too large segments");
    }
    segments_.push_back(segment);
    start_ = mark;
    candidate_.reset();
    return {};
  }

  std::uint64_t Length(const Mark& mark) const {
    return mark.position.decode_time - start_.position.decode_time;
  }

  const std::uint64_t target_;  // Ticks.
  Mark start_;
  std::optional<Mark> candidate_;  // The last sync sample before the target.
  std::vector<PlannedSegment> segments_;
};

}  // namespace

Result<std::vector<PlannedSegment>> CutSegments(const bmff::SampleTable& samples,
                                                std::uint32_t timescale) {
  bmff::SampleCursor cursor(samples);
  TT_ASSERT(cursor.sample().is_sync, "a segment could not be decoded");
  Cutter cutter({.position = cursor.position()}, timescale);
  ByteCount data_before = cursor.sample().data.length;
  for (cursor.Advance(); !cursor.done(); cursor.Advance()) {
    const bmff::Sample sample = cursor.sample();
    if (sample.is_sync) {
      TT_RETURN_IF_ERROR(cutter.Visit({.position = cursor.position(), .data_before = data_before}));
    }
    data_before += sample.data.length;
  }
  TT_RETURN_IF_ERROR(cutter.Finish({.position = cursor.position(), .data_before = data_before}));
  return cutter.Take();
}

}  // namespace tritontube::packaging
