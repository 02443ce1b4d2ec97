#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/bytes.h"
#include "base/error.h"
#include "core/bmff/number_table.h"
#include "core/bmff/source_scanner.h"

namespace tritontube::bmff {

inline constexpr std::uint32_t kSamplesMax = 20'000'000;

// One access unit: a picture, or a frame of sound. Times are ticks of the track.
struct Sample {
  ByteRange data;  // In the file.
  std::uint64_t decode_time = 0;
  std::uint32_t duration = 0;
  std::int32_t composition_offset = 0;  // Shown that much after it is decoded.
  bool is_sync = false;
};

// A place in a sample table, from which a cursor goes on without searching.
struct SamplePosition {
  std::uint32_t sample = 0;  // Counts from 0.
  std::uint64_t decode_time = 0;
  ByteCount offset = 0;  // Of the sample's data.
  // Which run of each table the sample is in, and what is left of it.
  std::uint32_t time_run = 0;
  std::uint32_t time_left = 0;
  std::uint32_t composition_run = 0;
  std::uint32_t composition_left = 0;
  std::uint32_t chunk = 0;
  std::uint32_t chunk_run = 0;
  std::uint32_t chunk_left = 0;
  std::uint32_t next_sync = 0;  // The first entry of 'stss' that is not before the sample.
};

// Where and when every sample of a track is: the boxes of an 'stbl' (ISO/IEC
// 14496-12, 8.6 and 8.7), kept as the runs that they are in the file.
//
// A view: it owns nothing and allocates nothing, so that a table of 20 million
// samples costs no memory beyond the moov. Whoever has one knows that all of its
// samples lie in the file and that its tables agree.
class SampleTable {
 public:
  // `stbl` is the payload, and outlives the table. The first sample is decoded at
  // `first_decode_time`. Reads every entry once. Errors: kInvalidArgument, saying
  // which box is at fault.
  static Result<SampleTable> Parse(std::span<const std::byte> stbl, ByteCount file_size,
                                   std::uint64_t first_decode_time = 0);

  std::uint32_t sample_count() const { return sample_count_; }
  std::uint64_t first_decode_time() const { return first_decode_time_; }
  std::uint64_t duration() const { return duration_; }
  // The longest run of samples of one duration, the first of them if there are
  // several.
  struct TimeRun {
    std::uint32_t sample_count = 0;
    std::uint32_t duration = 0;
  };
  TimeRun longest_time_run() const { return longest_time_run_; }
  bool has_composition_offsets() const { return composition_runs_.count() != 0; }
  bool all_sync() const { return !sync_samples_.has_value(); }
  // The entry of 'stsd' that all samples have, from 1; nothing when they differ.
  std::optional<std::uint32_t> description() const { return description_; }

 private:
  friend class SampleCursor;

  Result<void> ParseSizes(std::span<const std::byte> stbl);
  Result<void> ParseTimes(std::span<const std::byte> stbl);
  Result<void> ParseSyncSamples(std::span<const std::byte> stbl);
  Result<void> ParseChunks(std::span<const std::byte> stbl);
  Result<void> CheckChunks(ByteCount file_size);

  std::uint32_t SizeOf(std::uint32_t sample) const {
    return uniform_size_ != 0 ? uniform_size_ : sizes_.At(sample);
  }

  std::uint32_t sample_count_ = 0;
  std::uint32_t uniform_size_ = 0;  // 0: each has its own.
  std::uint64_t first_decode_time_ = 0;
  std::uint64_t duration_ = 0;
  TimeRun longest_time_run_;
  std::optional<std::uint32_t> description_;
  NumberTable sizes_;
  RecordTable time_runs_;                    // Sample count, duration.
  RecordTable composition_runs_;             // Sample count, offset.
  RecordTable chunk_runs_;                   // First chunk, samples per chunk, description.
  RecordTable chunk_offsets_;                // 4 or 8 bytes each.
  std::optional<RecordTable> sync_samples_;  // Without it every sample is one.
};

// Goes through the samples of a table in decoding order. The table, and what it
// is a view of, outlive the cursor.
class SampleCursor {
 public:
  explicit SampleCursor(const SampleTable& table);
  SampleCursor(const SampleTable& table, const SamplePosition& position)
      : table_(&table), at_(position) {}

  bool done() const { return at_.sample == table_->sample_count(); }
  const SamplePosition& position() const { return at_; }
  // Requires: !done().
  Sample sample() const;
  void Advance();

 private:
  bool IsSync() const;
  std::uint32_t Duration() const { return table_->time_runs_.U32(at_.time_run, 1); }
  void EnterChunk();

  const SampleTable* table_;
  SamplePosition at_;
};

}  // namespace tritontube::bmff
