#include "adapters/ffmpeg/loudness_output.h"

#include <charconv>
#include <cmath>

namespace tritontube::ffmpeg {

namespace {

// The filter says this of what is too quiet to be measured.
constexpr double kSilenceLufs = -70;

// The number behind `label`; not finite for "-inf".
std::optional<double> NumberAfter(std::string_view text, std::string_view label) {
  const std::size_t at = text.find(label);
  if (at == std::string_view::npos) return std::nullopt;
  text.remove_prefix(at + label.size());
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  return number;
}

}  // namespace

Result<std::optional<media::Loudness>> ParseLoudness(std::string_view text) {
  const std::size_t summary = text.rfind("Summary:");
  const auto integrated =
      summary == std::string_view::npos ? std::nullopt : NumberAfter(text.substr(summary), "I:");
  const auto peak =
      summary == std::string_view::npos ? std::nullopt : NumberAfter(text.substr(summary), "Peak:");
  if (!integrated || !peak) {
    return Fail(ErrorCode::kInternal, "ffmpeg has printed no loudness");
  }
  if (*integrated <= kSilenceLufs || !std::isfinite(*peak)) return std::nullopt;
  return media::Loudness{.integrated_lufs = *integrated, .true_peak_dbfs = *peak};
}

}  // namespace tritontube::ffmpeg
