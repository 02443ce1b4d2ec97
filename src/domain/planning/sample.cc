#include "domain/planning/sample.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "domain/planning/chunks.h"

namespace tritontube::planning {

namespace {

// More says little more: eight of 1080 lines took 5 seconds of a processor.
constexpr double kSampleSecondsMax = 4;

std::uint64_t EndOf(const media::Segment& segment) { return segment.start + segment.duration; }

const media::Rendition* RenditionOf(const media::VideoPlan& plan, const media::VideoRung& rung,
                                    const media::Presentation& presentation) {
  const auto made = std::ranges::find(presentation.renditions, rung.id, &media::Rendition::id);
  if (made == presentation.renditions.end()) return nullptr;
  const bool is_as_planned = made->kind == media::Kind::kVideo && made->width == rung.width &&
                             made->height == rung.height && made->frame_rate == plan.frame_rate &&
                             made->timescale == plan.timescale && !made->segments.empty();
  return is_as_planned ? &*made : nullptr;
}

// Of the plan's frames, when this is.
std::int64_t FrameAt(const media::Rendition& rendition, std::uint64_t time) {
  const double seconds = static_cast<double>(time) / rendition.timescale;
  return std::llround(seconds * rendition.frame_rate.AsDouble());
}

struct Middle {
  Chunk frames;
  std::size_t end_segment = 0;

  bool operator==(const Middle&) const = default;
};

// Requires: segments.
Middle MiddleOf(const media::Rendition& rendition) {
  const std::vector<media::Segment>& segments = rendition.segments;
  const std::uint64_t middle = std::midpoint(segments.front().start, EndOf(segments.back()));
  const auto behind = std::ranges::upper_bound(segments, middle, {}, &media::Segment::start);
  const auto first = static_cast<std::size_t>(behind - segments.begin()) - 1;
  const std::int64_t begin = FrameAt(rendition, segments[first].start);
  // Four times 29.97 are 120 frames, too.
  const std::int64_t end_max =
      begin + std::llround(std::ceil(kSampleSecondsMax * rendition.frame_rate.AsDouble()));
  std::size_t end = first + 1;
  while (end < segments.size() && FrameAt(rendition, EndOf(segments[end])) <= end_max) ++end;
  return {.frames = {.first_frame = begin,
                     .end_frame = std::min(FrameAt(rendition, EndOf(segments[end - 1])), end_max),
                     .first_segment = first},
          .end_segment = end};
}

}  // namespace

std::optional<Sample> PlanSample(const media::EncodePlan& plan,
                                 const media::Presentation& presentation) {
  if (!plan.video) return std::nullopt;
  std::optional<Middle> middle;
  for (const media::VideoRung& rung : plan.video->rungs) {
    const media::Rendition* const made = RenditionOf(*plan.video, rung, presentation);
    if (made == nullptr) return std::nullopt;
    const Middle same = MiddleOf(*made);
    if (middle && same != *middle) return std::nullopt;
    middle = same;
  }
  if (!middle || middle->frames.end_frame <= middle->frames.first_frame) return std::nullopt;
  Sample sample{.plan = ChunkPlan(plan, middle->frames), .segments = {}};
  for (std::size_t i = middle->frames.first_segment; i < middle->end_segment; ++i) {
    sample.segments.push_back(i);
  }
  return sample;
}

}  // namespace tritontube::planning
