#include "core/bmff/sample_table_writer.h"

#include <algorithm>
#include <limits>

#include "base/assert.h"

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
void WriteTable(BoxWriter& writer, FourCc type, std::uint8_t version, const Entries& entries,
                const WriteEntry& write) {
  writer.FullBox(type, version, 0, [&] {
    writer.U32(Count(entries.size()));
    for (const auto& entry : entries) write(entry);
  });
}

template <typename Runs>
void WriteRuns(BoxWriter& writer, FourCc type, std::uint8_t version, const Runs& runs) {
  WriteTable(writer, type, version, runs, [&](const auto& run) {
    writer.U32(run.first);
    writer.U32(static_cast<std::uint32_t>(run.second));
  });
}

}  // namespace

Result<void> SampleTableWriter::Add(const RunSample& sample) {
  if (sample.composition_offset > std::numeric_limits<std::int32_t>::max()) {
    return Fail(ErrorCode::kInvalidArgument, "a sample is shown {} ticks after it is decoded",
                sample.composition_offset);
  }
  AddToRuns(sample.duration, durations_);
  AddToRuns(static_cast<std::int32_t>(sample.composition_offset), compositions_);
  sizes_.push_back(sample.size);
  if (sample.is_sync()) sync_samples_.push_back(sample_count());
  duration_ += sample.duration;
  return {};
}

Result<void> SampleTableWriter::LengthenLast(std::uint64_t ticks) {
  TT_ASSERT(!durations_.empty(), "no sample to be lengthened");
  auto& [count, last] = durations_.back();
  constexpr std::uint64_t kMax = std::numeric_limits<std::uint32_t>::max();
  if (ticks > kMax - last) {
    return Fail(ErrorCode::kInvalidArgument, "a gap of {} ticks between fragments", ticks);
  }
  const auto longer = static_cast<std::uint32_t>(last + ticks);
  if (--count == 0) durations_.pop_back();
  AddToRuns(longer, durations_);
  duration_ += ticks;
  return {};
}

void SampleTableWriter::EndChunk(ByteCount offset, std::uint32_t sample_count,
                                 std::uint32_t description) {
  chunks_.push_back({.offset = offset, .sample_count = sample_count, .description = description});
}

std::size_t SampleTableWriter::bytes_max() const {
  constexpr std::size_t kSixBoxHeaders = 120;
  constexpr std::size_t kChunkBytes = 12 + 8;  // 'stsc' and 'co64'.
  return kSixBoxHeaders + 8 * (durations_.size() + compositions_.size()) +
         4 * (sizes_.size() + sync_samples_.size()) + kChunkBytes * chunks_.size();
}

void SampleTableWriter::Write(BoxWriter& writer, ByteCount base, OffsetWidth width) const {
  WriteRuns(writer, MakeFourCc("stts"), 0, durations_);
  WriteCompositions(writer);
  if (sync_samples_.size() != sizes_.size()) {
    WriteTable(writer, MakeFourCc("stss"), 0, sync_samples_,
               [&](std::uint32_t number) { writer.U32(number); });
  }
  WriteSizes(writer);
  WriteChunks(writer, base, width);
}

void SampleTableWriter::WriteCompositions(BoxWriter& writer) const {
  const bool shown_as_decoded =
      compositions_.empty() || (compositions_.size() == 1 && compositions_.front().second == 0);
  if (shown_as_decoded) return;
  const bool is_signed =
      std::ranges::any_of(compositions_, [](const auto& run) { return run.second < 0; });
  WriteRuns(writer, MakeFourCc("ctts"), is_signed ? 1 : 0, compositions_);
}

void SampleTableWriter::WriteSizes(BoxWriter& writer) const {
  writer.FullBox(MakeFourCc("stsz"), 0, 0, [&] {
    writer.U32(0);
    writer.U32(sample_count());
    for (const std::uint32_t size : sizes_) writer.U32(size);
  });
}

void SampleTableWriter::WriteChunks(BoxWriter& writer, ByteCount base, OffsetWidth width) const {
  struct Run {
    std::uint32_t first_chunk = 0;
    const Chunk* chunk = nullptr;
  };
  std::vector<Run> runs;
  for (std::size_t i = 0; i < chunks_.size(); ++i) {
    const bool same = !runs.empty() && runs.back().chunk->sample_count == chunks_[i].sample_count &&
                      runs.back().chunk->description == chunks_[i].description;
    if (!same) runs.push_back({.first_chunk = Count(i + 1), .chunk = &chunks_[i]});
  }
  WriteTable(writer, MakeFourCc("stsc"), 0, runs, [&](const Run& run) {
    writer.U32(run.first_chunk);
    writer.U32(run.chunk->sample_count);
    writer.U32(run.chunk->description);
  });
  if (width == OffsetWidth::kWide) {
    WriteTable(writer, MakeFourCc("co64"), 0, chunks_,
               [&](const Chunk& chunk) { writer.U64(base + chunk.offset); });
    return;
  }
  WriteTable(writer, MakeFourCc("stco"), 0, chunks_, [&](const Chunk& chunk) {
    const ByteCount offset = base + chunk.offset;
    TT_ASSERT(offset <= std::numeric_limits<std::uint32_t>::max(), "a chunk at {}", offset);
    writer.U32(static_cast<std::uint32_t>(offset));
  });
}

}  // namespace tritontube::bmff
