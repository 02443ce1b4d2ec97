#include "services/delivery/source_bytes.h"

#include <algorithm>
#include <cstring>

#include "domain/sources/source_parts.h"
#include "foundation/async/task_group.h"

namespace tritontube::delivery {

namespace {

// A store reads at least so much for anything, so that the gap costs nothing.
constexpr ByteCount kGapBytesMax = ByteCount{128} << 10U;
constexpr std::size_t kReadsAtOnce = 4;

// Adds what is wanted to a stretch, if it is near enough.
bool Join(Stretch& stretch, const Stretch::Wanted& wanted,
          const packaging::ArrivedRanges& arrived) {
  const bmff::ByteRange& range = wanted.range;
  if (range.offset < stretch.range.end() || range.offset - stretch.range.end() > kGapBytesMax) {
    return false;
  }
  const bmff::ByteRange joined{.offset = stretch.range.offset,
                               .length = range.end() - stretch.range.offset};
  if (joined.length > kStretchBytesMax || !arrived.Contains(joined)) return false;
  stretch.range = joined;
  stretch.wanted.push_back(wanted);
  return true;
}

void CopyTo(char* target, const blob::Bytes& bytes) {
  for (const std::span<const std::byte> span : bytes.spans()) {
    std::memcpy(target, span.data(), span.size());
    target += span.size();
  }
}

async::Task<void> ReadStretch(blob::BlobStore& store, const VideoId& video,
                              const ShownSource& source, const Stretch& stretch, char* target,
                              Result<void>& result, Deadline deadline) {
  const Result<blob::Bytes> bytes =
      co_await ReadRange(store, video, source, stretch.range, deadline);
  if (!bytes) {
    result = std::unexpected(bytes.error());
    co_return;
  }
  for (const Stretch::Wanted& wanted : stretch.wanted) {
    CopyTo(target + wanted.target,
           bytes->Slice(wanted.range.offset - stretch.range.offset, wanted.range.length));
  }
}

}  // namespace

packaging::ArrivedRanges ArrivedOf(const ShownSource& source) {
  packaging::ArrivedRanges arrived;
  if (!source.arrival) {
    arrived.Add({.offset = 0, .length = source.size});
    return arrived;
  }
  for (const blob::ByteRange& range : sources::StoredRanges(*source.arrival, source.size)) {
    arrived.Add({.offset = range.offset, .length = range.length});
  }
  return arrived;
}

async::Task<Result<blob::Bytes>> ReadRange(blob::BlobStore& store, const VideoId& video,
                                           const ShownSource& source, bmff::ByteRange range,
                                           Deadline deadline) {
  const blob::ByteRange wanted{.offset = range.offset, .length = range.length};
  sources::SourceKey key{video, source.upload, source.size};
  if (!source.arrival) return sources::ReadSource(store, std::move(key), wanted, deadline);
  return sources::ReadArrived(store, std::move(key), *source.arrival, wanted, deadline);
}

std::vector<Stretch> StretchesOf(std::span<const bmff::ByteRange> ranges,
                                 const packaging::ArrivedRanges& arrived) {
  std::vector<Stretch> stretches;
  ByteCount target = 0;
  for (bmff::ByteRange rest : ranges) {
    while (rest.length > 0) {
      const bmff::ByteRange piece{.offset = rest.offset,
                                  .length = std::min(rest.length, kStretchBytesMax)};
      const Stretch::Wanted wanted{.range = piece, .target = target};
      if (stretches.empty() || !Join(stretches.back(), wanted, arrived)) {
        stretches.push_back({.range = piece, .wanted = {wanted}});
      }
      target += piece.length;
      rest = {.offset = piece.end(), .length = rest.length - piece.length};
    }
  }
  return stretches;
}

async::Task<Result<blob::Bytes>> Gather(blob::BlobStore& store, VideoId video, ShownSource source,
                                        packaging::GatherList list, Deadline deadline) {
  std::string bytes = std::move(list.head);
  char* const target = [&] {
    const std::size_t head = bytes.size();
    ByteCount size = head;
    for (const bmff::ByteRange& range : list.ranges) size += range.length;
    bytes.resize(size);
    return bytes.data() + head;
  }();
  const std::vector<Stretch> stretches = StretchesOf(list.ranges, ArrivedOf(source));
  std::vector<Result<void>> results(stretches.size());
  for (std::size_t first = 0; first < stretches.size(); first += kReadsAtOnce) {
    const std::size_t end = std::min(stretches.size(), first + kReadsAtOnce);
    std::vector<async::Task<void>> reads;
    for (std::size_t i = first; i < end; ++i) {
      reads.push_back(
          ReadStretch(store, video, source, stretches[i], target, results[i], deadline));
    }
    co_await async::RunAll(std::move(reads));
    for (std::size_t i = first; i < end; ++i) TT_CO_RETURN_IF_ERROR(results[i]);
  }
  if (co_await async::IsCancelled()) co_return Fail(ErrorCode::kCancelled, "nobody waits for it");
  co_return blob::Bytes(std::move(bytes));
}

}  // namespace tritontube::delivery
