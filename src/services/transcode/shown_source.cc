#include "services/transcode/shown_source.h"

#include <fstream>
#include <string>
#include <system_error>

namespace tritontube::transcode {

namespace {

Result<std::string> Read(std::ifstream& file, bmff::ByteRange range) {
  std::string bytes(range.length, '\0');
  file.seekg(static_cast<std::streamoff>(range.offset));
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (file) return bytes;
  return Fail(ErrorCode::kUnavailable, "the copy of the original cannot be read");
}

double ShownAt(const packaging::SourceTrack& track, const packaging::PlannedSegment& segment) {
  const bmff::SampleCursor cursor(track.samples, segment.first);
  return static_cast<double>(track.ShownAt(cursor.sample())) / track.header.timescale;
}

}  // namespace

Result<packaging::SourcePlan> ReadSourcePlan(const std::filesystem::path& path,
                                             std::span<const std::uint32_t> track_ids) {
  std::error_code error;
  const ByteCount size = std::filesystem::file_size(path, error);
  std::ifstream file(path, std::ios::binary);
  if (error || !file) {
    return Fail(ErrorCode::kUnavailable, "the copy of the original cannot be read");
  }
  bmff::SourceScanner scanner(size);
  while (const auto range = scanner.wanted()) {
    TT_ASSIGN_OR_RETURN(const std::string bytes, Read(file, *range));
    TT_RETURN_IF_ERROR(scanner.Feed(AsBytes(bytes)));
  }
  TT_ASSIGN_OR_RETURN(auto movie, packaging::SourceMovie::Open(std::move(scanner).Take(), size));
  return packaging::SourcePlan::Make(std::move(movie), track_ids);
}

planning::ShownSource ShownOf(const packaging::SourcePlan& plan,
                              std::span<const std::uint32_t> track_ids) {
  planning::ShownSource shown{.tracks = {track_ids.begin(), track_ids.end()}};
  for (const packaging::SourcePlan::Track& track : plan.tracks()) {
    if (track.rendition.kind != media::Kind::kVideo) continue;
    planning::ShownSource::Pictures pictures{.width = track.rendition.width,
                                             .height = track.rendition.height};
    for (const packaging::PlannedSegment& segment : track.segments) {
      pictures.segment_starts.push_back(ShownAt(*track.source, segment));
    }
    shown.pictures = std::move(pictures);
  }
  return shown;
}

}  // namespace tritontube::transcode
