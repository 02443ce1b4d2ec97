#include "domain/planning/tracks.h"

#include <fmt/format.h>
#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <ranges>
#include <string>
#include <string_view>

#include "base/ascii.h"

namespace tritontube::planning {

namespace {

constexpr std::size_t kLabelBytesMax = 100;
constexpr std::size_t kLanguageBytesMax = 35;  // RFC 5646, 4.4.1.

// What may stand in a manifest: no controls, no broken UTF-8, not endless.
bool IsPrintable(utf8proc_int32_t code) {
  const auto category = utf8proc_category(code);
  return category != UTF8PROC_CATEGORY_CC && category != UTF8PROC_CATEGORY_CF &&
         category != UTF8PROC_CATEGORY_CN && category != UTF8PROC_CATEGORY_CO &&
         category != UTF8PROC_CATEGORY_ZL && category != UTF8PROC_CATEGORY_ZP;
}

std::string CleanLabel(std::string_view title) {
  std::string label;
  while (!title.empty()) {
    utf8proc_int32_t code = 0;
    const auto length = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(title.data()),
                                         static_cast<utf8proc_ssize_t>(title.size()), &code);
    const auto size = static_cast<std::size_t>(std::max<utf8proc_ssize_t>(length, 1));
    if (label.size() + size > kLabelBytesMax) break;
    if (length > 0 && IsPrintable(code)) label += title.substr(0, size);
    title.remove_prefix(size);
  }
  return label;
}

// A language tag in lower case, or nothing: "und" says as much as no tag.
std::string CleanLanguage(std::string_view tag) {
  std::string language;
  for (const char c : tag) {
    const char lower = AsciiLower(c);
    const bool letter = lower >= 'a' && lower <= 'z';
    const bool later = !language.empty() && ((c >= '0' && c <= '9') || c == '-');
    if (!letter && !later) return "";
    language += lower;
  }
  const bool sane = language.size() >= 2 && language.size() <= kLanguageBytesMax &&
                    language.back() != '-' && !language.contains("--");
  return sane && language != "und" ? language : "";
}

// A demuxer that found neither channels nor a rate will not find samples.
bool HoldsSound(const media::AudioStream& stream) {
  return stream.index >= 0 && stream.channels > 0 && stream.sample_rate > 0;
}

// Those that are text. Pictures of text (DVD, Blu-ray, DVB) cannot be captions.
bool IsText(const media::SubtitleStream& stream) {
  constexpr std::array<std::string_view, 8> kTextCodecs = {
      "mov_text", "subrip", "srt", "ass", "ssa", "webvtt", "text", "subviewer"};
  return stream.index >= 0 && std::ranges::find(kTextCodecs, stream.codec) != kTextCodecs.end();
}

}  // namespace

std::size_t CountUndecodableAudio(const media::Source& source) {
  return static_cast<std::size_t>(std::ranges::count_if(
      source.audio,
      [](const media::AudioStream& stream) { return HoldsSound(stream) && !stream.is_decodable; }));
}

std::vector<media::AudioStream> UsableAudio(const media::Source& source, std::size_t count_max) {
  std::vector<media::AudioStream> usable;
  for (const media::AudioStream& stream : source.audio) {
    if (!HoldsSound(stream) || !stream.is_decodable) continue;
    if (usable.size() == count_max) break;
    usable.push_back(stream);
  }
  return usable;
}

std::vector<media::AudioPlan> PlanAudio(const std::vector<media::AudioStream>& streams) {
  std::vector<media::AudioPlan> plans;
  for (const media::AudioStream& stream : streams) {
    media::AudioPlan plan;
    plan.id = fmt::format("a{}", plans.size());
    plan.stream_index = stream.index;
    plan.track_id = stream.id;
    plan.language = CleanLanguage(stream.language);
    plan.label = CleanLabel(stream.title);
    plan.is_default = plans.empty();
    plans.push_back(std::move(plan));
  }
  return plans;
}

std::vector<media::SubtitlePlan> PlanSubtitles(const media::Source& source, std::size_t count_max) {
  std::vector<media::SubtitlePlan> plans;
  for (const media::SubtitleStream& stream : source.subtitles) {
    if (!IsText(stream) || plans.size() == count_max) continue;
    plans.push_back({.stream_index = stream.index,
                     .language = CleanLanguage(stream.language),
                     .label = CleanLabel(stream.title)});
  }
  return plans;
}

}  // namespace tritontube::planning
