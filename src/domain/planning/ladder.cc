#include "domain/planning/ladder.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace tritontube::planning {

namespace {

// Lines are counted on the short side, so that a portrait phone clip gets the
// same ladder as a landscape one.
struct Step {
  int short_side = 0;
  std::int64_t bits_per_second_max = 0;
};
constexpr std::array kSteps = {Step{1080, 5'000'000}, Step{720, 2'800'000}, Step{480, 1'400'000},
                               Step{360, 800'000}, Step{240, 400'000}};
constexpr double kShortSideMax = 1080;
// What hardware decoders take (H.264 level 5.1).
constexpr double kLongSideMax = 4096;
constexpr double kSideMin = 16;
constexpr int kCodedSideMax = 65'535;
constexpr double kHighFrameRate = 45;
// A rung nearer than this to the one above costs an encode and shows nothing new.
constexpr double kStepMin = 1.15;
// Beyond this a sample aspect ratio is a slip of the muxer.
constexpr double kAspectMax = 10;

double SampleAspect(media::Rational stated) {
  if (stated.numerator <= 0 || stated.denominator <= 0) return 1;
  const double aspect = stated.AsDouble();
  return aspect > kAspectMax || aspect < 1 / kAspectMax ? 1 : aspect;
}

// The even number nearest to `side`; of two, the smaller, because we never enlarge.
int Even(double side) { return 2 * static_cast<int>(std::ceil(side / 2 - 0.5)); }

double ShrinkToFit(DisplaySize size) {
  const auto [short_side, long_side] = std::minmax(size.width, size.height);
  return std::min({1.0, kShortSideMax / short_side, kLongSideMax / long_side});
}

media::VideoRung MakeRung(int width, int height, bool fast) {
  const int short_side = std::min(width, height);
  // An odd size is held to the next step above it.
  const Step* step = &kSteps.front();
  for (const Step& candidate : kSteps) {
    if (candidate.short_side >= short_side) step = &candidate;
  }
  media::VideoRung rung;
  rung.id = fmt::format("v{}", short_side);
  rung.width = width;
  rung.height = height;
  rung.bits_per_second_max = step->bits_per_second_max * (fast ? 3 : 2) / 2;
  rung.buffer_bits = 2 * rung.bits_per_second_max;
  return rung;
}

}  // namespace

Result<DisplaySize> DisplaySizeOf(const media::VideoStream& stream, std::int64_t pixels_max) {
  const bool sized = stream.width > 0 && stream.height > 0 && stream.width <= kCodedSideMax &&
                     stream.height <= kCodedSideMax;
  if (!sized) {
    return Fail(ErrorCode::kInvalidArgument, "the video says its pictures are {} x {} pixels",
                stream.width, stream.height);
  }
  if (std::int64_t{stream.width} * stream.height > pixels_max) {
    return Fail(ErrorCode::kInvalidArgument,
                "the video's pictures are {} x {} pixels; at most {} megapixels are accepted",
                stream.width, stream.height, pixels_max / 1'000'000);
  }
  DisplaySize size{.width = stream.width * SampleAspect(stream.sample_aspect),
                   .height = static_cast<double>(stream.height)};
  if (stream.rotation_degrees % 180 != 0) std::swap(size.width, size.height);
  if (std::min(size.width, size.height) * ShrinkToFit(size) < kSideMin) {
    return Fail(ErrorCode::kInvalidArgument, "the video's pictures are too small or too narrow");
  }
  return size;
}

std::vector<media::VideoRung> Ladder(DisplaySize size, media::Rational frame_rate) {
  const bool fast = frame_rate.AsDouble() >= kHighFrameRate;
  const double top_scale = ShrinkToFit(size);
  const auto rung_at = [&](double scale) {
    return MakeRung(Even(size.width * scale), Even(size.height * scale), fast);
  };
  std::vector<media::VideoRung> rungs = {rung_at(top_scale)};
  const int top_side = std::min(rungs.front().width, rungs.front().height);
  for (const Step& step : kSteps) {
    if (step.short_side * kStepMin <= top_side) {
      rungs.push_back(rung_at(step.short_side / std::min(size.width, size.height)));
    }
  }
  return rungs;
}

}  // namespace tritontube::planning
