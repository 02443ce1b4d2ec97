#include "core/bmff/fragment_table.h"

#include "base/assert.h"
#include "core/bmff/box_writer.h"

namespace tritontube::bmff {

FragmentTableBuilder::FragmentTableBuilder(const Movie& movie) {
  for (const MovieTrack& track : movie.tracks) {
    if (!track.is_video() && !track.is_audio()) continue;
    tracks_[track.id].defaults = track.defaults.value_or(SampleDefaults{});
  }
}

Result<void> FragmentTableBuilder::Add(ByteCount moof_offset, std::span<const std::byte> moof) {
  // Without a base of its own the first traf counts from the moof, each later
  // one from the end of the data before it (ISO/IEC 14496-12, 8.8.7.1).
  base_ = moof_offset;
  position_ = moof_offset;
  return ForEachBox(moof, MakeFourCc("traf"),
                    [&](std::span<const std::byte> traf) { return AddTraf(moof_offset, traf); });
}

Result<void> FragmentTableBuilder::AddTraf(ByteCount moof_offset, std::span<const std::byte> traf) {
  TT_ASSIGN_OR_RETURN(const Box tfhd, FindOnly(traf, MakeFourCc("tfhd")));
  TT_ASSIGN_OR_RETURN(const TrackFragmentHeader header, ParseTfhd(tfhd.payload));
  base_ = header.base_data_offset.value_or(header.base_is_moof ? moof_offset : position_);
  position_ = base_;
  const auto found = tracks_.find(header.track_id);
  // Other tracks are read all the same: the next traf may count from their data.
  other_ = {};
  Track& track = found == tracks_.end() ? other_ : found->second;
  TT_ASSIGN_OR_RETURN(const std::optional<Box> tfdt, FindOptional(traf, MakeFourCc("tfdt")));
  if (tfdt) {
    TT_ASSIGN_OR_RETURN(const std::uint64_t time, ParseTfdt(tfdt->payload));
    TT_RETURN_IF_ERROR(StartAt(time, track));
  }
  const SampleDefaults defaults = header.Over(track.defaults);
  return ForEachBox(traf, MakeFourCc("trun"),
                    [&](std::span<const std::byte> trun) { return AddRun(trun, defaults, track); });
}

// A gap lengthens the sample before it: a sample is shown until the next one.
Result<void> FragmentTableBuilder::StartAt(std::uint64_t decode_time, Track& track) {
  if (!track.first_decode_time) {
    track.first_decode_time = decode_time;
    track.next_decode_time = decode_time;
  }
  if (decode_time < track.next_decode_time) {
    return Fail(ErrorCode::kInvalidArgument,
                "a fragment begins at {}, before the end {} of the last", decode_time,
                track.next_decode_time);
  }
  const std::uint64_t gap = decode_time - track.next_decode_time;
  if (gap == 0) return {};
  // There is a sample: without one the first time would be this one.
  if (track.table.sample_count() == 0) {
    return Fail(ErrorCode::kInvalidArgument, "a fragment is empty");
  }
  TT_RETURN_IF_ERROR(track.table.LengthenLast(gap));
  track.next_decode_time = decode_time;
  return {};
}

Result<void> FragmentTableBuilder::AddRun(std::span<const std::byte> trun,
                                          const SampleDefaults& defaults, Track& track) {
  TT_ASSIGN_OR_RETURN(RunReader run, RunReader::Open(trun, defaults));
  if (run.sample_count() > kFragmentSamplesMax - sample_count_) {
    return Fail(ErrorCode::kInvalidArgument, "the fragments have more than {} samples",
                kFragmentSamplesMax);
  }
  if (run.sample_count() == 0) return {};
  sample_count_ += run.sample_count();
  if (const auto offset = run.data_offset()) {
    position_ = base_ + static_cast<ByteCount>(std::int64_t{*offset});
  }
  track.table.EndChunk(position_, run.sample_count(), defaults.description);
  if (!track.first_decode_time) track.first_decode_time = 0;
  for (std::uint32_t i = 0; i < run.sample_count(); ++i) {
    const RunSample sample = run.Next();
    TT_RETURN_IF_ERROR(track.table.Add(sample));
    track.next_decode_time += sample.duration;
    position_ += sample.size;
  }
  return {};
}

FragmentTable FragmentTableBuilder::Finish(std::uint32_t track_id) const {
  const auto found = tracks_.find(track_id);
  TT_ASSERT(found != tracks_.end(), "track {} was not gathered", track_id);
  const Track& track = found->second;
  BoxWriter writer;
  track.table.Write(writer, 0, SampleTableWriter::OffsetWidth::kWide);
  return {.stbl = writer.Take(), .first_decode_time = track.first_decode_time.value_or(0)};
}

}  // namespace tritontube::bmff
