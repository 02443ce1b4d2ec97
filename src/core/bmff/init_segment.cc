#include "core/bmff/init_segment.h"

#include <algorithm>
#include <utility>

#include "core/bmff/sample_entry.h"

namespace tritontube::bmff {

namespace {

Result<Track> ParseTrack(const MovieTrack& header) {
  Track track;
  track.id = header.id;
  track.handler = header.handler;
  track.timescale = header.timescale;
  if (!header.is_video() && !header.is_audio()) {
    return Fail(ErrorCode::kInvalidArgument, "track of type '{}' is neither video nor audio",
                ToString(header.handler));
  }
  TT_ASSIGN_OR_RETURN(const Box stbl, FindOnly(header.minf, MakeFourCc("stbl")));
  TT_RETURN_IF_ERROR(CheckNoSamples(stbl.payload));
  TT_ASSIGN_OR_RETURN(const Box stsd, FindOnly(stbl.payload, MakeFourCc("stsd")));
  TT_RETURN_IF_ERROR(ParseSampleDescription(stsd.payload, track));
  TT_ASSIGN_OR_RETURN(const Edit edit, ParseEdit(header.elst));
  if (edit.empty != 0) return Fail(ErrorCode::kInvalidArgument, "'elst' box begins late");
  track.edit_media_time = edit.media_time;
  track.defaults = header.defaults.value_or(SampleDefaults{});
  return track;
}

}  // namespace

Result<void> CheckNoSamples(std::span<const std::byte> stbl) {
  TT_ASSIGN_OR_RETURN(const Box stts, FindOnly(stbl, MakeFourCc("stts")));
  ByteReader reader(stts.payload);
  reader.Skip(4);
  const std::uint32_t entry_count = reader.U32();
  if (reader.ok() && entry_count == 0) return {};
  return Fail(ErrorCode::kInvalidArgument, "'moov' box holds samples");
}

Result<InitSegment> ParseInit(std::span<const std::byte> bytes) {
  TT_ASSIGN_OR_RETURN(const Box ftyp, FindOnly(bytes, MakeFourCc("ftyp")));
  if (ftyp.payload.size() < 8) return Fail(ErrorCode::kInvalidArgument, "'ftyp' box is malformed");
  TT_ASSIGN_OR_RETURN(const Box moov, FindOnly(bytes, MakeFourCc("moov")));
  TT_ASSIGN_OR_RETURN(const Movie movie, ParseMovie(moov.payload));
  if (!movie.fragmented) return Fail(ErrorCode::kInvalidArgument, "no 'mvex' box");
  InitSegment init;
  for (const MovieTrack& header : movie.tracks) {
    TT_ASSIGN_OR_RETURN(Track track, ParseTrack(header));
    init.tracks.push_back(std::move(track));
  }
  const auto found = std::ranges::count_if(
      movie.tracks, [](const MovieTrack& track) { return track.defaults.has_value(); });
  if (static_cast<std::size_t>(found) == init.tracks.size()) return init;
  return Fail(ErrorCode::kInvalidArgument, "{} 'trex' boxes for {} tracks", found,
              init.tracks.size());
}

}  // namespace tritontube::bmff
