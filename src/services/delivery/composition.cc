#include "services/delivery/composition.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <tuple>

namespace tritontube::delivery {

namespace {

using media::Kind;
using media::Rendition;

// Sound and pictures are cut at times of their own. Of two tracks that are so
// near to each other neither is ahead.
constexpr double kNearSeconds = 0.5;

// When the first `count` segments have been shown. What an edit list hides of
// sound is before its beginning; what it moves of pictures is the time between
// their decoding and their showing, which is not counted in the first place.
double EndSeconds(const Rendition& rendition, std::size_t count) {
  if (count == 0) return 0;
  const media::Segment& last = rendition.segments[count - 1];
  const double hidden =
      rendition.kind == Kind::kAudio ? static_cast<double>(rendition.presentation_offset) : 0;
  return (static_cast<double>(last.start + last.duration) - hidden) / rendition.timescale;
}

// The place of a sound track in the file: the digits of "asrc1" and "a1".
std::size_t TrackNumber(std::string_view id) {
  const std::size_t digits = id.find_first_of("0123456789");
  std::size_t number = 0;
  if (digits != std::string_view::npos) {
    std::from_chars(id.data() + digits, id.data() + id.size(), number);
  }
  return number;
}

// The original before what was made of it.
void Sort(std::vector<Part>& parts) {
  std::ranges::sort(parts, {}, [](const Part& part) {
    const Rendition& rendition = part.rendition;
    const bool video = rendition.kind == Kind::kVideo;
    return std::tuple(!video, video ? -std::min(rendition.width, rendition.height) : 0,
                      video ? 0 : TrackNumber(rendition.id), !part.of_source, rendition.id);
  });
}

// Players want one.
void ChooseDefault(std::vector<Part>& parts) {
  Rendition* chosen = nullptr;
  for (Part& part : parts) {
    if (part.rendition.kind != Kind::kAudio) continue;
    const bool better = part.rendition.is_default && (chosen == nullptr || !chosen->is_default);
    if (chosen == nullptr || better) chosen = &part.rendition;
  }
  for (Part& part : parts) part.rendition.is_default = &part.rendition == chosen;
}

// How far all tracks can be had that have not come to their end.
double LimitSeconds(const std::vector<Part>& parts) {
  double limit = std::numeric_limits<double>::infinity();
  for (const Part& part : parts) {
    if (!part.ended) limit = std::min(limit, EndSeconds(part.rendition, part.available));
  }
  return limit;
}

std::size_t ListedCount(const Part& part, double limit_seconds) {
  std::size_t count = 0;
  while (count < part.available &&
         EndSeconds(part.rendition, count) < limit_seconds - kNearSeconds) {
    ++count;
  }
  return std::max<std::size_t>(count, 1);
}

}  // namespace

std::optional<Composition> Compose(std::vector<Part> parts, const CompositionOptions& options) {
  std::erase_if(parts, [](const Part& part) { return part.available == 0; });
  if (parts.empty()) return std::nullopt;
  Sort(parts);
  ChooseDefault(parts);
  Composition composition;
  composition.grows = std::ranges::any_of(parts, [](const Part& part) { return !part.ended; });
  composition.presentation.duration_seconds = options.duration_seconds;
  composition.presentation.has_poster = options.has_poster;
  const double limit = LimitSeconds(parts);
  for (Part& part : parts) {
    double& duration = composition.presentation.duration_seconds;
    duration = std::max(duration, EndSeconds(part.rendition, part.rendition.segments.size()));
    composition.available.push_back(part.available);
    composition.listed.push_back(ListedCount(part, limit));
    composition.of_source.push_back(part.of_source);
    composition.presentation.renditions.push_back(std::move(part.rendition));
  }
  return composition;
}

}  // namespace tritontube::delivery
