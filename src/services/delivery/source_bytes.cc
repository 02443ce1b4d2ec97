#include "services/delivery/source_bytes.h"

#include <algorithm>
#include <string>
#include <utility>

#include "domain/sources/source_parts.h"
#include "foundation/async/task_group.h"

namespace tritontube::delivery {

namespace {

// A store reads at least so much for anything, so that the gap costs nothing.
constexpr ByteCount kGapBytesMax = ByteCount{128} << 10U;
constexpr std::size_t kReadsAtOnce = 4;
// Adds what is wanted to a stretch, if it is near enough.
bool Join(Stretch& stretch, const bmff::ByteRange& wanted,
          const packaging::ArrivedRanges& arrived) {
  if (wanted.offset < stretch.range.end() || wanted.offset - stretch.range.end() > kGapBytesMax) {
    return false;
  }
  const bmff::ByteRange joined{.offset = stretch.range.offset,
                               .length = wanted.end() - stretch.range.offset};
  if (joined.length > kStretchBytesMax || !arrived.Contains(joined)) return false;
  stretch.range = joined;
  stretch.wanted.push_back(wanted);
  return true;
}

// A segment that is put together from its head on.
class Assembly {
 public:
  Assembly(const packaging::GatherList& list, Form form) {
    copies_ = form == Form::kOnePiece || list.size() < list.ranges.size() * kPieceBytesMin;
    if (copies_) text_.reserve(list.size());
    Append(blob::Bytes(list.head));
  }

  void Append(blob::Bytes piece) {
    if (!copies_) {
      bytes_.Append(std::move(piece));
      return;
    }
    for (const std::span<const std::byte> span : piece.spans()) text_ += AsText(span);
  }

  blob::Bytes Take() && { return copies_ ? blob::Bytes(std::move(text_)) : std::move(bytes_); }

 private:
  bool copies_ = false;
  std::string text_;
  blob::Bytes bytes_;
};

async::Task<void> ReadStretch(blob::BlobStore& store, const VideoId& video,
                              const ShownSource& source, bmff::ByteRange range,
                              Result<blob::Bytes>& bytes, Deadline deadline) {
  bytes = co_await ReadRange(store, video, source, range, deadline);
}

// What lies in a few stretches, each read at the same time.
async::Task<Result<void>> AppendStretches(blob::BlobStore& store, const VideoId& video,
                                          const ShownSource& source,
                                          std::span<const Stretch> stretches, Assembly& assembly,
                                          Deadline deadline) {
  std::vector<Result<blob::Bytes>> read(stretches.size());
  std::vector<async::Task<void>> reads;
  reads.reserve(stretches.size());
  for (std::size_t i = 0; i < stretches.size(); ++i) {
    reads.push_back(ReadStretch(store, video, source, stretches[i].range, read[i], deadline));
  }
  co_await async::RunAll(std::move(reads));
  for (std::size_t i = 0; i < stretches.size(); ++i) {
    if (!read[i]) co_return std::unexpected(read[i].error());
    const ByteCount begin = stretches[i].range.offset;
    for (const bmff::ByteRange& wanted : stretches[i].wanted) {
      assembly.Append(read[i]->Slice(wanted.offset - begin, wanted.length));
    }
  }
  co_return Result<void>{};
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
  for (bmff::ByteRange rest : ranges) {
    while (rest.length > 0) {
      const bmff::ByteRange piece{.offset = rest.offset,
                                  .length = std::min(rest.length, kStretchBytesMax)};
      if (stretches.empty() || !Join(stretches.back(), piece, arrived)) {
        stretches.push_back({.range = piece, .wanted = {piece}});
      }
      rest = {.offset = piece.end(), .length = rest.length - piece.length};
    }
  }
  return stretches;
}

async::Task<Result<blob::Bytes>> Gather(blob::BlobStore& store, const VideoId& video,
                                        const ShownSource& source,
                                        const packaging::GatherList& list, Form form,
                                        Deadline deadline) {
  Assembly assembly(list, form);
  const std::vector<Stretch> stretches = StretchesOf(list.ranges, ArrivedOf(source));
  for (std::span<const Stretch> left = stretches; !left.empty();) {
    const auto now = left.first(std::min(left.size(), kReadsAtOnce));
    TT_CO_RETURN_IF_ERROR(co_await AppendStretches(store, video, source, now, assembly, deadline));
    left = left.subspan(now.size());
  }
  if (co_await async::IsCancelled()) co_return Fail(ErrorCode::kCancelled, "nobody waits for it");
  co_return std::move(assembly).Take();
}

}  // namespace tritontube::delivery
