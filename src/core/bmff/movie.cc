#include "core/bmff/movie.h"

#include <algorithm>
#include <limits>

namespace tritontube::bmff {

namespace {

constexpr std::size_t kTracksMax = 256;
constexpr std::uint32_t kTrackEnabled = 1;
constexpr std::uint32_t kNormalRate = 0x00010000;

Matrix TakeMatrix(ByteReader& reader) {
  Matrix matrix;
  for (std::int32_t& value : matrix) value = static_cast<std::int32_t>(reader.U32());
  return matrix;
}

bool IsVersion1(std::uint32_t version_and_flags) { return version_and_flags >> 24U == 1; }

std::unexpected<Error> Malformed(FourCc type) {
  return Fail(ErrorCode::kInvalidArgument, "'{}' box is malformed", ToString(type));
}

Result<void> ParseMvhd(std::span<const std::byte> mvhd, Movie& movie) {
  ByteReader reader(mvhd);
  const bool wide = IsVersion1(reader.U32());
  reader.Skip(wide ? 16 : 8);
  movie.timescale = reader.U32();
  reader.Skip((wide ? 8 : 4) + 16);  // Duration, rate, volume, reserved.
  movie.matrix = TakeMatrix(reader);
  if (!reader.ok()) return Malformed(MakeFourCc("mvhd"));
  return {};
}

Result<void> ParseTkhd(std::span<const std::byte> tkhd, MovieTrack& track) {
  ByteReader reader(tkhd);
  const std::uint32_t version_and_flags = reader.U32();
  const bool wide = IsVersion1(version_and_flags);
  track.enabled = (version_and_flags & kTrackEnabled) != 0;
  reader.Skip(wide ? 16 : 8);
  track.id = reader.U32();
  reader.Skip((wide ? 12 : 8) + 16);  // Reserved, duration, reserved, layer, volume.
  track.matrix = TakeMatrix(reader);
  if (!reader.ok() || track.id == 0) return Malformed(MakeFourCc("tkhd"));
  return {};
}

Result<void> ParseMdhd(std::span<const std::byte> mdhd, MovieTrack& track) {
  ByteReader reader(mdhd);
  const bool wide = IsVersion1(reader.U32());
  reader.Skip(wide ? 16 : 8);
  track.timescale = reader.U32();
  reader.Skip(wide ? 8 : 4);
  track.language = reader.U16();
  if (!reader.ok() || track.timescale == 0) {
    return Fail(ErrorCode::kInvalidArgument, "'mdhd' box has no timescale");
  }
  return {};
}

Result<void> ParseMdia(std::span<const std::byte> mdia, MovieTrack& track) {
  TT_ASSIGN_OR_RETURN(const Box mdhd, FindOnly(mdia, MakeFourCc("mdhd")));
  TT_RETURN_IF_ERROR(ParseMdhd(mdhd.payload, track));
  TT_ASSIGN_OR_RETURN(const Box hdlr, FindOnly(mdia, MakeFourCc("hdlr")));
  ByteReader reader(hdlr.payload);
  reader.Skip(8);
  track.handler = reader.U32();
  if (!reader.ok()) return Malformed(MakeFourCc("hdlr"));
  TT_ASSIGN_OR_RETURN(const Box minf, FindOnly(mdia, MakeFourCc("minf")));
  track.minf = minf.payload;
  return {};
}

Result<MovieTrack> ParseTrak(std::span<const std::byte> trak) {
  MovieTrack track;
  TT_ASSIGN_OR_RETURN(const Box tkhd, FindOnly(trak, MakeFourCc("tkhd")));
  TT_RETURN_IF_ERROR(ParseTkhd(tkhd.payload, track));
  TT_ASSIGN_OR_RETURN(const Box mdia, FindOnly(trak, MakeFourCc("mdia")));
  TT_RETURN_IF_ERROR(ParseMdia(mdia.payload, track));
  TT_ASSIGN_OR_RETURN(const std::optional<Box> edts, FindOptional(trak, MakeFourCc("edts")));
  if (!edts) return track;
  TT_ASSIGN_OR_RETURN(const Box elst, FindOnly(edts->payload, MakeFourCc("elst")));
  track.elst = elst.payload;
  return track;
}

Result<void> ParseTrex(std::span<const std::byte> trex, Movie& movie) {
  ByteReader reader(trex);
  reader.Skip(4);
  const auto track = std::ranges::find(movie.tracks, reader.U32(), &MovieTrack::id);
  if (track == movie.tracks.end()) return Fail(ErrorCode::kInvalidArgument, "'trex' of no track");
  track->defaults = SampleDefaults{.description = reader.U32(),
                                   .duration = reader.U32(),
                                   .size = reader.U32(),
                                   .flags = reader.U32()};
  if (!reader.ok()) return Malformed(MakeFourCc("trex"));
  return {};
}

Result<void> AddTrack(std::span<const std::byte> trak, Movie& movie) {
  TT_ASSIGN_OR_RETURN(const MovieTrack track, ParseTrak(trak));
  const bool taken = std::ranges::count(movie.tracks, track.id, &MovieTrack::id) != 0;
  if (taken || movie.tracks.size() == kTracksMax) {
    return Fail(ErrorCode::kInvalidArgument, "too many tracks, or two of id {}", track.id);
  }
  movie.tracks.push_back(track);
  return {};
}

struct EditEntry {
  std::uint64_t duration = 0;
  std::int64_t media_time = 0;  // -1: nothing is shown.
  std::uint32_t rate = 0;
};

EditEntry TakeEditEntry(ByteReader& reader, bool wide) {
  EditEntry entry;
  entry.duration = wide ? reader.U64() : reader.U32();
  entry.media_time =
      wide ? static_cast<std::int64_t>(reader.U64()) : static_cast<std::int32_t>(reader.U32());
  entry.rate = reader.U32();
  return entry;
}

}  // namespace

Result<Movie> ParseMovie(std::span<const std::byte> moov) {
  Movie movie;
  TT_ASSIGN_OR_RETURN(const Box mvhd, FindOnly(moov, MakeFourCc("mvhd")));
  TT_RETURN_IF_ERROR(ParseMvhd(mvhd.payload, movie));
  TT_RETURN_IF_ERROR(ForEachBox(moov, MakeFourCc("trak"), [&](std::span<const std::byte> trak) {
    return AddTrack(trak, movie);
  }));
  if (movie.tracks.empty()) return Fail(ErrorCode::kInvalidArgument, "'moov' box has no track");
  TT_ASSIGN_OR_RETURN(const std::optional<Box> mvex, FindOptional(moov, MakeFourCc("mvex")));
  if (!mvex) return movie;
  movie.fragmented = true;
  TT_RETURN_IF_ERROR(
      ForEachBox(mvex->payload, MakeFourCc("trex"),
                 [&](std::span<const std::byte> trex) { return ParseTrex(trex, movie); }));
  return movie;
}

Result<Edit> ParseEdit(std::span<const std::byte> elst) {
  Edit edit;
  if (elst.empty()) return edit;
  ByteReader reader(elst);
  const bool wide = IsVersion1(reader.U32());
  std::uint32_t left = reader.U32();
  if (reader.ok() && left == 0) return edit;
  EditEntry entry = TakeEditEntry(reader, wide);
  if (entry.media_time == -1 && left == 2) {
    edit.empty = entry.duration;
    entry = TakeEditEntry(reader, wide);
    --left;
  }
  // Half the range: sums with these numbers must not overflow.
  constexpr std::uint64_t kLimit = std::numeric_limits<std::int64_t>::max() / 2;
  if (!reader.ok() || left != 1 || entry.media_time < 0 || entry.rate != kNormalRate ||
      static_cast<std::uint64_t>(entry.media_time) > kLimit || entry.duration > kLimit ||
      edit.empty > kLimit) {
    return Fail(ErrorCode::kInvalidArgument,
                "'elst' box does more than begin late and skip the beginning");
  }
  edit.media_time = static_cast<std::uint64_t>(entry.media_time);
  edit.duration = entry.duration;
  return edit;
}

}  // namespace tritontube::bmff
