#include "services/upload/arrival_writer.h"

#include <algorithm>
#include <utility>

#include "services/upload/catalog_deadline.h"

namespace tritontube::upload {

namespace {

using blob::ByteRange;
using sources::Arrival;
using sources::StoredPiece;

constexpr int kSmallPieceFactor = 10;

// Not an error when it has happened already, because a transaction of unknown
// outcome is decided anew.
Result<void> AddPieceOnce(Arrival& arrival, StoredPiece piece, ByteCount size) {
  if (std::ranges::find(arrival.pieces, piece) != arrival.pieces.end()) return {};
  return sources::AddPiece(arrival, piece, size);
}

}  // namespace

ArrivalWriter::ArrivalWriter(catalog::Catalog& catalog, blob::BlobStore& store, const Clock& clock,
                             ArrivalCounts& counts, Options options, catalog::VideoRecord record,
                             ByteCount offset)
    : catalog_(catalog),
      store_(store),
      clock_(clock),
      counts_(counts),
      options_(options),
      record_(std::move(record)),
      begin_(offset) {}

async::Task<Result<bool>> ArrivalWriter::Write(blob::Bytes bytes) {
  bool stored = false;
  for (std::span<const std::byte> span : bytes.spans()) {
    while (!span.empty()) {
      const ByteRange part = sources::RangeOfPart(offset() / sources::kPartBytes, size());
      if (pending_.empty()) pending_.reserve(part.end() - begin_);
      const auto some = span.first(std::min<ByteCount>(span.size(), part.end() - offset()));
      pending_ += AsText(some);
      span = span.subspan(some.size());
      if (offset() < part.end()) continue;
      TT_CO_RETURN_IF_ERROR(co_await Flush());
      stored = true;
    }
  }
  if (IsTimeForPiece()) {
    TT_CO_RETURN_IF_ERROR(co_await Flush());
    stored = true;
  }
  co_return stored;
}

bool ArrivalWriter::IsTimeForPiece() const {
  if (pending_.empty()) return false;
  const auto waited = Deadline::Clock::now() - last_stored_;
  const int factor = pending_.size() < options_.piece_bytes_min ? kSmallPieceFactor : 1;
  return waited >= factor * options_.piece_interval;
}

std::vector<ByteRange> ArrivalWriter::Missing() const {
  return sources::MissingOf(arrival(), size(), {begin_, pending_.size()});
}

async::Task<Result<void>> ArrivalWriter::Flush() {
  if (pending_.empty()) co_return Result<void>();
  const ByteCount part = begin_ / sources::kPartBytes;
  const ByteRange whole = sources::RangeOfPart(part, size());
  // Whoever else sends the same bytes changes what is missing in between.
  for (auto missing = Missing(); !missing.empty(); missing = Missing()) {
    Result<void> stored =
        missing.front() == whole ? co_await StorePart(part) : co_await StorePiece(missing.front());
    if (!stored && stored.error().code() != ErrorCode::kAlreadyExists) co_return stored;
  }
  if (!sources::PiecesOfWholePart(arrival(), part, size()).empty()) {
    TT_CO_RETURN_IF_ERROR(co_await Assemble(part));
  }
  begin_ += pending_.size();
  pending_.clear();
  last_stored_ = Deadline::Clock::now();
  co_return Result<void>();
}

async::Task<Result<void>> ArrivalWriter::AssembleAll() {
  while (!arrival().pieces.empty()) {
    TT_CO_RETURN_IF_ERROR(co_await Assemble(arrival().pieces.front().offset / sources::kPartBytes));
  }
  co_return Result<void>();
}

async::Task<Result<void>> ArrivalWriter::StorePart(ByteCount part) {
  TT_CO_RETURN_IF_ERROR(
      co_await Put(record_.row.upload, sources::PartFileName(part), blob::Bytes(pending_)));
  ++counts_.parts_stored;
  co_return co_await Count([part, size = size()](Arrival& arrival) -> Result<void> {
    sources::AddPart(arrival, part, size);
    return {};
  });
}

async::Task<Result<void>> ArrivalWriter::StorePiece(ByteRange range) {
  const StoredPiece piece{.offset = range.offset, .length = range.length};
  // Before it is stored: what would not be counted is not stored.
  Arrival would_be = arrival();
  TT_CO_RETURN_IF_ERROR(sources::AddPiece(would_be, piece, size()));
  TT_CO_RETURN_IF_ERROR(
      co_await Put(arrival().pieces_upload, sources::PieceFileName(piece),
                   blob::Bytes(pending_.substr(range.offset - begin_, range.length))));
  ++counts_.pieces_stored;
  co_return co_await Count(
      [piece, size = size()](Arrival& arrival) { return AddPieceOnce(arrival, piece, size); });
}

async::Task<Result<void>> ArrivalWriter::Assemble(ByteCount part) {
  const Deadline deadline = Deadline::After(options_.store_timeout);
  const sources::SourceKey source{record_.row.id, record_.row.upload, size()};
  TT_CO_ASSIGN_OR_RETURN(blob::Bytes bytes, co_await sources::ReadArrived(
                                                store_, source, arrival(),
                                                sources::RangeOfPart(part, size()), deadline));
  TT_CO_RETURN_IF_ERROR(
      co_await Put(record_.row.upload, sources::PartFileName(part), std::move(bytes)));
  ++counts_.parts_assembled;
  co_return co_await Count([part, size = size()](Arrival& arrival) -> Result<void> {
    sources::AddPart(arrival, part, size);
    return {};
  });
}

async::Task<Result<void>> ArrivalWriter::Put(UploadId upload, std::string file, blob::Bytes bytes) {
  std::vector<blob::Blob> batch;
  batch.push_back(
      {.key = {record_.row.id, std::move(upload), std::move(file)}, .bytes = std::move(bytes)});
  Result<void> put = co_await store_.Put(std::move(batch), Deadline::After(options_.store_timeout));
  if (!put && put.error().code() == ErrorCode::kAlreadyExists) co_return Result<void>();
  co_return put;
}

async::Task<Result<void>> ArrivalWriter::Count(std::function<Result<void>(sources::Arrival&)> add) {
  const WallTime expires = clock_.WallNow() + options_.expiry;
  catalog::VideoRecord seen = record_;
  const auto change = [&](catalog::VideoRecord& record) -> Result<void> {
    seen = record;
    catalog::OpenUpload& open = *record.open;
    TT_RETURN_IF_ERROR(add(open.resumable->arrival));
    open.received = sources::StoredBytes(open.resumable->arrival, *open.total);
    open.resumable->expires = std::max(open.resumable->expires, expires);
    return {};
  };
  auto changed =
      co_await catalog_.ChangeOpen(record_.row.id, record_.row.upload, change, CatalogDeadline());
  if (!changed) {
    record_ = std::move(seen);
    co_return std::unexpected(std::move(changed).error());
  }
  record_ = *std::move(changed);
  co_return Result<void>();
}

}  // namespace tritontube::upload
