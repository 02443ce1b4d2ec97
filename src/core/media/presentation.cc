#include "core/media/presentation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/media/storyboard.h"

namespace tritontube::media {

namespace {

double Seconds(std::uint64_t ticks, std::uint32_t timescale) {
  return timescale == 0 ? 0.0 : static_cast<double>(ticks) / timescale;
}

std::uint64_t BitsPerSecond(ByteCount bytes, double seconds) {
  if (seconds <= 0) return 0;
  return static_cast<std::uint64_t>(std::ceil(static_cast<double>(bytes) * 8 / seconds));
}

}  // namespace

std::string_view ToString(Kind kind) {
  switch (kind) {
    case Kind::kVideo:
      return "video";
    case Kind::kAudio:
      return "audio";
    case Kind::kText:
      return "text";
  }
  return "?";
}

std::string DownloadFileName(std::string_view rendition_id) {
  return fmt::format("{}.mp4", rendition_id);
}

std::string InitFileName(std::string_view rendition_id) {
  return fmt::format("{}-init.mp4", rendition_id);
}

std::string SegmentFileName(std::string_view rendition_id, std::size_t number) {
  return fmt::format("{}-{:05}.m4s", rendition_id, number);
}

std::string CaptionFileName(const TextTrack& track) {
  return fmt::format("captions-{}-{}.vtt", track.language, track.version);
}

std::string CaptionPlaylistFileName(const TextTrack& track) {
  return fmt::format("captions-{}-{}.m3u8", track.language, track.version);
}

std::string StoryboardSheetFile(std::size_t number) {
  return fmt::format("storyboard-{:03}.jpg", number);
}

std::string PlaylistFileName(std::string_view rendition_id) {
  return fmt::format("{}.m3u8", rendition_id);
}

std::vector<ListedFile> FilesOf(const Presentation& presentation) {
  std::vector<ListedFile> files;
  if (presentation.has_poster) files.push_back({.name = std::string(kPosterFile)});
  for (const Rendition& rendition : presentation.renditions) {
    files.push_back({.name = InitFileName(rendition.id)});
    for (std::size_t i = 0; i < rendition.segments.size(); ++i) {
      files.push_back(
          {.name = SegmentFileName(rendition.id, i + 1), .size = rendition.segments[i].size});
    }
  }
  return files;
}

std::uint64_t AverageBandwidth(const Rendition& rendition) {
  ByteCount bytes = 0;
  for (const Segment& segment : rendition.segments) bytes += segment.size;
  return BitsPerSecond(bytes, DurationSeconds(rendition));
}

std::uint64_t PeakBandwidth(const Rendition& rendition) {
  std::uint64_t peak = AverageBandwidth(rendition);
  for (const Segment& segment : rendition.segments) {
    const double seconds = Seconds(segment.duration, rendition.timescale);
    // A last segment of a few frames says nothing about the rate to expect.
    if (seconds < 0.5) continue;
    peak = std::max(peak, BitsPerSecond(segment.size, seconds));
  }
  return peak;
}

double DurationSeconds(const Rendition& rendition) {
  std::uint64_t ticks = 0;
  for (const Segment& segment : rendition.segments) ticks += segment.duration;
  return Seconds(ticks, rendition.timescale);
}

}  // namespace tritontube::media
