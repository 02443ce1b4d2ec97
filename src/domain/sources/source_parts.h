#pragma once

#include <string>

#include "base/bytes.h"
#include "core/blob/blob_store.h"
#include "foundation/async/task.h"

// How an original is kept: in parts, so that it is stored while it arrives and
// read by range from anywhere.
namespace tritontube::sources {

// The unit of acknowledgement and of placement. Every part but the last has
// this size.
inline constexpr ByteCount kPartBytes = ByteCount{8} << 20U;

// Parts count from 0: "source-000000".
std::string PartFileName(ByteCount part);

ByteCount PartCount(ByteCount size);

// Where an original lies.
struct SourceKey {
  VideoId video;
  UploadId upload;
  ByteCount size = 0;
};

// The bytes [range.offset, +range.length) of an original. Reads only the parts
// it touches, one after another. kOutOfRange beyond the end.
async::Task<Result<blob::Bytes>> ReadSource(blob::BlobStore& store, SourceKey source,
                                            blob::ByteRange range, Deadline deadline);

}  // namespace tritontube::sources
