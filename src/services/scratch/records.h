#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "core/bmff/source_scanner.h"

namespace tritontube::scratch {

// A file as equal records, of which the last may be shorter. Each is fetched as a
// whole or not at all.
struct RecordedFile {
  ByteCount file_bytes = 0;
  ByteCount record_bytes = 0;

  std::size_t count() const {
    return static_cast<std::size_t>((file_bytes + record_bytes - 1) / record_bytes);
  }
  // Of records [begin, end).
  bmff::ByteRange BytesOf(std::size_t begin, std::size_t end) const {
    const ByteCount offset = begin * record_bytes;
    return {.offset = offset, .length = std::min(file_bytes, end * record_bytes) - offset};
  }
};

// Records of a file, by number.
using RecordSet = std::vector<bool>;

// Gathers byte ranges of a file into the records they touch. A range costs the
// same whatever its length, so that tables in which every sample is the whole
// file cost no more than others.
class RecordGatherer {
 public:
  explicit RecordGatherer(RecordedFile file) : file_(file), edges_(file.count() + 1) {}

  // Requires: the range lies in the file.
  void Add(bmff::ByteRange range) {
    if (range.length == 0) return;
    ++edges_[range.offset / file_.record_bytes];
    --edges_[(range.end() - 1) / file_.record_bytes + 1];
  }

  RecordSet Take() const {
    RecordSet records(edges_.size() - 1);
    std::int64_t depth = 0;
    for (std::size_t i = 0; i < records.size(); ++i) {
      depth += edges_[i];
      records[i] = depth > 0;
    }
    return records;
  }

 private:
  const RecordedFile file_;
  // How many more ranges there are than over the record before.
  std::vector<std::int32_t> edges_;
};

inline RecordSet RecordsOf(std::span<const bmff::ByteRange> ranges, RecordedFile file) {
  RecordGatherer records(file);
  for (const bmff::ByteRange& range : ranges) records.Add(range);
  return records.Take();
}

}  // namespace tritontube::scratch
