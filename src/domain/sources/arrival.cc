#include "domain/sources/arrival.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace tritontube::sources {

namespace {

using blob::ByteRange;

// The first run that does not end before `part`.
template <typename Runs>
auto RunAt(Runs& parts, ByteCount part) {
  return std::ranges::lower_bound(parts, part, {},
                                  [](const PartRun& run) { return run.first + run.count; });
}

ByteRange RangeOf(const PartRun& run, ByteCount size) {
  const ByteCount begin = run.first * kPartBytes;
  return {begin, std::min(size, (run.first + run.count) * kPartBytes) - begin};
}

// The first piece that ends behind `offset`.
template <typename Pieces>
auto PieceAt(Pieces& pieces, ByteCount offset) {
  return std::ranges::upper_bound(pieces, offset, {}, &StoredPiece::end);
}

// A blob, and the bytes of it that are wanted.
struct Extract {
  blob::BlobKey key;
  ByteRange range;
};

// Where the byte `at` lies, and what follows it there, up to `end`.
std::optional<Extract> ExtractAt(const SourceKey& source, const Arrival& arrival, ByteCount at,
                                 ByteCount end) {
  const ByteCount part = at / kPartBytes;
  if (HoldsPart(arrival, part)) {
    const ByteCount within = at % kPartBytes;
    return Extract{.key = {source.video, source.upload, PartFileName(part)},
                   .range = {within, std::min(end - at, kPartBytes - within)}};
  }
  const auto piece = PieceAt(arrival.pieces, at);
  if (piece == arrival.pieces.end() || piece->offset > at) return std::nullopt;
  return Extract{.key = {source.video, arrival.pieces_upload, PieceFileName(*piece)},
                 .range = {at - piece->offset, std::min(end, piece->end()) - at}};
}

}  // namespace

std::string PieceFileName(const StoredPiece& piece) {
  return fmt::format("piece-{:016x}-{:08x}", piece.offset, piece.length);
}

ByteRange RangeOfPart(ByteCount part, ByteCount size) {
  const ByteCount begin = part * kPartBytes;
  return {begin, std::min(size - begin, kPartBytes)};
}

bool HoldsPart(const Arrival& arrival, ByteCount part) {
  const auto run = RunAt(arrival.parts, part + 1);
  return run != arrival.parts.end() && run->first <= part;
}

std::vector<ByteRange> StoredRanges(const Arrival& arrival, ByteCount size) {
  std::vector<ByteRange> ranges;
  ranges.reserve(arrival.parts.size() + arrival.pieces.size());
  for (const PartRun& run : arrival.parts) ranges.push_back(RangeOf(run, size));
  for (const StoredPiece& piece : arrival.pieces) ranges.push_back({piece.offset, piece.length});
  std::ranges::sort(ranges, {}, &ByteRange::offset);
  std::vector<ByteRange> joined;
  for (const ByteRange& range : ranges) {
    if (!joined.empty() && joined.back().end() == range.offset) {
      joined.back().length += range.length;
    } else {
      joined.push_back(range);
    }
  }
  return joined;
}

std::vector<ByteRange> MissingOf(const Arrival& arrival, ByteCount size, ByteRange range) {
  std::vector<ByteRange> missing;
  ByteCount at = range.offset;
  for (const ByteRange& stored : StoredRanges(arrival, size)) {
    if (stored.end() <= at) continue;
    if (stored.offset >= range.end()) break;
    if (stored.offset > at) missing.push_back({at, stored.offset - at});
    at = std::min(stored.end(), range.end());
  }
  if (at < range.end()) missing.push_back({at, range.end() - at});
  return missing;
}

ByteCount StoredBytes(const Arrival& arrival, ByteCount size) {
  ByteCount bytes = 0;
  for (const PartRun& run : arrival.parts) bytes += RangeOf(run, size).length;
  for (const StoredPiece& piece : arrival.pieces) bytes += piece.length;
  return bytes;
}

ByteCount PrefixBytes(const Arrival& arrival, ByteCount size) {
  const std::vector<ByteRange> ranges = StoredRanges(arrival, size);
  return ranges.empty() || ranges.front().offset > 0 ? 0 : ranges.front().length;
}

bool IsWhole(const Arrival& arrival, ByteCount size) { return StoredBytes(arrival, size) == size; }

void AddPart(Arrival& arrival, ByteCount part, ByteCount size) {
  const ByteRange range = RangeOfPart(part, size);
  const auto first = PieceAt(arrival.pieces, range.offset);
  const auto last = PieceAt(arrival.pieces, range.end());
  arrival.pieces.erase(first, last);
  if (HoldsPart(arrival, part)) return;
  auto run = RunAt(arrival.parts, part);
  if (run != arrival.parts.end() && run->first + run->count == part) {
    ++run->count;
  } else {
    run = arrival.parts.insert(run, {.first = part, .count = 1});
  }
  const auto next = std::next(run);
  if (next == arrival.parts.end() || next->first != part + 1) return;
  run->count += next->count;
  arrival.parts.erase(next);
}

Result<void> AddPiece(Arrival& arrival, StoredPiece piece, ByteCount size) {
  const ByteRange range{piece.offset, piece.length};
  const std::vector<ByteRange> missing = MissingOf(arrival, size, range);
  if (missing.size() != 1 || missing.front() != range) {
    return Fail(ErrorCode::kAlreadyExists, "some of the bytes {} to {} are stored", range.offset,
                range.end());
  }
  if (arrival.pieces.size() >= kPiecesMax) {
    return Fail(ErrorCode::kResourceExhausted,
                "the upload has come in {} pieces of unfinished parts: send the rest of what lies "
                "between them first",
                kPiecesMax);
  }
  arrival.pieces.insert(PieceAt(arrival.pieces, piece.offset), piece);
  return {};
}

std::vector<StoredPiece> PiecesOfWholePart(const Arrival& arrival, ByteCount part, ByteCount size) {
  const ByteRange range = RangeOfPart(part, size);
  std::vector<StoredPiece> pieces;
  ByteCount bytes = 0;
  for (auto piece = PieceAt(arrival.pieces, range.offset);
       piece != arrival.pieces.end() && piece->offset < range.end(); ++piece) {
    pieces.push_back(*piece);
    bytes += piece->length;
  }
  if (bytes != range.length) pieces.clear();
  return pieces;
}

async::Task<Result<blob::Bytes>> ReadArrived(blob::BlobStore& store, SourceKey source,
                                             Arrival arrival, ByteRange range, Deadline deadline) {
  const bool within = range.offset <= source.size && range.length <= source.size - range.offset;
  if (!within || !MissingOf(arrival, source.size, range).empty()) {
    co_return Fail(ErrorCode::kOutOfRange, "not all of the bytes {} to {} have arrived",
                   range.offset, range.offset + range.length);
  }
  blob::Bytes bytes;
  for (ByteCount at = range.offset; at < range.end();) {
    const std::optional<Extract> extract = ExtractAt(source, arrival, at, range.end());
    if (!extract) co_return Fail(ErrorCode::kCorrupt, "byte {} is stored nowhere", at);
    TT_CO_ASSIGN_OR_RETURN(blob::Bytes some,
                           co_await store.Get(extract->key, extract->range, deadline));
    at += some.size();
    bytes.Append(std::move(some));
  }
  co_return bytes;
}

}  // namespace tritontube::sources
