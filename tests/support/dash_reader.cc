#include "support/dash_reader.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "support/xml_reader.h"

namespace tritontube::support {

namespace {

std::unexpected<Error> BadMpd(std::string_view what) {
  return Fail(ErrorCode::kInvalidArgument, "MPD: {}", what);
}

template <typename Number>
std::optional<Number> Parse(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// An attribute that must be a number, or the fallback when it is not there.
Result<std::uint64_t> Number(const XmlElement& element, const std::string& name,
                             std::optional<std::uint64_t> fallback = std::nullopt) {
  const std::string text = element.Attribute(name);
  if (text.empty() && fallback) return *fallback;
  const auto number = Parse<std::uint64_t>(text);
  if (!number) return BadMpd(fmt::format("{}/@{} is '{}'", element.name, name, text));
  return *number;
}

// xs:duration, the time part only: PT1H2M3.5S.
std::optional<double> ParseDuration(std::string_view text) {
  if (!text.starts_with("PT") || text.size() < 4) return std::nullopt;
  text.remove_prefix(2);
  double seconds = 0;
  while (!text.empty()) {
    const std::size_t unit = text.find_first_of("HMS");
    if (unit == std::string_view::npos) return std::nullopt;
    const auto number = Parse<double>(text.substr(0, unit));
    if (!number || *number < 0) return std::nullopt;
    seconds += *number * (text[unit] == 'H' ? 3600 : text[unit] == 'M' ? 60 : 1);
    text.remove_prefix(unit + 1);
  }
  return seconds;
}

// Expands $RepresentationID$, $Number$ and $Number%0Nd$ (ISO/IEC 23009-1, 5.3.9.4.4).
Result<std::string> Expand(std::string_view pattern, std::string_view id, std::uint64_t number) {
  std::string name;
  while (!pattern.empty()) {
    const std::size_t begin = pattern.find('$');
    name += pattern.substr(0, begin);
    if (begin == std::string_view::npos) break;
    const std::size_t end = pattern.find('$', begin + 1);
    if (end == std::string_view::npos) return BadMpd("template has an odd '$'");
    const std::string_view key = pattern.substr(begin + 1, end - begin - 1);
    if (key == "RepresentationID") {
      name += id;
    } else if (key == "Number") {
      name += fmt::format("{}", number);
    } else if (key.starts_with("Number%0") && key.ends_with("d")) {
      const auto width = Parse<int>(key.substr(8, key.size() - 9));
      if (!width) return BadMpd("template has a bad width");
      name += fmt::format("{:0{}}", number, *width);
    } else {
      return BadMpd(fmt::format("template has the key '{}'", key));
    }
    pattern.remove_prefix(end + 1);
  }
  return name;
}

Result<void> ReadTimeline(const XmlElement& segment_template, DashRepresentation& into) {
  const auto timelines = segment_template.Children("SegmentTimeline");
  if (timelines.size() != 1) return BadMpd("a SegmentTemplate has no SegmentTimeline");
  TT_ASSIGN_OR_RETURN(std::uint64_t number, Number(segment_template, "startNumber", 1));
  const std::string media = segment_template.Attribute("media");
  std::uint64_t time = 0;
  for (const XmlElement* s : timelines[0]->Children("S")) {
    TT_ASSIGN_OR_RETURN(time, Number(*s, "t", time));
    TT_ASSIGN_OR_RETURN(const std::uint64_t duration, Number(*s, "d"));
    TT_ASSIGN_OR_RETURN(const std::uint64_t repeat, Number(*s, "r", 0));
    if (duration == 0 || repeat > 1'000'000) return BadMpd("S/@d or @r cannot be");
    for (std::uint64_t i = 0; i <= repeat; ++i) {
      TT_ASSIGN_OR_RETURN(std::string name, Expand(media, into.id, number++));
      into.segments.push_back({.name = std::move(name), .start = time, .duration = duration});
      time += duration;
    }
  }
  if (into.segments.empty()) return BadMpd(fmt::format("{} has no segment", into.id));
  return {};
}

Result<DashRepresentation> ReadRepresentation(const XmlElement& set, const XmlElement& element) {
  DashRepresentation read;
  read.id = element.Attribute("id");
  read.content_type = set.Attribute("contentType");
  read.mime_type = set.Attribute("mimeType");
  read.language = set.Attribute("lang");
  read.codecs = element.Attribute("codecs");
  read.frame_rate = element.Attribute("frameRate");
  TT_ASSIGN_OR_RETURN(read.bandwidth, Number(element, "bandwidth"));
  TT_ASSIGN_OR_RETURN(read.width, Number(element, "width", 0));
  TT_ASSIGN_OR_RETURN(read.height, Number(element, "height", 0));
  TT_ASSIGN_OR_RETURN(read.sample_rate, Number(element, "audioSamplingRate", 0));
  const auto channels = element.Children("AudioChannelConfiguration");
  if (channels.size() == 1) read.channels = channels[0]->Attribute("value");
  const auto templates = element.Children("SegmentTemplate");
  if (templates.size() != 1) return BadMpd(fmt::format("{} has no SegmentTemplate", read.id));
  TT_ASSIGN_OR_RETURN(read.timescale, Number(*templates[0], "timescale"));
  TT_ASSIGN_OR_RETURN(read.presentation_time_offset,
                      Number(*templates[0], "presentationTimeOffset", 0));
  TT_ASSIGN_OR_RETURN(read.init_name,
                      Expand(templates[0]->Attribute("initialization"), read.id, 0));
  TT_RETURN_IF_ERROR(ReadTimeline(*templates[0], read));
  return read;
}

Result<void> CheckRoot(const XmlElement& mpd) {
  if (mpd.name != "MPD") return BadMpd("the root element is not MPD");
  if (mpd.Attribute("xmlns") != "urn:mpeg:dash:schema:mpd:2011") return BadMpd("wrong namespace");
  if (mpd.Attribute("type") != "static") return BadMpd("MPD/@type is not static");
  if (!mpd.Attribute("profiles").contains("urn:mpeg:dash:profile:isoff-live:2011")) {
    return BadMpd("MPD/@profiles does not name isoff-live");
  }
  if (!ParseDuration(mpd.Attribute("minBufferTime")))
    return BadMpd("MPD/@minBufferTime is missing");
  if (mpd.Children("Period").size() != 1) return BadMpd("there is not exactly one Period");
  return {};
}

}  // namespace

Result<DashManifest> ReadMpd(std::string_view text) {
  TT_ASSIGN_OR_RETURN(const XmlElement mpd, ReadXml(text));
  TT_RETURN_IF_ERROR(CheckRoot(mpd));
  DashManifest manifest;
  const auto duration = ParseDuration(mpd.Attribute("mediaPresentationDuration"));
  if (!duration) return BadMpd("MPD/@mediaPresentationDuration is missing");
  manifest.duration_seconds = *duration;
  std::size_t set_index = 0;
  for (const XmlElement* set : mpd.Children("Period")[0]->Children("AdaptationSet")) {
    if (set->Attribute("segmentAlignment") != "true") return BadMpd("segmentAlignment is not true");
    for (const XmlElement* element : set->Children("Representation")) {
      TT_ASSIGN_OR_RETURN(DashRepresentation read, ReadRepresentation(*set, *element));
      read.adaptation_set = set_index;
      manifest.representations.push_back(std::move(read));
    }
    ++set_index;
  }
  if (manifest.representations.empty()) return BadMpd("there is no Representation");
  return manifest;
}

}  // namespace tritontube::support
