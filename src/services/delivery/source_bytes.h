#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/blob/blob_store.h"
#include "domain/packaging/arrival.h"
#include "services/delivery/watchable.h"

// Reading originals that are shown as they are, whole or not.
namespace tritontube::delivery {

// Which bytes of the file are stored.
packaging::ArrivedRanges ArrivedOf(const ShownSource& source);

// Requires: the bytes are stored.
async::Task<Result<blob::Bytes>> ReadRange(blob::BlobStore& store, const VideoId& video,
                                           const ShownSource& source, bmff::ByteRange range,
                                           Deadline deadline);

// Bytes that are read at once: some of a gather list, and what is between them.
struct Stretch {
  struct Wanted {
    bmff::ByteRange range;
    ByteCount target = 0;  // Where the bytes go.
  };
  bmff::ByteRange range;
  std::vector<Wanted> wanted;
};

inline constexpr ByteCount kStretchBytesMax = ByteCount{1} << 20U;

// The reads that bring all ranges, one behind the other. The samples of a sound
// track lie between those of the pictures: what is near is read with what is
// between, as far as that is stored. Pure.
std::vector<Stretch> StretchesOf(std::span<const bmff::ByteRange> ranges,
                                 const packaging::ArrivedRanges& arrived);

// The whole of a gather list, in one piece. Reads a few stretches at a time.
async::Task<Result<blob::Bytes>> Gather(blob::BlobStore& store, VideoId video, ShownSource source,
                                        packaging::GatherList list, Deadline deadline);

}  // namespace tritontube::delivery
