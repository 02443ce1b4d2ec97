#pragma once

#include <cstdint>
#include <span>
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
  bmff::ByteRange range;
  std::vector<bmff::ByteRange> wanted;
};

inline constexpr ByteCount kStretchBytesMax = ByteCount{1} << 20U;

// The reads that bring all ranges, one behind the other. The samples of a sound
// track lie between those of the pictures: what is near is read with what is
// between, as far as that is stored. Pure.
std::vector<Stretch> StretchesOf(std::span<const bmff::ByteRange> ranges,
                                 const packaging::ArrivedRanges& arrived);

// What is smaller is better copied than sent on its own: it may keep a whole
// record of the store in memory for as long as a slow client takes.
inline constexpr ByteCount kPieceBytesMin = ByteCount{128} << 10U;

enum class Form : std::uint8_t {
  kOnePiece,  // One copy, to be kept.
  // As the store has read it, to be sent. It may keep more in memory than it
  // shows, but not many times as much: small pieces are copied together.
  kAsRead,
};

// The whole of a gather list. Reads a few stretches at a time.
async::Task<Result<blob::Bytes>> Gather(blob::BlobStore& store, const VideoId& video,
                                        const ShownSource& source,
                                        const packaging::GatherList& list, Form form,
                                        Deadline deadline);

}  // namespace tritontube::delivery
