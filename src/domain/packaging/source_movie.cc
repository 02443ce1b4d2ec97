#include "domain/packaging/source_movie.h"

#include <utility>

#include "core/bmff/init_segment.h"
#include "core/bmff/sample_entry.h"

namespace tritontube::packaging {

namespace {

using bmff::MakeFourCc;

// Refuses samples that lie in another file (ISO/IEC 14496-12, 8.7.2): we would
// read this one's bytes in their place.
Result<void> CheckDataReference(std::span<const std::byte> minf, const bmff::Box& entry) {
  constexpr std::uint32_t kSelfContained = 1;
  TT_ASSIGN_OR_RETURN(const auto dinf, bmff::FindOptional(minf, MakeFourCc("dinf")));
  if (!dinf) return {};
  TT_ASSIGN_OR_RETURN(const bmff::Box dref, bmff::FindOnly(dinf->payload, MakeFourCc("dref")));
  bmff::ByteReader entry_reader(entry.payload);
  entry_reader.Skip(6);
  const std::uint16_t wanted = entry_reader.U16();
  bmff::ByteReader reader(dref.payload);
  reader.Skip(8);
  bmff::BoxWalker walker(reader.TakeRest());
  for (std::uint32_t number = 1;; ++number) {
    TT_ASSIGN_OR_RETURN(const auto reference, walker.Next());
    if (!reference) break;
    if (number != wanted) continue;
    bmff::ByteReader flags(reference->payload);
    if ((flags.U32() & kSelfContained) != 0) return {};
    break;
  }
  return Fail(ErrorCode::kInvalidArgument, "the samples are in another file");
}

// The length of the empty edit in ticks of the track, rounded to the nearest.
Result<std::uint64_t> LateTicks(const bmff::Edit& edit, std::uint32_t movie_timescale,
                                std::uint32_t timescale) {
  constexpr std::uint64_t kEmptyMax = std::uint64_t{1} << 31U;
  if (edit.empty == 0) return 0;
  if (movie_timescale == 0 || edit.empty > kEmptyMax) {
    return Fail(ErrorCode::kInvalidArgument, "the track begins too late");
  }
  return (edit.empty * timescale + movie_timescale / 2) / movie_timescale;
}

}  // namespace

Result<std::shared_ptr<const SourceMovie>> SourceMovie::Open(bmff::SourceBoxes boxes,
                                                             ByteCount file_size) {
  const std::shared_ptr<SourceMovie> source(new SourceMovie);
  source->moov_ = std::move(boxes.moov);
  TT_ASSIGN_OR_RETURN(source->movie_, bmff::ParseMovie(AsBytes(source->moov_)));
  TT_RETURN_IF_ERROR(source->ReadTracks(boxes, file_size));
  return std::shared_ptr<const SourceMovie>(source);
}

ByteCount SourceMovie::memory_bytes() const {
  ByteCount bytes = moov_.size();
  for (const auto& table : gathered_) bytes += table->stbl.size();
  return bytes;
}

Result<void> SourceMovie::ReadTracks(const bmff::SourceBoxes& boxes, ByteCount file_size) {
  bmff::FragmentTableBuilder builder(movie_);
  for (const auto& moof : boxes.moofs) {
    TT_RETURN_IF_ERROR(builder.Add(moof.offset, boxes.moof_payload(moof)));
  }
  for (const bmff::MovieTrack& header : movie_.tracks) {
    if (!header.is_video() && !header.is_audio()) continue;
    const bmff::FragmentTable* gathered = nullptr;
    if (!boxes.moofs.empty()) {
      gathered_.push_back(std::make_unique<const bmff::FragmentTable>(builder.Finish(header.id)));
      gathered = gathered_.back().get();
    }
    candidates_.push_back({.id = header.id,
                           .is_video = header.is_video(),
                           .track = ReadTrack(header, gathered, file_size)});
  }
  return {};
}

Result<SourceTrack> SourceMovie::ReadTrack(const bmff::MovieTrack& header,
                                           const bmff::FragmentTable* gathered,
                                           ByteCount file_size) const {
  SourceTrack track;
  track.header = header;
  TT_ASSIGN_OR_RETURN(const bmff::Box stbl, bmff::FindOnly(header.minf, MakeFourCc("stbl")));
  if (gathered == nullptr) {
    TT_ASSIGN_OR_RETURN(track.samples, bmff::SampleTable::Parse(stbl.payload, file_size));
  } else {
    TT_RETURN_IF_ERROR(bmff::CheckNoSamples(stbl.payload));
    TT_ASSIGN_OR_RETURN(track.samples, bmff::SampleTable::Parse(AsBytes(gathered->stbl), file_size,
                                                                gathered->first_decode_time));
  }
  TT_ASSIGN_OR_RETURN(track.edit, bmff::ParseEdit(header.elst));
  TT_ASSIGN_OR_RETURN(track.late, LateTicks(track.edit, movie_.timescale, header.timescale));
  const auto description = track.samples.description();
  if (!description) {
    return Fail(ErrorCode::kInvalidArgument, "the coding changes within the track");
  }
  TT_ASSIGN_OR_RETURN(const bmff::Box stsd, bmff::FindOnly(stbl.payload, MakeFourCc("stsd")));
  TT_ASSIGN_OR_RETURN(track.entry, bmff::FindSampleEntry(stsd.payload, *description));
  TT_RETURN_IF_ERROR(CheckDataReference(header.minf, track.entry));
  return track;
}

}  // namespace tritontube::packaging
