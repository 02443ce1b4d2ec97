#include "core/bmff/fragment_table.h"

#include <limits>

#include "base/assert.h"
#include "core/bmff/box_writer.h"

namespace tritontube::bmff {

namespace {

template <typename Value>
void AddToRuns(Value value, std::vector<std::pair<std::uint32_t, Value>>& runs) {
  if (runs.empty() || runs.back().second != value) runs.emplace_back(0, value);
  ++runs.back().first;
}

std::uint32_t Count(std::size_t count) { return static_cast<std::uint32_t>(count); }

// A box that is: version and flags, a count, entries.
template <typename Entries, typename WriteEntry>
void WriteTable(BoxWriter& writer, FourCc type, const Entries& entries, const WriteEntry& write) {
  writer.FullBox(type, 0, 0, [&] {
    writer.U32(Count(entries.size()));
    for (const auto& entry : entries) write(entry);
  });
}

template <typename Runs>
void WriteRuns(BoxWriter& writer, FourCc type, const Runs& runs) {
  WriteTable(writer, type, runs, [&](const auto& run) {
    writer.U32(run.first);
    writer.U32(static_cast<std::uint32_t>(run.second));
  });
}

}  // namespace

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
  if (track.durations.empty()) return Fail(ErrorCode::kInvalidArgument, "a fragment is empty");
  auto& [count, last] = track.durations.back();
  const std::uint64_t longer = last + gap;
  if (longer > std::numeric_limits<std::uint32_t>::max()) {
    return Fail(ErrorCode::kInvalidArgument, "a gap of {} ticks between fragments", gap);
  }
  if (--count == 0) track.durations.pop_back();
  AddToRuns(static_cast<std::uint32_t>(longer), track.durations);
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
  track.chunks.push_back({.offset = position_,
                          .sample_count = run.sample_count(),
                          .description = defaults.description});
  for (std::uint32_t i = 0; i < run.sample_count(); ++i) {
    const RunSample sample = run.Next();
    TT_RETURN_IF_ERROR(AddSample(sample, track));
    position_ += sample.size;
  }
  return {};
}

Result<void> FragmentTableBuilder::AddSample(const RunSample& sample, Track& track) {
  if (sample.composition_offset > std::numeric_limits<std::int32_t>::max()) {
    return Fail(ErrorCode::kInvalidArgument, "a sample is shown {} ticks after it is decoded",
                sample.composition_offset);
  }
  AddToRuns(sample.duration, track.durations);
  AddToRuns(static_cast<std::int32_t>(sample.composition_offset), track.compositions);
  track.sizes.push_back(sample.size);
  if (sample.is_sync()) track.sync_samples.push_back(Count(track.sizes.size()));
  if (!track.first_decode_time) track.first_decode_time = 0;
  track.next_decode_time += sample.duration;
  return {};
}

FragmentTable FragmentTableBuilder::Finish(std::uint32_t track_id) const {
  const auto found = tracks_.find(track_id);
  TT_ASSERT(found != tracks_.end(), "track {} was not gathered", track_id);
  const Track& track = found->second;
  BoxWriter writer;
  WriteRuns(writer, MakeFourCc("stts"), track.durations);
  const bool shown_as_decoded =
      track.compositions.size() <= 1 &&
      (track.compositions.empty() || track.compositions.front().second == 0);
  if (!shown_as_decoded) WriteRuns(writer, MakeFourCc("ctts"), track.compositions);
  if (track.sync_samples.size() != track.sizes.size()) {
    WriteTable(writer, MakeFourCc("stss"), track.sync_samples,
               [&](std::uint32_t number) { writer.U32(number); });
  }
  writer.FullBox(MakeFourCc("stsz"), 0, 0, [&] {
    writer.U32(0);
    writer.U32(Count(track.sizes.size()));
    for (const std::uint32_t size : track.sizes) writer.U32(size);
  });
  std::uint32_t number = 0;
  WriteTable(writer, MakeFourCc("stsc"), track.chunks, [&](const Track::Chunk& chunk) {
    writer.U32(++number);
    writer.U32(chunk.sample_count);
    writer.U32(chunk.description);
  });
  WriteTable(writer, MakeFourCc("co64"), track.chunks,
             [&](const Track::Chunk& chunk) { writer.U64(chunk.offset); });
  return {.stbl = writer.Take(), .first_decode_time = track.first_decode_time.value_or(0)};
}

}  // namespace tritontube::bmff
