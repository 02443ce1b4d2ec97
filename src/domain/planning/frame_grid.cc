#include "domain/planning/frame_grid.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

namespace tritontube::planning {

using media::Rational;

namespace {

constexpr std::array<Rational, 9> kUsualRates = {
    Rational{24'000, 1001}, Rational{24, 1},        Rational{25, 1},
    Rational{30'000, 1001}, Rational{30, 1},        Rational{48, 1},
    Rational{50, 1},        Rational{60'000, 1001}, Rational{60, 1}};
constexpr double kTolerance = 0.005;
constexpr double kRateMin = 5;
constexpr double kRateMax = 60;
// Below this a rate is a choice of its maker (a webcam, an old camera).
constexpr double kKeptBelow = 20;
// Cameras go this far. More is the common multiple of irregular times.
constexpr double kBelievableMax = 240;
constexpr double kSegmentSeconds = 4;

// The rate per second, or nothing when it is not a positive number.
std::optional<double> PerSecond(Rational rate) {
  if (rate.numerator <= 0 || rate.denominator <= 0) return std::nullopt;
  return rate.AsDouble();
}

bool IsNear(double value, double wanted) { return std::abs(value - wanted) <= wanted * kTolerance; }

// Counts pictures where the container does not name an average.
std::optional<double> Average(const media::VideoStream& stream) {
  const std::optional<double> stated = PerSecond(stream.average_frame_rate);
  if (stated && *stated <= kBelievableMax * (1 + kTolerance)) return stated;
  if (stream.frame_count < 2 || !(stream.duration_seconds > 0)) return std::nullopt;
  const double counted = static_cast<double>(stream.frame_count) / stream.duration_seconds;
  if (!std::isfinite(counted) || counted > kBelievableMax) return std::nullopt;
  return counted;
}

// The rate at which pictures follow each other where they do. The nominal rate
// is that one, except for interlaced pictures, where it may count the fields.
double NaturalRate(const media::VideoStream& stream) {
  const std::optional<double> average = Average(stream);
  const std::optional<double> nominal = PerSecond(stream.nominal_frame_rate);
  if (!nominal) return average.value_or(30);
  if (*nominal > kBelievableMax * (1 + kTolerance)) return average.value_or(0) > 30 ? 60 : 30;
  const bool counts_fields = average && IsNear(*nominal, 2 * *average);
  return average && (stream.interlaced || counts_fields) ? *average : *nominal;
}

// A rate below the usual ones, as a ratio of small numbers.
Rational Tidy(double rate) {
  return Rational{static_cast<std::int64_t>(std::llround(rate * 1000)), 1000}.Reduced();
}

}  // namespace

Rational GridRate(const media::VideoStream& stream) {
  double rate = NaturalRate(stream);
  // Every second or third picture of a fast camera, rather than an uneven choice.
  if (rate > kRateMax) rate /= std::ceil(rate / (kRateMax * (1 + kTolerance)));
  const auto distance = [rate](Rational usual) { return std::abs(usual.AsDouble() - rate); };
  const Rational nearest = *std::ranges::min_element(kUsualRates, {}, distance);
  if (IsNear(rate, nearest.AsDouble())) return nearest;
  if (rate < kKeptBelow) return Tidy(std::max(rate, kRateMin));
  const auto* above = std::ranges::find_if(
      kUsualRates, [rate](Rational usual) { return usual.AsDouble() >= rate; });
  return above == kUsualRates.end() ? kUsualRates.back() : *above;
}

std::int64_t FramesPerSegment(Rational rate) {
  return std::max<std::int64_t>(1, std::llround(kSegmentSeconds * rate.AsDouble()));
}

std::uint32_t Timescale(Rational rate) {
  // Players and muxers expect thousands of ticks, not 25.
  const std::int64_t factor = rate.numerator < 1000 ? 512 : 1;
  return static_cast<std::uint32_t>(rate.numerator * factor);
}

}  // namespace tritontube::planning
