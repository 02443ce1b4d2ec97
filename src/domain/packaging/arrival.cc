#include "domain/packaging/arrival.h"

#include <algorithm>

namespace tritontube::packaging {

namespace {

// Reads no more of a segment than up to the first sample that is missing.
bool IsComplete(const SourceTrack& track, const PlannedSegment& segment,
                const ArrivedRanges& arrived) {
  bmff::SampleCursor cursor(track.samples, segment.first);
  for (std::uint32_t i = 0; i < segment.sample_count; ++i, cursor.Advance()) {
    if (!arrived.Contains(cursor.sample().data)) return false;
  }
  return true;
}

}  // namespace

void ArrivedRanges::Add(bmff::ByteRange range) {
  if (range.length == 0) return;
  const auto first = std::ranges::lower_bound(ranges_, range.offset, {}, &bmff::ByteRange::end);
  auto last = first;
  ByteCount end = range.end();
  for (; last != ranges_.end() && last->offset <= end; ++last) {
    range.offset = std::min(range.offset, last->offset);
    end = std::max(end, last->end());
  }
  range.length = end - range.offset;
  ranges_.insert(ranges_.erase(first, last), range);
}

bool ArrivedRanges::Contains(bmff::ByteRange range) const {
  if (range.length == 0) return true;
  const auto after = std::ranges::upper_bound(ranges_, range.offset, {}, &bmff::ByteRange::offset);
  return after != ranges_.begin() && range.end() <= std::prev(after)->end();
}

std::size_t CountComplete(const SourcePlan::Track& track, const ArrivedRanges& arrived,
                          std::size_t known) {
  std::size_t count = known;
  while (count < track.segments.size() &&
         IsComplete(*track.source, track.segments[count], arrived)) {
    ++count;
  }
  return count;
}

}  // namespace tritontube::packaging
