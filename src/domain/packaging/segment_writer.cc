#include "domain/packaging/segment_writer.h"

#include <algorithm>

#include "base/assert.h"
#include "core/bmff/box_writer.h"
#include "domain/packaging/init_writer.h"

namespace tritontube::packaging {

namespace {

using bmff::BoxWriter;
using bmff::MakeFourCc;

constexpr std::uint32_t kTfhdBaseIsMoof = 0x020000;
constexpr std::uint32_t kTfhdFlags = 0x000020;
constexpr std::uint32_t kTrunDataOffset = 0x000001;
constexpr std::uint32_t kTrunDuration = 0x000100;
constexpr std::uint32_t kTrunSize = 0x000200;
constexpr std::uint32_t kTrunFlags = 0x000400;
constexpr std::uint32_t kTrunComposition = 0x000800;
// "Depends on no other" and "depends on others, is no sync sample" (8.8.3.1).
constexpr std::uint32_t kSyncFlags = 0x02000000;
constexpr std::uint32_t kNonSyncFlags = 0x01010000;

constexpr ByteCount kMdatHeaderSize = 8;

// What the samples of a track need to be told each for itself. It follows from
// the track's tables alone, so the size of a head is known without writing it.
std::uint32_t RunFlags(const SourceTrack& track) {
  std::uint32_t flags = kTrunDataOffset | kTrunDuration | kTrunSize;
  if (!track.samples.all_sync()) flags |= kTrunFlags;
  if (track.samples.has_composition_offsets() || track.EditInOffsets() > 0) {
    flags |= kTrunComposition;
  }
  return flags;
}

ByteCount SampleBytes(std::uint32_t run_flags) {
  return 8 + ((run_flags & kTrunFlags) != 0 ? 4U : 0U) +
         ((run_flags & kTrunComposition) != 0 ? 4U : 0U);
}

// The run of all samples of a segment; collects where their data is.
void WriteTrun(BoxWriter& writer, const SourceTrack& track, const PlannedSegment& segment,
               ByteCount head_size, std::vector<bmff::ByteRange>& ranges) {
  const std::uint32_t flags = RunFlags(track);
  const auto edit = static_cast<std::int64_t>(track.EditInOffsets());
  writer.FullBox(MakeFourCc("trun"), 1, flags, [&] {
    writer.U32(segment.sample_count);
    writer.U32(static_cast<std::uint32_t>(head_size));
    bmff::SampleCursor cursor(track.samples, segment.first);
    for (std::uint32_t i = 0; i < segment.sample_count; ++i, cursor.Advance()) {
      const bmff::Sample sample = cursor.sample();
      writer.U32(sample.duration);
      writer.U32(static_cast<std::uint32_t>(sample.data.length));
      if ((flags & kTrunFlags) != 0) writer.U32(sample.is_sync ? kSyncFlags : kNonSyncFlags);
      if ((flags & kTrunComposition) != 0) {
        writer.I32(static_cast<std::int32_t>(sample.composition_offset - edit));
      }
      if (!ranges.empty() && ranges.back().end() == sample.data.offset) {
        ranges.back().length += sample.data.length;
      } else {
        ranges.push_back(sample.data);
      }
    }
  });
}

}  // namespace

ByteCount GatherList::size() const {
  ByteCount size = head.size();
  for (const bmff::ByteRange& range : ranges) size += range.length;
  return size;
}

GatherList GatherList::Slice(ByteCount offset, ByteCount length) const {
  TT_ASSERT(offset <= size() && length <= size() - offset, "{} bytes from {} of {}", length, offset,
            size());
  GatherList slice;
  slice.head = head.substr(std::min<std::size_t>(offset, head.size()), length);
  ByteCount skip = offset - std::min<ByteCount>(offset, head.size());
  ByteCount left = length - slice.head.size();
  for (const bmff::ByteRange& range : ranges) {
    if (left == 0) break;
    const ByteCount skipped = std::min(skip, range.length);
    const ByteCount taken = std::min(left, range.length - skipped);
    if (taken > 0) slice.ranges.push_back({.offset = range.offset + skipped, .length = taken});
    skip -= skipped;
    left -= taken;
  }
  return slice;
}

ByteCount HeadSize(const SourceTrack& track, std::uint32_t sample_count) {
  // moof 8, mfhd 16, traf 8, tfhd 16 or 20, tfdt 20, trun 20.
  const ByteCount tfhd = track.samples.all_sync() ? 20 : 16;
  return 8 + 16 + 8 + tfhd + 20 + 20 + SampleBytes(RunFlags(track)) * sample_count +
         kMdatHeaderSize;
}

GatherList WriteSegment(const SourceTrack& track, const PlannedSegment& segment,
                        std::uint32_t number) {
  GatherList list;
  BoxWriter writer;
  const bool all_sync = track.samples.all_sync();
  const ByteCount head_size = HeadSize(track, segment.sample_count);
  writer.Box(MakeFourCc("moof"), [&] {
    writer.FullBox(MakeFourCc("mfhd"), 0, 0, [&] { writer.U32(number); });
    writer.Box(MakeFourCc("traf"), [&] {
      writer.FullBox(MakeFourCc("tfhd"), 0, kTfhdBaseIsMoof | (all_sync ? kTfhdFlags : 0), [&] {
        writer.U32(kTrackId);
        if (all_sync) writer.U32(kSyncFlags);
      });
      writer.FullBox(MakeFourCc("tfdt"), 1, 0,
                     [&] { writer.U64(segment.decode_time() + track.late); });
      WriteTrun(writer, track, segment, head_size, list.ranges);
    });
  });
  writer.U32(static_cast<std::uint32_t>(kMdatHeaderSize + segment.data_size));
  writer.U32(MakeFourCc("mdat"));
  list.head = writer.Take();
  TT_ASSERT(list.head.size() == head_size, "a head of {} bytes, not {}", list.head.size(),
            head_size);
  return list;
}

}  // namespace tritontube::packaging
