#include "core/bmff/fragment.h"

#include <algorithm>
#include <optional>

#include "base/assert.h"
#include "core/bmff/number_table.h"
#include "core/bmff/track_fragment.h"

namespace tritontube::bmff {

namespace {

// A segment of minutes of the smallest audio frames has fewer; without a limit
// one run of default-sized samples could claim four billion in 20 bytes.
constexpr std::uint64_t kSegmentSamplesMax = 1U << 20U;

// Where sample data may lie, counted from the first byte of the moof.
struct DataRange {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

// Adds up the runs of a fragment, one after another.
class RunAdder {
 public:
  RunAdder(const SampleDefaults& defaults, DataRange data, Fragment& fragment)
      : defaults_(defaults), data_(data), fragment_(fragment) {}

  Result<void> Add(std::span<const std::byte> trun) {
    TT_ASSIGN_OR_RETURN(RunReader run, RunReader::Open(trun, defaults_));
    if (run.sample_count() > kSegmentSamplesMax - fragment_.sample_count) {
      return Fail(ErrorCode::kInvalidArgument, "fragment has too many samples");
    }
    if (const auto offset = run.data_offset()) {
      if (*offset < 0) {
        return Fail(ErrorCode::kInvalidArgument, "'trun' points before its fragment");
      }
      position_ = static_cast<std::uint64_t>(*offset);
    }
    for (std::uint32_t i = 0; i < run.sample_count(); ++i) {
      TT_RETURN_IF_ERROR(AddSample(run.Next()));
    }
    return {};
  }

 private:
  Result<void> AddSample(const RunSample& sample) {
    if (sample.duration == 0) return Fail(ErrorCode::kInvalidArgument, "a sample has no duration");
    if (position_ < data_.begin || position_ > data_.end || sample.size > data_.end - position_) {
      return Fail(ErrorCode::kInvalidArgument, "a sample lies outside the 'mdat' box");
    }
    const std::int64_t shown =
        static_cast<std::int64_t>(fragment_.base_decode_time + fragment_.duration) +
        sample.composition_offset;
    if (fragment_.sample_count == 0) {
      fragment_.starts_with_sync_sample = sample.is_sync();
      fragment_.earliest_presentation_time = shown;
    }
    fragment_.earliest_presentation_time = std::min(fragment_.earliest_presentation_time, shown);
    fragment_.duration += sample.duration;
    ++fragment_.sample_count;
    position_ += sample.size;
    return {};
  }

  const SampleDefaults defaults_;
  const DataRange data_;
  Fragment& fragment_;
  std::uint64_t position_ = 0;  // A run without an offset follows the one before.
};

Result<SampleDefaults> ReadDefaults(std::span<const std::byte> traf, const Track& track) {
  TT_ASSIGN_OR_RETURN(const Box tfhd, FindOnly(traf, MakeFourCc("tfhd")));
  TT_ASSIGN_OR_RETURN(const TrackFragmentHeader header, ParseTfhd(tfhd.payload));
  if (header.base_data_offset) {
    return Fail(ErrorCode::kInvalidArgument, "'tfhd' counts from the beginning of a file");
  }
  if (header.track_id != track.id) {
    return Fail(ErrorCode::kInvalidArgument, "fragment is of track {}, not {}", header.track_id,
                track.id);
  }
  return header.Over(track.defaults);
}

Result<void> ParseTraf(std::span<const std::byte> traf, const Track& track, DataRange data,
                       Fragment& fragment) {
  TT_ASSIGN_OR_RETURN(const SampleDefaults defaults, ReadDefaults(traf, track));
  fragment.track_id = track.id;
  TT_ASSIGN_OR_RETURN(const Box tfdt, FindOnly(traf, MakeFourCc("tfdt")));
  TT_ASSIGN_OR_RETURN(fragment.base_decode_time, ParseTfdt(tfdt.payload));
  RunAdder runs(defaults, data, fragment);
  TT_RETURN_IF_ERROR(ForEachBox(traf, MakeFourCc("trun"),
                                [&](std::span<const std::byte> trun) { return runs.Add(trun); }));
  if (fragment.sample_count == 0) return Fail(ErrorCode::kInvalidArgument, "fragment is empty");
  return {};
}

struct Pair {
  Box moof;
  Box mdat;
};

Result<Pair> SplitPair(std::span<const std::byte> bytes) {
  BoxWalker walker(bytes);
  TT_ASSIGN_OR_RETURN(const std::optional<Box> moof, walker.Next());
  TT_ASSIGN_OR_RETURN(const std::optional<Box> mdat, walker.Next());
  TT_ASSIGN_OR_RETURN(const std::optional<Box> more, walker.Next());
  if (!moof || moof->type != MakeFourCc("moof") || !mdat || mdat->type != MakeFourCc("mdat") ||
      more) {
    return Fail(ErrorCode::kInvalidArgument, "segment is not one 'moof' and one 'mdat' box");
  }
  return Pair{.moof = *moof, .mdat = *mdat};
}

// Adds the samples of a run to a head.
Result<void> AddRun(std::span<const std::byte> trun, const SampleDefaults& defaults,
                    FragmentHead& head, ByteCount& used) {
  TT_ASSIGN_OR_RETURN(RunReader run, RunReader::Open(trun, defaults));
  if (run.sample_count() > kSegmentSamplesMax - head.samples.size()) {
    return Fail(ErrorCode::kInvalidArgument, "fragment has too many samples");
  }
  const auto expected = static_cast<std::int64_t>(head.data_offset + used);
  if (run.data_offset().value_or(expected) != expected) {
    return Fail(ErrorCode::kInvalidArgument, "the runs of a fragment are not one behind the other");
  }
  for (std::uint32_t i = 0; i < run.sample_count(); ++i) {
    const RunSample sample = run.Next();
    if (sample.duration == 0) return Fail(ErrorCode::kInvalidArgument, "a sample has no duration");
    if (sample.size > head.data_size - used) {
      return Fail(ErrorCode::kInvalidArgument, "a sample lies outside the 'mdat' box");
    }
    used += sample.size;
    head.samples.push_back(sample);
  }
  return {};
}

// The mdat's header must be what the rest of the segment is.
Result<void> ReadMdatHeader(std::span<const std::byte> bytes, ByteCount moof_size,
                            ByteCount segment_size, FragmentHead& head) {
  ByteReader reader(bytes);
  ByteCount size = reader.U32();
  const FourCc type = reader.U32();
  ByteCount header_size = 8;
  if (size == 1) {
    size = reader.U64();
    header_size = 16;
  }
  if (!reader.ok() || type != MakeFourCc("mdat") || size < header_size ||
      size != segment_size - moof_size) {
    return Fail(ErrorCode::kInvalidArgument, "segment is not one 'moof' and one 'mdat' box");
  }
  head.data_offset = moof_size + header_size;
  head.data_size = size - header_size;
  return {};
}

}  // namespace

Result<ByteCount> HeadSize(std::span<const std::byte> beginning, ByteCount segment_size) {
  ByteReader reader(beginning);
  const ByteCount size = reader.U32();
  const FourCc type = reader.U32();
  if (!reader.ok() || type != MakeFourCc("moof") || size < 8 || size > kMoofBytesMax ||
      size >= segment_size) {
    return Fail(ErrorCode::kInvalidArgument, "segment does not begin with a 'moof' box");
  }
  constexpr ByteCount kMdatHeaderMax = 16;
  return size + std::min(kMdatHeaderMax, segment_size - size);
}

Result<FragmentHead> ParseFragmentHead(std::span<const std::byte> beginning, ByteCount segment_size,
                                       const Track& track) {
  TT_ASSIGN_OR_RETURN(const ByteCount head_size, HeadSize(beginning, segment_size));
  TT_ASSERT(beginning.size() >= head_size, "{} bytes, not {}", beginning.size(), head_size);
  // HeadSize() has seen a size of 32 bits.
  const std::size_t moof_size = LoadBigEndian<std::uint32_t>(beginning.data());
  FragmentHead head;
  TT_RETURN_IF_ERROR(
      ReadMdatHeader(beginning.first(head_size).subspan(moof_size), moof_size, segment_size, head));
  TT_ASSIGN_OR_RETURN(const Box moof, FindOnly(beginning.first(moof_size), MakeFourCc("moof")));
  TT_ASSIGN_OR_RETURN(const Box traf, FindOnly(moof.payload, MakeFourCc("traf")));
  TT_ASSIGN_OR_RETURN(const SampleDefaults defaults, ReadDefaults(traf.payload, track));
  TT_ASSIGN_OR_RETURN(const Box tfdt, FindOnly(traf.payload, MakeFourCc("tfdt")));
  TT_ASSIGN_OR_RETURN(head.base_decode_time, ParseTfdt(tfdt.payload));
  head.description = defaults.description;
  ByteCount used = 0;
  TT_RETURN_IF_ERROR(ForEachBox(
      traf.payload, MakeFourCc("trun"),
      [&](std::span<const std::byte> trun) { return AddRun(trun, defaults, head, used); }));
  if (head.samples.empty() || used != head.data_size) {
    return Fail(ErrorCode::kInvalidArgument, "{} samples do not fill the 'mdat' box",
                head.samples.size());
  }
  return head;
}

Result<Fragment> ParseFragment(std::span<const std::byte> bytes, const Track& track) {
  TT_ASSIGN_OR_RETURN(const Pair pair, SplitPair(bytes));
  Fragment fragment;
  TT_ASSIGN_OR_RETURN(const Box mfhd, FindOnly(pair.moof.payload, MakeFourCc("mfhd")));
  ByteReader reader(mfhd.payload);
  reader.Skip(4);
  fragment.sequence_number = reader.U32();
  if (!reader.ok()) return Fail(ErrorCode::kInvalidArgument, "'mfhd' box is malformed");
  TT_ASSIGN_OR_RETURN(const Box traf, FindOnly(pair.moof.payload, MakeFourCc("traf")));
  const DataRange data{.begin = pair.moof.size() + pair.mdat.header_size, .end = bytes.size()};
  TT_RETURN_IF_ERROR(ParseTraf(traf.payload, track, data, fragment));
  return fragment;
}

Result<void> SetSequenceNumber(std::span<std::byte> fragment, std::uint32_t sequence_number) {
  TT_ASSIGN_OR_RETURN(const Pair pair, SplitPair(fragment));
  TT_ASSIGN_OR_RETURN(const Box mfhd, FindOnly(pair.moof.payload, MakeFourCc("mfhd")));
  if (mfhd.payload.size() != 8) return Fail(ErrorCode::kInvalidArgument, "'mfhd' is malformed");
  const auto offset = static_cast<std::size_t>(mfhd.payload.data() - fragment.data()) + 4;
  for (std::size_t i = 0; i < 4; ++i) {
    fragment[offset + i] = static_cast<std::byte>(sequence_number >> (24U - 8U * i));
  }
  return {};
}

}  // namespace tritontube::bmff
