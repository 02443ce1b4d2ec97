#include "core/bmff/track_fragment.h"

#include <bit>
#include <limits>
#include <utility>

namespace tritontube::bmff {

namespace {

// The flags that say which fields follow.
constexpr std::uint32_t kTfhdBaseDataOffset = 0x000001;
constexpr std::uint32_t kTfhdDescription = 0x000002;
constexpr std::uint32_t kTfhdDuration = 0x000008;
constexpr std::uint32_t kTfhdSize = 0x000010;
constexpr std::uint32_t kTfhdFlags = 0x000020;
constexpr std::uint32_t kTfhdBaseIsMoof = 0x020000;
constexpr std::uint32_t kTrunDataOffset = 0x000001;
constexpr std::uint32_t kTrunFirstFlags = 0x000004;
constexpr std::uint32_t kTrunDuration = 0x000100;
constexpr std::uint32_t kTrunSize = 0x000200;
constexpr std::uint32_t kTrunFlags = 0x000400;
constexpr std::uint32_t kTrunComposition = 0x000800;
constexpr std::uint32_t kTrunSampleFields =
    kTrunDuration | kTrunSize | kTrunFlags | kTrunComposition;

}  // namespace

SampleDefaults TrackFragmentHeader::Over(const SampleDefaults& track) const {
  return {.description = description.value_or(track.description),
          .duration = duration.value_or(track.duration),
          .size = size.value_or(track.size),
          .flags = flags.value_or(track.flags)};
}

Result<TrackFragmentHeader> ParseTfhd(std::span<const std::byte> tfhd) {
  ByteReader reader(tfhd);
  const std::uint32_t word = reader.U32();
  TrackFragmentHeader header;
  header.track_id = reader.U32();
  header.base_is_moof = (word & kTfhdBaseIsMoof) != 0;
  if ((word & kTfhdBaseDataOffset) != 0) header.base_data_offset = reader.U64();
  if ((word & kTfhdDescription) != 0) header.description = reader.U32();
  if ((word & kTfhdDuration) != 0) header.duration = reader.U32();
  if ((word & kTfhdSize) != 0) header.size = reader.U32();
  if ((word & kTfhdFlags) != 0) header.flags = reader.U32();
  if (!reader.ok()) return Fail(ErrorCode::kInvalidArgument, "'tfhd' box is malformed");
  return header;
}

Result<std::uint64_t> ParseTfdt(std::span<const std::byte> tfdt) {
  ByteReader reader(tfdt);
  const std::uint32_t version = reader.U32() >> 24U;
  const std::uint64_t time = version == 1 ? reader.U64() : reader.U32();
  if (!reader.ok() || time > std::numeric_limits<std::uint64_t>::max() / 4) {
    return Fail(ErrorCode::kInvalidArgument, "'tfdt' box is malformed");
  }
  return time;
}

Result<RunReader> RunReader::Open(std::span<const std::byte> trun, const SampleDefaults& defaults) {
  RunReader run(ByteReader(trun), defaults);
  ByteReader& reader = run.reader_;
  run.word_ = reader.U32();
  run.sample_count_ = reader.U32();
  if ((run.word_ & kTrunDataOffset) != 0) {
    run.data_offset_ = static_cast<std::int32_t>(reader.U32());
  }
  if ((run.word_ & kTrunFirstFlags) != 0) run.first_flags_ = reader.U32();
  const auto fields = static_cast<std::uint64_t>(std::popcount(run.word_ & kTrunSampleFields));
  if (!reader.ok() || reader.remaining() != fields * 4 * run.sample_count_) {
    return Fail(ErrorCode::kInvalidArgument, "'trun' box is malformed");
  }
  return run;
}

RunSample RunReader::Next() {
  RunSample sample;
  sample.duration = (word_ & kTrunDuration) != 0 ? reader_.U32() : defaults_.duration;
  sample.size = (word_ & kTrunSize) != 0 ? reader_.U32() : defaults_.size;
  sample.flags = (word_ & kTrunFlags) != 0 ? reader_.U32() : defaults_.flags;
  if (first_flags_) sample.flags = *std::exchange(first_flags_, std::nullopt);
  if ((word_ & kTrunComposition) != 0) {
    const std::uint32_t offset = reader_.U32();
    // Signed from version 1 of the box on.
    sample.composition_offset =
        word_ >> 24U == 0 ? std::int64_t{offset} : static_cast<std::int32_t>(offset);
  }
  TT_ASSERT(reader_.ok(), "read past the end of a run");
  return sample;
}

}  // namespace tritontube::bmff
