#include "domain/manifest/mpd.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <span>
#include <vector>

#include "base/assert.h"
#include "domain/manifest/text.h"

// A note on time. The timeline counts in the media's own ticks, tfdt by tfdt,
// and there is no @presentationTimeOffset: browsers subtract the edit list's
// media time of the initialisation segment by themselves, and would subtract
// AAC's priming twice (measured in Chromium 156: the sound came 21 ms early).

namespace tritontube::manifest {

namespace {

using media::Kind;
using media::Rendition;
using Output = std::back_insert_iterator<std::string>;

constexpr std::string_view kStatic = "type=\"static\"";
// What is listed can be had, however long ago: players compare the time of day
// with the beginning, and must not wait for what comes faster than it plays.
constexpr std::string_view kDynamic =
    "type=\"dynamic\" availabilityStartTime=\"1970-01-01T00:00:00Z\" "
    "minimumUpdatePeriod=\"PT2S\"";

double LongestSegmentSeconds(const media::Presentation& presentation) {
  double longest = 0;
  for (const Rendition& rendition : presentation.renditions) {
    for (const media::Segment& segment : rendition.segments) {
      longest = std::max(longest, static_cast<double>(segment.duration) / rendition.timescale);
    }
  }
  return longest;
}

// A rendition and the segments of it that are listed.
struct Listed {
  const Rendition* rendition = nullptr;
  std::span<const media::Segment> segments;
};
using ListedSet = std::vector<Listed>;

// A player may switch between the two at any segment: each begins where the
// other's does, to a picture. Of what grows only so much is compared as is there.
bool LineUp(const Rendition& one, const Rendition& other) {
  const auto frame_seconds = [](const Rendition& rendition) {
    const double rate = rendition.frame_rate.AsDouble();
    return rate > 0 ? 1 / rate : 0;
  };
  const double tolerance = std::max(frame_seconds(one), frame_seconds(other));
  const auto begin = [](const Rendition& rendition, std::size_t index) {
    return static_cast<double>(rendition.segments[index].start) / rendition.timescale;
  };
  for (std::size_t i = 0; i < std::min(one.segments.size(), other.segments.size()); ++i) {
    if (std::abs(begin(one, i) - begin(other, i)) > tolerance) return false;
  }
  return true;
}

// The video renditions in sets of those that line up, and each audio track in
// one of its own. The set of the first picture comes first, whatever else
// there is only after the sound: so the ids of the others stay.
std::vector<ListedSet> SetsOf(std::span<const Rendition> all, std::span<const std::size_t> listed) {
  std::vector<ListedSet> video;
  std::vector<ListedSet> audio;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const std::span<const media::Segment> segments = all[i].segments;
    const Listed one{.rendition = &all[i],
                     .segments = listed.empty() ? segments : segments.first(listed[i])};
    if (all[i].kind != Kind::kVideo) {
      audio.push_back({one});
      continue;
    }
    const auto set = std::ranges::find_if(
        video, [&](const ListedSet& known) { return LineUp(*known.front().rendition, all[i]); });
    if (set == video.end()) {
      video.push_back({one});
    } else {
      set->push_back(one);
    }
  }
  std::vector<ListedSet> sets;
  if (!video.empty()) sets.push_back(std::move(video.front()));
  std::ranges::move(audio, std::back_inserter(sets));
  if (video.size() > 1) std::move(video.begin() + 1, video.end(), std::back_inserter(sets));
  return sets;
}

// Runs of segments of one duration become one S element.
void WriteTimeline(Output out, std::span<const media::Segment> segments) {
  fmt::format_to(out, "          <SegmentTimeline>\n");
  std::uint64_t expected = 0;
  for (std::size_t first = 0, next = 0; first < segments.size(); first = next) {
    const media::Segment& head = segments[first];
    std::uint64_t end = head.start + head.duration;
    for (next = first + 1; next < segments.size(); ++next) {
      if (segments[next].start != end || segments[next].duration != head.duration) break;
      end += head.duration;
    }
    fmt::format_to(out, "            <S");
    if (first == 0 || head.start != expected) fmt::format_to(out, " t=\"{}\"", head.start);
    fmt::format_to(out, " d=\"{}\"", head.duration);
    if (next - first > 1) fmt::format_to(out, " r=\"{}\"", next - first - 1);
    fmt::format_to(out, "/>\n");
    expected = end;
  }
  fmt::format_to(out, "          </SegmentTimeline>\n");
}

void WriteRepresentation(Output out, const Listed& listed) {
  const Rendition& rendition = *listed.rendition;
  fmt::format_to(out, R"(      <Representation id="{}" bandwidth="{}" codecs="{}")",
                 EscapeXml(rendition.id), media::PeakBandwidth(rendition),
                 EscapeXml(rendition.codecs));
  if (rendition.kind == Kind::kVideo) {
    fmt::format_to(out, " width=\"{}\" height=\"{}\" frameRate=\"{}\" sar=\"1:1\">\n",
                   rendition.width, rendition.height, DashFrameRate(rendition.frame_rate));
  } else {
    fmt::format_to(out, " audioSamplingRate=\"{}\">\n", rendition.sample_rate);
    fmt::format_to(out,
                   "        <AudioChannelConfiguration schemeIdUri=\""
                   "urn:mpeg:dash:23003:3:audio_channel_configuration:2011\" value=\"{}\"/>\n",
                   rendition.channels);
  }
  fmt::format_to(out,
                 "        <SegmentTemplate timescale=\"{}\" startNumber=\"1\" "
                 "initialization=\"$RepresentationID$-init.mp4\" "
                 "media=\"$RepresentationID$-$Number%05d$.m4s\">\n",
                 rendition.timescale);
  WriteTimeline(out, listed.segments);
  fmt::format_to(out, "        </SegmentTemplate>\n      </Representation>\n");
}

// One set may be switched within: the renditions differ in quality only.
void WriteAdaptationSet(Output out, std::size_t id, const ListedSet& set) {
  const Rendition& first = *set.front().rendition;
  fmt::format_to(out,
                 "    <AdaptationSet id=\"{}\" contentType=\"{}\" mimeType=\"{}/mp4\" "
                 "segmentAlignment=\"true\" startWithSAP=\"1\"",
                 id, ToString(first.kind), ToString(first.kind));
  if (!first.language.empty()) fmt::format_to(out, " lang=\"{}\"", EscapeXml(first.language));
  fmt::format_to(out, ">\n");
  if (!first.label.empty()) {
    fmt::format_to(out, "      <Label>{}</Label>\n", EscapeXml(first.label));
  }
  const bool main = first.kind == Kind::kVideo || first.is_default;
  fmt::format_to(out, "      <Role schemeIdUri=\"urn:mpeg:dash:role:2011\" value=\"{}\"/>\n",
                 main ? "main" : "alternate");
  for (const Listed& listed : set) WriteRepresentation(out, listed);
  fmt::format_to(out, "    </AdaptationSet>\n");
}

// One file for the whole presentation beside it; what it takes does not matter
// beside the pictures.
void WriteCaptions(Output out, std::size_t id, const media::TextTrack& track) {
  constexpr int kBandwidth = 1000;
  fmt::format_to(out,
                 "    <AdaptationSet id=\"{}\" contentType=\"text\" mimeType=\"text/vtt\" "
                 "lang=\"{}\">\n      <Label>{}</Label>\n"
                 "      <Role schemeIdUri=\"urn:mpeg:dash:role:2011\" value=\"subtitle\"/>\n"
                 "      <Representation id=\"text-{}\" bandwidth=\"{}\">\n"
                 "        <BaseURL>{}</BaseURL>\n      </Representation>\n    </AdaptationSet>\n",
                 id, EscapeXml(track.language), EscapeXml(track.label), EscapeXml(track.language),
                 kBandwidth, EscapeXml(media::CaptionFileName(track)));
}

}  // namespace

std::string WriteMpd(const media::Presentation& presentation,
                     std::span<const media::TextTrack> captions, const MpdOptions& options) {
  const std::span<const Rendition> all = presentation.renditions;
  TT_ASSERT(std::ranges::any_of(all, [](const Rendition& r) { return !r.segments.empty(); }),
            "nothing to play");
  const bool grows = !options.listed.empty();
  TT_ASSERT(!grows || options.listed.size() == all.size(), "{} counts of {} renditions",
            options.listed.size(), all.size());
  std::string text;
  const Output out(text);
  fmt::format_to(out,
                 "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                 "<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" "
                 "profiles=\"urn:mpeg:dash:profile:isoff-live:2011\" {} "
                 "mediaPresentationDuration=\"PT{}S\" maxSegmentDuration=\"PT{}S\" "
                 "minBufferTime=\"PT{}S\">\n  <Period id=\"0\" start=\"PT0S\">\n",
                 grows ? kDynamic : kStatic, Seconds(presentation.duration_seconds),
                 Seconds(LongestSegmentSeconds(presentation)),
                 Seconds(options.minimum_buffer_seconds));
  std::size_t id = 0;
  for (const ListedSet& set : SetsOf(all, options.listed)) WriteAdaptationSet(out, id++, set);
  for (const media::TextTrack& track : captions) WriteCaptions(out, id++, track);
  text += "  </Period>\n</MPD>\n";
  return text;
}

}  // namespace tritontube::manifest
