#include "services/transcode/continuation.h"

#include <algorithm>

namespace tritontube::transcode {

namespace {

// An encoder that was stopped may have left a shorter one, behind which the frames do not follow.
std::size_t CountWhole(const media::VideoPlan& plan, const media::Rendition& stored) {
  if (stored.timescale != plan.timescale) return 0;
  const auto frame = static_cast<std::uint64_t>(plan.frame_rate.denominator) * plan.timescale /
                     static_cast<std::uint64_t>(plan.frame_rate.numerator);
  const std::uint64_t whole = frame * static_cast<std::uint64_t>(plan.frames_per_segment);
  const auto shorter = std::ranges::find_if(
      stored.segments, [&](const media::Segment& segment) { return segment.duration != whole; });
  return static_cast<std::size_t>(shorter - stored.segments.begin());
}

}  // namespace

Continuation ContinuationOf(const media::VideoPlan& plan,
                            const std::vector<media::Rendition>& stored) {
  std::vector<media::Rendition> pictures;
  std::size_t whole = SIZE_MAX;
  for (const media::VideoRung& rung : plan.rungs) {
    const auto found = std::ranges::find(stored, rung.id, &media::Rendition::id);
    if (found == stored.end()) return {};
    whole = std::min(whole, CountWhole(plan, *found));
    pictures.push_back(*found);
  }
  if (pictures.empty() || whole < 2 || !plan.cuts.empty()) return {};
  for (media::Rendition& rendition : pictures) rendition.segments.resize(whole - 1);
  return {.first_frame = static_cast<std::int64_t>(whole - 1) * plan.frames_per_segment,
          .pictures = std::move(pictures)};
}

}  // namespace tritontube::transcode
