#include "domain/planning/chunks.h"

#include <algorithm>
#include <cmath>

namespace tritontube::planning {

namespace {

constexpr double kChunkSecondsMin = 8;
constexpr double kChunkSecondsMax = 32;
// What a decoder and the tone mapping cost beside an encoder, for the same number of pixels.
constexpr double kDecodePart = 0.3;
constexpr double kToneMapPart = 1.2;
// 1080, 720, 480, 360 and 240 lines, and the decoding; 30 times a second.
constexpr double kPixelsPerSecondUsual = (3'740'000 + kDecodePart * 1920 * 1080) * 30;
// Of a usual ladder: some 1.7 seconds of a processor for each of content.
constexpr double kPixelsPerCpuSecond = kPixelsPerSecondUsual / 1.7;
// More than hours of pictures; counting with them cannot overflow.
constexpr std::int64_t kCountableFramesMax = std::int64_t{1} << 40U;

double PixelsPerSecond(const media::VideoPlan& plan) {
  double largest = 0;
  double sum = 0;
  for (const media::VideoRung& rung : plan.rungs) {
    const double pixels = static_cast<double>(rung.width) * rung.height;
    largest = std::max(largest, pixels);
    sum += pixels;
  }
  sum += largest * (kDecodePart + (plan.tone_map ? kToneMapPart : 0));
  return sum * plan.frame_rate.AsDouble();
}

// At least 1.
std::int64_t UsualFrames(const media::VideoPlan& plan) {
  const double work = PixelsPerSecond(plan);
  double seconds = kChunkSecondsMax;
  if (work > 0) {
    seconds = std::clamp(kChunkSecondsMin * kPixelsPerSecondUsual / work, kChunkSecondsMin,
                         kChunkSecondsMax);
  }
  const double frames = seconds * plan.frame_rate.AsDouble();
  return std::llround(std::clamp(frames, 1.0, static_cast<double>(kCountableFramesMax)));
}

// Where segments begin.
class SegmentGrid {
 public:
  explicit SegmentGrid(const media::VideoPlan& plan) : plan_(plan) {}

  // Segment 0 begins at frame 0. May be behind the last frame.
  std::int64_t FrameOf(std::size_t segment) const {
    if (segment == 0) return 0;
    if (plan_.cuts.empty()) return static_cast<std::int64_t>(segment) * plan_.frames_per_segment;
    return segment <= plan_.cuts.size() ? plan_.cuts[segment - 1] : kCountableFramesMax;
  }
  // The first that does not begin before this frame.
  std::size_t FirstAt(std::int64_t frame) const {
    if (plan_.cuts.empty()) {
      return static_cast<std::size_t>((frame + plan_.frames_per_segment - 1) /
                                      plan_.frames_per_segment);
    }
    const auto found = std::ranges::lower_bound(plan_.cuts, frame);
    return static_cast<std::size_t>(found - plan_.cuts.begin()) + 1;
  }

 private:
  const media::VideoPlan& plan_;
};

// The segment that begins nearest to `frames` behind the given one, and neither much earlier nor
// with it.
std::size_t NextSegment(const SegmentGrid& grid, std::size_t segment, std::int64_t frames) {
  const std::int64_t begin = grid.FrameOf(segment);
  const std::int64_t wanted = begin + frames;
  const std::size_t later = std::max(grid.FirstAt(wanted), segment + 1);
  const std::size_t earlier = later - 1;
  const bool is_long_enough = grid.FrameOf(earlier) - begin > frames * 3 / 4;
  const bool is_nearer = wanted - grid.FrameOf(earlier) < grid.FrameOf(later) - wanted;
  return earlier > segment && is_long_enough && is_nearer ? earlier : later;
}

// Chunks of about so many frames, which are at least 1.
std::vector<Chunk> Divide(const SegmentGrid& grid, std::int64_t frame_count, std::int64_t frames) {
  std::vector<Chunk> chunks;
  std::size_t segment = 0;
  while (grid.FrameOf(segment) < frame_count) {
    const std::size_t next = segment == 0 ? 1 : NextSegment(grid, segment, frames);
    chunks.push_back({.first_frame = grid.FrameOf(segment),
                      .end_frame = grid.FrameOf(next),
                      .first_segment = segment});
    segment = next;
  }
  const bool is_short = frame_count - chunks.back().first_frame < (frames + 1) / 2;
  if (is_short && chunks.size() > 1) chunks.pop_back();
  chunks.back().end_frame = 0;
  return chunks;
}

}  // namespace

std::vector<Chunk> PlanChunks(const media::EncodePlan& plan) {
  if (!plan.video || plan.video->rungs.empty()) return {};
  const media::VideoPlan& video = *plan.video;
  const bool is_whole = video.first_frame == 0 && video.end_frame == 0;
  const bool is_sane = video.frame_count > 0 && video.frame_count < kCountableFramesMax &&
                       video.frames_per_segment > 0 &&
                       video.frames_per_segment < kCountableFramesMax &&
                       video.frame_rate.AsDouble() > 0;
  if (!is_whole || !is_sane) return {};
  const std::int64_t usual = UsualFrames(video);
  if (video.frame_count / 2 < usual) return {};
  const SegmentGrid grid(video);
  constexpr auto kCountMax = static_cast<std::int64_t>(kChunksMax) - 1;
  const std::int64_t least = video.frame_count / kCountMax + 1;
  std::vector<Chunk> chunks = Divide(grid, video.frame_count, std::max(usual, least));
  // A chunk may be a quarter shorter than is asked for.
  if (chunks.size() > kChunksMax) {
    chunks = Divide(grid, video.frame_count, std::max(usual, least * 3 / 2));
  }
  if (chunks.size() < 2) return {};
  return chunks;
}

media::EncodePlan ChunkPlan(const media::EncodePlan& plan, const Chunk& chunk) {
  media::EncodePlan part = plan;
  part.audio.clear();
  part.subtitles.clear();
  part.video->first_frame = chunk.first_frame;
  part.video->end_frame = chunk.end_frame;
  return part;
}

double CpuSeconds(const media::VideoPlan& plan, std::int64_t frames) {
  const double seconds = static_cast<double>(frames) / plan.frame_rate.AsDouble();
  return seconds * PixelsPerSecond(plan) / kPixelsPerCpuSecond;
}

}  // namespace tritontube::planning
