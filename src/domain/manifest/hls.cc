#include "domain/manifest/hls.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <vector>

#include "base/assert.h"
#include "domain/manifest/text.h"

namespace tritontube::manifest {

namespace {

using media::Kind;
using media::Rendition;
using Renditions = std::vector<const Rendition*>;

constexpr std::string_view kAudioGroup = "audio";
constexpr std::string_view kCaptionsGroup = "captions";

Renditions OfKind(const media::Presentation& presentation, Kind kind) {
  Renditions found;
  for (const Rendition& rendition : presentation.renditions) {
    if (rendition.kind == kind) found.push_back(&rendition);
  }
  return found;
}

// Names are unique within a group (RFC 8216, 4.3.4.1.1); labels need not be.
std::vector<std::string> Names(const Renditions& renditions) {
  std::vector<std::string> names;
  for (const Rendition* rendition : renditions) {
    const std::string& language = rendition->language;
    std::string name = !rendition->label.empty() ? rendition->label
                       : !language.empty()       ? language
                                                 : fmt::format("Audio {}", names.size() + 1);
    if (std::ranges::find(names, name) != names.end()) {
      name = fmt::format("{} ({})", name, rendition->id);
    }
    names.push_back(std::move(name));
  }
  return names;
}

std::string AudioGroup(const Renditions& audio) {
  std::string text;
  const std::vector<std::string> names = Names(audio);
  for (std::size_t i = 0; i < audio.size(); ++i) {
    const Rendition& rendition = *audio[i];
    text += fmt::format("#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"{}\",NAME={}", kAudioGroup,
                        QuoteHls(names[i]));
    if (!rendition.language.empty()) {
      text += fmt::format(",LANGUAGE={}", QuoteHls(rendition.language));
    }
    text += fmt::format(",DEFAULT={},AUTOSELECT=YES,CHANNELS=\"{}\",URI=\"{}\"\n",
                        rendition.is_default ? "YES" : "NO", rendition.channels,
                        media::PlaylistFileName(rendition.id));
  }
  return text;
}

std::string CaptionsGroup(std::span<const media::TextTrack> captions) {
  std::string text;
  for (const media::TextTrack& track : captions) {
    const bool ambiguous = std::ranges::count(captions, track.label, &media::TextTrack::label) > 1;
    const std::string name =
        ambiguous ? fmt::format("{} ({})", track.label, track.language) : track.label;
    text += fmt::format(
        "#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"{}\",NAME={},LANGUAGE={},DEFAULT=NO,"
        "AUTOSELECT=YES,FORCED=NO,URI=\"{}\"\n",
        kCaptionsGroup, QuoteHls(name), QuoteHls(track.language),
        media::CaptionPlaylistFileName(track));
  }
  return text;
}

std::uint64_t Largest(const Renditions& renditions, std::uint64_t (*bandwidth)(const Rendition&)) {
  std::uint64_t largest = 0;
  for (const Rendition* rendition : renditions) {
    largest = std::max(largest, bandwidth(*rendition));
  }
  return largest;
}

// A variant names all codecs of what is played together with it.
std::string Codecs(const Rendition& rendition, const Renditions& audio) {
  std::vector<std::string> codecs = {rendition.codecs};
  for (const Rendition* other : audio) {
    if (std::ranges::find(codecs, other->codecs) == codecs.end()) codecs.push_back(other->codecs);
  }
  return fmt::format("{}", fmt::join(codecs, ","));
}

// What every variant says of the captions.
std::string CaptionsOf(std::span<const media::TextTrack> captions) {
  return captions.empty() ? "" : fmt::format(",SUBTITLES=\"{}\"", kCaptionsGroup);
}

std::string VideoVariant(const Rendition& video, const Renditions& audio,
                         std::span<const media::TextTrack> captions) {
  std::string text = fmt::format(
      "#EXT-X-STREAM-INF:BANDWIDTH={},AVERAGE-BANDWIDTH={},CODECS={},RESOLUTION={}x{},"
      "FRAME-RATE={:.3f}",
      media::PeakBandwidth(video) + Largest(audio, &media::PeakBandwidth),
      media::AverageBandwidth(video) + Largest(audio, &media::AverageBandwidth),
      QuoteHls(Codecs(video, audio)), video.width, video.height, video.frame_rate.AsDouble());
  if (!audio.empty()) text += fmt::format(",AUDIO=\"{}\"", kAudioGroup);
  return text + fmt::format("{},CLOSED-CAPTIONS=NONE\n{}\n", CaptionsOf(captions),
                            media::PlaylistFileName(video.id));
}

// Without video the default track is the variant, and the group offers the others.
std::string AudioVariant(const Renditions& audio, std::span<const media::TextTrack> captions) {
  const auto preferred =
      std::ranges::find_if(audio, [](const Rendition* rendition) { return rendition->is_default; });
  const Rendition& rendition = preferred == audio.end() ? *audio.front() : **preferred;
  return fmt::format(
      "#EXT-X-STREAM-INF:BANDWIDTH={},AVERAGE-BANDWIDTH={},CODECS={},AUDIO=\"{}\"{}\n{}\n",
      Largest(audio, &media::PeakBandwidth), Largest(audio, &media::AverageBandwidth),
      QuoteHls(Codecs(rendition, audio)), kAudioGroup, CaptionsOf(captions),
      media::PlaylistFileName(rendition.id));
}

}  // namespace

std::string WriteMasterPlaylist(const media::Presentation& presentation,
                                std::span<const media::TextTrack> captions) {
  const Renditions video = OfKind(presentation, Kind::kVideo);
  const Renditions audio = OfKind(presentation, Kind::kAudio);
  TT_ASSERT(!video.empty() || !audio.empty(), "nothing to play");
  std::string text = "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n";
  text += AudioGroup(audio);
  text += CaptionsGroup(captions);
  for (const Rendition* rendition : video) text += VideoVariant(*rendition, audio, captions);
  if (video.empty()) text += AudioVariant(audio, captions);
  return text;
}

std::string WriteMediaPlaylist(const media::Rendition& rendition,
                               std::optional<std::size_t> listed) {
  const auto seconds = [&](const media::Segment& segment) {
    return static_cast<double>(segment.duration) / rendition.timescale;
  };
  // What is still to come is cut like the rest: the target may not change.
  constexpr double kUsualSegmentSeconds = 4;
  double longest = listed ? kUsualSegmentSeconds : 0;
  std::string segments;
  for (std::size_t i = 0; i < rendition.segments.size(); ++i) {
    longest = std::max(longest, seconds(rendition.segments[i]));
    if (i >= listed.value_or(rendition.segments.size())) continue;
    segments += fmt::format("#EXTINF:{},\n{}\n", Seconds(seconds(rendition.segments[i])),
                            media::SegmentFileName(rendition.id, i + 1));
  }
  // No EXTINF, rounded to whole seconds, may exceed it (RFC 8216, 4.3.3.1).
  const auto target = std::max(1L, std::lround(longest));
  // Players begin at the end of what grows, unless they are told.
  const std::string_view type = listed ? "EVENT\n#EXT-X-START:TIME-OFFSET=0" : "VOD";
  return fmt::format(
      "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:{}\n#EXT-X-MEDIA-SEQUENCE:1\n"
      "#EXT-X-PLAYLIST-TYPE:{}\n#EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-MAP:URI=\"{}\"\n{}{}",
      target, type, media::InitFileName(rendition.id), segments, listed ? "" : "#EXT-X-ENDLIST\n");
}

std::string WriteCaptionPlaylist(const media::TextTrack& track, double duration_seconds) {
  return fmt::format(
      "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:{}\n#EXT-X-MEDIA-SEQUENCE:1\n"
      "#EXT-X-PLAYLIST-TYPE:VOD\n#EXTINF:{},\n{}\n#EXT-X-ENDLIST\n",
      std::max(1L, std::lround(duration_seconds)), Seconds(duration_seconds),
      media::CaptionFileName(track));
}

}  // namespace tritontube::manifest
