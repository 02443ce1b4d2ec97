#include "domain/packaging/progressive_file.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

#include "base/assert.h"
#include "core/bmff/box_writer.h"
#include "domain/packaging/movie_writer.h"

namespace tritontube::packaging {

namespace {

using bmff::BoxWriter;
using bmff::MakeFourCc;

// Half a year: sums and products of times cannot overflow.
constexpr std::uint64_t kSecondsMax = std::uint64_t{1} << 24U;
// A finer movie is counted in the ticks of its first track.
constexpr std::uint64_t kMovieTimescaleMax = std::uint64_t{1} << 31U;
constexpr std::uint64_t kNarrowMax = std::numeric_limits<std::uint32_t>::max();

// The only entry of the 'stsd', as it is, but that its data is in this file.
Result<std::string> SampleEntryOf(const bmff::MovieTrack& track) {
  TT_ASSIGN_OR_RETURN(const bmff::Box stbl, bmff::FindOnly(track.minf, MakeFourCc("stbl")));
  TT_ASSIGN_OR_RETURN(const bmff::Box stsd, bmff::FindOnly(stbl.payload, MakeFourCc("stsd")));
  TT_ASSIGN_OR_RETURN(const bmff::Box entry, bmff::FindSampleEntry(stsd.payload, 1));
  constexpr std::size_t kHead = 8;  // Reserved, and the number of the data reference.
  if (entry.payload.size() < kHead) {
    return Fail(ErrorCode::kInvalidArgument, "a sample entry is malformed");
  }
  BoxWriter writer;
  writer.Box(entry.type, [&] {
    writer.Zeros(6);
    writer.U16(1);
    writer.Append(entry.payload.subspan(kHead));
  });
  return writer.Take();
}

// Contiguous, and within the times that can be counted.
Result<void> CheckSegments(const media::Rendition& rendition) {
  std::optional<std::uint64_t> end;
  const std::uint64_t limit = kSecondsMax * rendition.timescale;
  for (const media::Segment& segment : rendition.segments) {
    const bool in_order = end.value_or(segment.start) == segment.start;
    if (!in_order || segment.start > limit || segment.duration > limit - segment.start) {
      return Fail(ErrorCode::kInvalidArgument, "the segments of {} have impossible times",
                  rendition.id);
    }
    end = segment.start + segment.duration;
  }
  if (end && rendition.segments.size() <= kProgressiveSamplesMax) return {};
  return Fail(ErrorCode::kInvalidArgument, "{} has {} segments", rendition.id,
              rendition.segments.size());
}

// Whether one time comes before another: exact, whatever their scales are.
bool IsBefore(std::uint64_t left, std::uint32_t left_scale, std::uint64_t right,
              std::uint32_t right_scale) {
  const std::uint64_t left_seconds = left / left_scale;
  const std::uint64_t right_seconds = right / right_scale;
  if (left_seconds != right_seconds) return left_seconds < right_seconds;
  return left % left_scale * right_scale < right % right_scale * left_scale;
}

// Rounded up: what an edit list cuts off at the end is lost.
std::uint64_t Rescale(std::uint64_t ticks, std::uint32_t from, std::uint32_t to) {
  return ticks / from * to + (ticks % from * to + from - 1) / from;
}

}  // namespace

std::vector<ProgressiveFile::Piece> ProgressiveFile::Pieces(blob::ByteRange range) const {
  TT_ASSERT(range.offset <= data_size_ && range.length <= data_size_ - range.offset,
            "{} bytes from {} of {}", range.length, range.offset, data_size_);
  std::vector<Piece> pieces;
  auto chunk = std::ranges::upper_bound(chunks_, range.offset, {}, &Chunk::begin);
  for (ByteCount offset = range.offset; offset < range.end(); ++chunk) {
    const Chunk& here = *std::prev(chunk);
    const ByteCount end = std::min(range.end(), chunk == chunks_.end() ? data_size_ : chunk->begin);
    if (end > offset) {
      pieces.push_back(
          {.rendition = here.rendition,
           .segment = here.segment,
           .range = {.offset = here.data_offset + (offset - here.begin), .length = end - offset}});
    }
    offset = end;
  }
  return pieces;
}

ByteCount ProgressiveFile::memory_bytes() const {
  return header_.size() + chunks_.size() * sizeof(Chunk);
}

Result<ProgressiveFileBuilder> ProgressiveFileBuilder::Make(const std::vector<Input>& inputs) {
  TT_ASSERT(!inputs.empty() && inputs.size() <= 2, "a file of {} tracks", inputs.size());
  ProgressiveFileBuilder builder;
  for (const Input& input : inputs) {
    TT_ASSIGN_OR_RETURN(Track track, ReadTrack(input));
    builder.tracks_.push_back(std::move(track));
  }
  builder.PutInOrder();
  return builder;
}

Result<ProgressiveFileBuilder::Track> ProgressiveFileBuilder::ReadTrack(const Input& input) {
  const media::Rendition& rendition = *input.rendition;
  TT_ASSIGN_OR_RETURN(const bmff::InitSegment init, bmff::ParseInit(AsBytes(input.init)));
  TT_ASSIGN_OR_RETURN(const bmff::Box moov,
                      bmff::FindOnly(AsBytes(input.init), MakeFourCc("moov")));
  TT_ASSIGN_OR_RETURN(const bmff::Movie movie, bmff::ParseMovie(moov.payload));
  const bmff::Track& header = init.tracks.front();
  const bool is_video = rendition.kind == media::Kind::kVideo;
  if (init.tracks.size() != 1 || header.is_video() != is_video ||
      header.timescale != rendition.timescale) {
    return Fail(ErrorCode::kInvalidArgument, "the initialisation segment of {} is of another track",
                rendition.id);
  }
  TT_RETURN_IF_ERROR(CheckSegments(rendition));
  Track track{.rendition = &rendition, .header = header, .description = {}, .table = {}};
  track.description.timescale = header.timescale;
  track.description.edit_media_time = header.edit_media_time;
  track.description.language = movie.tracks.front().language;
  track.description.video = is_video;
  track.description.width = header.width;
  track.description.height = header.height;
  TT_ASSIGN_OR_RETURN(track.description.sample_entry, SampleEntryOf(movie.tracks.front()));
  return track;
}

void ProgressiveFileBuilder::PutInOrder() {
  std::vector<std::size_t> next(tracks_.size(), 0);
  const auto is_before = [&](std::size_t left, std::size_t right) {
    const media::Rendition& one = *tracks_[left].rendition;
    const media::Rendition& other = *tracks_[right].rendition;
    return IsBefore(one.segments[next[left]].start, one.timescale,
                    other.segments[next[right]].start, other.timescale);
  };
  for (;;) {
    std::optional<std::size_t> first;
    for (std::size_t i = 0; i < tracks_.size(); ++i) {
      if (next[i] == tracks_[i].rendition->segments.size()) continue;
      if (!first || is_before(i, *first)) first = i;
    }
    if (!first) return;
    segments_.push_back({.rendition = static_cast<std::uint8_t>(*first),
                         .number = static_cast<std::uint32_t>(next[*first] + 1),
                         .size = tracks_[*first].rendition->segments[next[*first]].size});
    ++next[*first];
  }
}

Result<void> ProgressiveFileBuilder::Check(const Track& track, const bmff::FragmentHead& head,
                                           const media::Segment& segment) const {
  std::uint64_t duration = 0;
  for (const bmff::RunSample& sample : head.samples) duration += sample.duration;
  if (head.base_decode_time != segment.start || duration != segment.duration ||
      !head.samples.front().is_sync() || head.description != 1) {
    return Fail(ErrorCode::kInvalidArgument,
                "it lasts {} ticks from {} on, and the presentation says {} from {}", duration,
                head.base_decode_time, segment.duration, segment.start);
  }
  std::size_t samples = head.samples.size();
  for (const Track& other : tracks_) samples += other.table.sample_count();
  if (samples > kProgressiveSamplesMax) {
    return Fail(ErrorCode::kInvalidArgument, "{} has more than {} samples", track.rendition->id,
                kProgressiveSamplesMax);
  }
  return {};
}

Result<void> ProgressiveFileBuilder::Add(std::span<const std::byte> beginning) {
  TT_ASSERT(file_.chunks_.size() < segments_.size(), "there is no segment left");
  const Segment& next = segments_[file_.chunks_.size()];
  Track& track = tracks_[next.rendition];
  const auto head = bmff::ParseFragmentHead(beginning, next.size, track.header);
  const auto checked = head ? Check(track, *head, track.rendition->segments[next.number - 1])
                            : Result<void>(std::unexpected(head.error()));
  if (!checked) {
    return Fail(checked.error().code(), "segment {} of {}: {}", next.number, track.rendition->id,
                checked.error().message());
  }
  for (const bmff::RunSample& sample : head->samples) {
    TT_RETURN_IF_ERROR(track.table.Add(sample));
  }
  track.table.EndChunk(file_.data_size_, static_cast<std::uint32_t>(head->samples.size()), 1);
  file_.chunks_.push_back({.begin = file_.data_size_,
                           .data_offset = static_cast<std::uint32_t>(head->data_offset),
                           .segment = next.number,
                           .rendition = next.rendition});
  file_.data_size_ += head->data_size;
  return {};
}

std::string ProgressiveFileBuilder::WriteHeader(std::uint32_t movie_timescale, ByteCount data_begin,
                                                bool wide) const {
  struct Times {
    TrackHeader header;
    EditList edits;
  };
  std::vector<Times> times;
  std::size_t size_max = 1024;
  std::uint64_t movie_duration = 0;
  for (const Track& track : tracks_) {
    const std::uint32_t scale = track.description.timescale;
    const std::uint64_t media = track.table.duration();
    const std::uint64_t media_time = track.description.edit_media_time;
    const EditList edits{
        .late = Rescale(track.rendition->segments.front().start, scale, movie_timescale),
        .duration = Rescale(media - media_time, scale, movie_timescale),
        .media_time = media_time};
    const TrackHeader header{.id = static_cast<std::uint32_t>(times.size() + 1),
                             .duration = edits.late + edits.duration,
                             .media_duration = media};
    movie_duration = std::max(movie_duration, header.duration);
    size_max += 1024 + track.description.sample_entry.size() + track.table.bytes_max();
    times.push_back({.header = header, .edits = edits});
  }

  BoxWriter writer;
  writer.Reserve(size_max);
  writer.Box(MakeFourCc("ftyp"), [&] {
    writer.U32(MakeFourCc("isom"));
    writer.U32(512);
    // "iso4": composition offsets may be negative.
    for (const auto brand : {MakeFourCc("isom"), MakeFourCc("iso4"), MakeFourCc("mp41")}) {
      writer.U32(brand);
    }
  });
  writer.Box(MakeFourCc("moov"), [&] {
    WriteMvhd(writer, {.timescale = movie_timescale,
                       .duration = movie_duration,
                       .next_track_id = static_cast<std::uint32_t>(times.size() + 1)});
    for (std::size_t i = 0; i < tracks_.size(); ++i) {
      const InitDescription& description = tracks_[i].description;
      writer.Box(MakeFourCc("trak"), [&] {
        WriteTkhd(writer, description, times[i].header);
        WriteEdts(writer, times[i].edits);
        writer.Box(MakeFourCc("mdia"), [&] {
          WriteMediaHeaders(writer, description, times[i].header);
          writer.Box(MakeFourCc("minf"), [&] {
            WriteMediaInformation(writer, description);
            writer.Box(MakeFourCc("stbl"), [&] {
              WriteStsd(writer, description.sample_entry);
              using Width = bmff::SampleTableWriter::OffsetWidth;
              tracks_[i].table.Write(writer, data_begin, wide ? Width::kWide : Width::kNarrow);
            });
          });
        });
      });
    }
  });
  constexpr ByteCount kNarrowHeader = 8;
  constexpr ByteCount kWideHeader = 16;
  writer.U32(wide ? 1 : static_cast<std::uint32_t>(kNarrowHeader + file_.data_size_));
  writer.U32(MakeFourCc("mdat"));
  if (wide) writer.U64(kWideHeader + file_.data_size_);
  return writer.Take();
}

Result<ProgressiveFile> ProgressiveFileBuilder::Finish() && {
  TT_ASSERT(file_.chunks_.size() == segments_.size(), "{} of {} segments", file_.chunks_.size(),
            segments_.size());
  std::uint64_t timescale = 1;
  for (const Track& track : tracks_) {
    if (track.description.edit_media_time >= track.table.duration()) {
      return Fail(ErrorCode::kInvalidArgument, "nothing of {} is shown", track.rendition->id);
    }
    timescale = std::lcm(timescale, std::uint64_t{track.description.timescale});
  }
  if (timescale > kMovieTimescaleMax) timescale = tracks_.front().description.timescale;
  const auto movie_timescale = static_cast<std::uint32_t>(timescale);
  // Where the data begins follows from how long the header is, which does not
  // depend on where the data begins.
  constexpr ByteCount kRoomForHeader = ByteCount{1} << 30U;
  const bool wide = file_.data_size_ > kNarrowMax - kRoomForHeader;
  const std::size_t size = WriteHeader(movie_timescale, 0, wide).size();
  std::string header = WriteHeader(movie_timescale, size, wide);
  TT_ASSERT(header.size() == size && size < kRoomForHeader, "a header of {} bytes", size);
  header.shrink_to_fit();
  file_.header_ = blob::Bytes(std::move(header));
  return std::move(file_);
}

}  // namespace tritontube::packaging
