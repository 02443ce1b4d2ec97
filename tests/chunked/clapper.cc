#include "chunked/clapper.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <fstream>
#include <numbers>

namespace tritontube::chunked {

namespace {

constexpr int kClapSamples = kSamplesPerFrame;
constexpr double kLowHertz = 500;
constexpr double kHighHertz = 4000;
constexpr double kLoudness = 16'000;
constexpr std::int64_t kSearch = kSampleRate / 50;
// Of what a clap at full loudness would give: what remains of one is not one.
constexpr double kLikenessMin = 0.5;

const std::vector<double>& Clap() {
  static const std::vector<double> kClap = [] {
    std::vector<double> clap;
    const double seconds = static_cast<double>(kClapSamples) / kSampleRate;
    for (int i = 0; i < kClapSamples; ++i) {
      const double t = static_cast<double>(i) / kSampleRate;
      const double turns = kLowHertz * t + (kHighHertz - kLowHertz) * t * t / (2 * seconds);
      clap.push_back(std::sin(2 * std::numbers::pi * turns));
    }
    return clap;
  }();
  return kClap;
}

std::string LittleEndian(std::uint32_t number, int width) {
  std::string bytes;
  for (int i = 0; i < width; ++i, number >>= 8U) bytes += static_cast<char>(number & 0xffU);
  return bytes;
}

// 1 for a clap that begins exactly here.
double Likeness(const std::vector<std::int16_t>& samples, std::int64_t begin) {
  double sum = 0;
  double most = 0;
  for (std::size_t i = 0; i < Clap().size(); ++i) {
    const std::int64_t at = begin + static_cast<std::int64_t>(i);
    most += Clap()[i] * Clap()[i] * kLoudness;
    if (at < 0 || at >= static_cast<std::int64_t>(samples.size())) continue;
    sum += Clap()[i] * samples[static_cast<std::size_t>(at)];
  }
  return sum / most;
}

}  // namespace

void WriteClaps(const std::filesystem::path& wav, const std::vector<std::int64_t>& frames,
                double seconds) {
  std::vector<std::int16_t> samples(static_cast<std::size_t>(seconds * kSampleRate));
  for (const std::int64_t frame : frames) {
    const auto begin = static_cast<std::size_t>(frame) * kSamplesPerFrame;
    for (std::size_t i = 0; i < Clap().size() && begin + i < samples.size(); ++i) {
      samples[begin + i] = static_cast<std::int16_t>(Clap()[i] * kLoudness);
    }
  }
  const auto bytes = static_cast<std::uint32_t>(samples.size() * sizeof(std::int16_t));
  std::ofstream file(wav, std::ios::binary);
  file << "RIFF" << LittleEndian(36 + bytes, 4) << "WAVEfmt " << LittleEndian(16, 4)
       << LittleEndian(1, 2) << LittleEndian(1, 2) << LittleEndian(kSampleRate, 4)
       << LittleEndian(2 * kSampleRate, 4) << LittleEndian(2, 2) << LittleEndian(16, 2) << "data"
       << LittleEndian(bytes, 4);
  for (const std::int16_t sample : samples) {
    file << LittleEndian(static_cast<std::uint16_t>(sample), 2);
  }
}

std::optional<std::int64_t> FindClap(const std::vector<std::int16_t>& samples,
                                     std::int64_t expected) {
  std::int64_t best = expected;
  double most = 0;
  for (std::int64_t at = expected - kSearch; at <= expected + kSearch; ++at) {
    const double likeness = Likeness(samples, at);
    if (likeness <= most) continue;
    most = likeness;
    best = at;
  }
  if (most < kLikenessMin) return std::nullopt;
  return best;
}

std::string FlashFilter(const std::vector<std::int64_t>& frames) {
  std::vector<std::string> conditions;
  conditions.reserve(frames.size());
  for (const std::int64_t frame : frames) conditions.push_back(fmt::format("eq(n,{})", frame));
  return fmt::format("drawbox=c=white:t=fill:enable='{}'", fmt::join(conditions, "+"));
}

}  // namespace tritontube::chunked
