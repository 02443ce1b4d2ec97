#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "core/blob/blob_store.h"
#include "domain/sources/source_parts.h"

namespace tritontube::sources {

// Bytes of a part that is not whole yet: a blob of its own.
struct StoredPiece {
  ByteCount offset = 0;  // In the file.
  ByteCount length = 0;

  ByteCount end() const { return offset + length; }
  bool operator==(const StoredPiece&) const = default;
};

// Parts that are whole: `count` of them from number `first` on.
struct PartRun {
  std::uint64_t first = 0;
  std::uint64_t count = 0;

  bool operator==(const PartRun&) const = default;
};

// Which bytes of a file that comes in any order are stored, and how. Bytes that
// are here have been acknowledged, or will be: they are durable.
struct Arrival {
  UploadId pieces_upload;           // The pieces lie under it, the parts under the upload's own.
  std::vector<PartRun> parts = {};  // By number; they do not touch.
  std::vector<StoredPiece> pieces = {};  // By offset; disjoint, each within one part.

  bool operator==(const Arrival&) const = default;
};

// More are not taken: each is a blob, and all stand in one value.
inline constexpr std::size_t kPiecesMax = 4096;

// "piece-0000000000800000-00010000".
std::string PieceFileName(const StoredPiece& piece);

// Where a part lies in a file of that size.
blob::ByteRange RangeOfPart(ByteCount part, ByteCount size);

bool HoldsPart(const Arrival& arrival, ByteCount part);

// What is stored of a file of that size: by offset, joined where it touches.
std::vector<blob::ByteRange> StoredRanges(const Arrival& arrival, ByteCount size);
// What of `range` is not stored, by offset.
std::vector<blob::ByteRange> MissingOf(const Arrival& arrival, ByteCount size,
                                       blob::ByteRange range);
ByteCount StoredBytes(const Arrival& arrival, ByteCount size);
// How many bytes are there from the beginning on, without a gap.
ByteCount PrefixBytes(const Arrival& arrival, ByteCount size);
bool IsWhole(const Arrival& arrival, ByteCount size);

// The part is stored as a whole; its pieces are not needed any more.
void AddPart(Arrival& arrival, ByteCount part, ByteCount size);
// kAlreadyExists when some of its bytes are stored, kResourceExhausted when there
// are kPiecesMax. Requires: it is not empty and lies within one part.
Result<void> AddPiece(Arrival& arrival, StoredPiece piece, ByteCount size);
// The pieces of a part, by offset, when they are all of it.
std::vector<StoredPiece> PiecesOfWholePart(const Arrival& arrival, ByteCount part, ByteCount size);

// Any stored range of an upload that is not whole. kOutOfRange when not all of it
// is there. Reads what it touches, one after another. An old `arrival` does as
// well, until the upload has ended: pieces stay as long.
async::Task<Result<blob::Bytes>> ReadArrived(blob::BlobStore& store, SourceKey source,
                                             Arrival arrival, blob::ByteRange range,
                                             Deadline deadline);

}  // namespace tritontube::sources
