#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "core/bmff/box_writer.h"
#include "core/bmff/track_fragment.h"

namespace tritontube::bmff {

// Gathers samples, in decoding order, into the tables of an 'stbl' (ISO/IEC
// 14496-12, 8.6 and 8.7): as runs wherever the boxes are runs.
class SampleTableWriter {
 public:
  // Errors: kInvalidArgument when it is shown too late for the tables.
  Result<void> Add(const RunSample& sample);
  // The last sample lasts so much longer. Requires: there is one. Errors:
  // kInvalidArgument when that is too long for the tables.
  Result<void> LengthenLast(std::uint64_t ticks);
  // The last `sample_count` samples lie there, one behind the other.
  void EndChunk(ByteCount offset, std::uint32_t sample_count, std::uint32_t description);

  std::uint32_t sample_count() const { return static_cast<std::uint32_t>(sizes_.size()); }
  // Of all samples, in ticks.
  std::uint64_t duration() const { return duration_; }

  // How many bytes Write() makes, at most.
  std::size_t bytes_max() const;

  enum class OffsetWidth : std::uint8_t { kNarrow, kWide };  // 'stco' or 'co64'.
  // Everything of the 'stbl' but the 'stsd'. `base` is added to the offset of
  // every chunk. Requires: what comes out fits the width.
  void Write(BoxWriter& writer, ByteCount base, OffsetWidth width) const;

 private:
  struct Chunk {
    ByteCount offset = 0;
    std::uint32_t sample_count = 0;
    std::uint32_t description = 0;
  };

  void WriteCompositions(BoxWriter& writer) const;
  void WriteSizes(BoxWriter& writer) const;
  void WriteChunks(BoxWriter& writer, ByteCount base, OffsetWidth width) const;

  std::uint64_t duration_ = 0;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> durations_;    // Count, ticks.
  std::vector<std::pair<std::uint32_t, std::int32_t>> compositions_;  // Count, ticks.
  std::vector<std::uint32_t> sizes_;
  std::vector<std::uint32_t> sync_samples_;
  std::vector<Chunk> chunks_;
};

}  // namespace tritontube::bmff
