#include "domain/sources/source_parts.h"

#include <fmt/format.h>

#include <algorithm>

namespace tritontube::sources {

std::string PartFileName(ByteCount part) { return fmt::format("source-{:06}", part); }

ByteCount PartCount(ByteCount size) { return (size + kPartBytes - 1) / kPartBytes; }

async::Task<Result<blob::Bytes>> ReadSource(blob::BlobStore& store, SourceKey source,
                                            blob::ByteRange range, Deadline deadline) {
  if (range.offset > source.size || range.length > source.size - range.offset) {
    co_return Fail(ErrorCode::kOutOfRange, "bytes {} to {} of an original of {}", range.offset,
                   range.offset + range.length, source.size);
  }
  blob::Bytes bytes;
  const ByteCount end = range.offset + range.length;
  for (ByteCount at = range.offset; at < end;) {
    const ByteCount part = at / kPartBytes;
    const ByteCount within = at % kPartBytes;
    const ByteCount length = std::min(end - at, kPartBytes - within);
    TT_CO_ASSIGN_OR_RETURN(blob::Bytes piece,
                           co_await store.Get({source.video, source.upload, PartFileName(part)},
                                              {within, length}, deadline));
    bytes.Append(std::move(piece));
    at += length;
  }
  co_return bytes;
}

}  // namespace tritontube::sources
