#include "adapters/ffmpeg/similarity_output.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>

namespace tritontube::ffmpeg {

namespace {

// What was printed last: the file's own words come before it.
std::optional<double> SimilarityOf(std::string_view text, std::size_t index) {
  const std::size_t line = text.rfind(fmt::format("[ssim@{} @ ", index));
  if (line == std::string_view::npos) return std::nullopt;
  text.remove_prefix(line);
  text = text.substr(0, text.find('\n'));
  constexpr std::string_view kLabel = " All:";
  const std::size_t at = text.find(kLabel);
  if (at == std::string_view::npos) return std::nullopt;
  text.remove_prefix(at + kLabel.size());
  double similarity = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), similarity);
  const bool is_sane = error == std::errc() && similarity >= -1 && similarity <= 1;
  return is_sane ? std::optional(similarity) : std::nullopt;
}

}  // namespace

Result<std::vector<double>> ParseSimilarities(std::string_view text, std::size_t count) {
  std::vector<double> similarities;
  for (std::size_t i = 0; i < count; ++i) {
    const std::optional<double> similarity = SimilarityOf(text, i);
    if (!similarity) return Fail(ErrorCode::kInternal, "ffmpeg has compared no pictures");
    similarities.push_back(*similarity);
  }
  return similarities;
}

}  // namespace tritontube::ffmpeg
