#pragma once

#include <atomic>
#include <functional>
#include <string>

#include "domain/catalog/catalog.h"
#include "domain/sources/arrival.h"

namespace tritontube::upload {

// How bytes of open uploads were stored since the start.
struct ArrivalCounts {
  std::atomic<std::uint64_t> parts_stored = 0;  // As they came.
  std::atomic<std::uint64_t> pieces_stored = 0;
  std::atomic<std::uint64_t> parts_assembled = 0;  // Out of pieces.
};

// Stores a run of bytes of a file that comes in any order: whole parts as parts,
// and what is not one as pieces. A part whose pieces are all there is put
// together. What was stored first stays: bytes that are there already are passed
// over. Other writers may store bytes of the same file at the same time.
//
// Used by one coroutine; at most one part is in memory.
class ArrivalWriter {
 public:
  struct Options {
    // What came before is stored when so long has passed, so that it counts and
    // can be watched while a slow sender goes on,
    std::chrono::milliseconds piece_interval = std::chrono::milliseconds(500);
    // unless it is less than this; that waits ten times as long.
    ByteCount piece_bytes_min = ByteCount{64} << 10U;
    std::chrono::milliseconds expiry = std::chrono::hours(24);
    std::chrono::milliseconds store_timeout = std::chrono::seconds(60);
  };

  // Requires: the record's upload is open and resumable. `offset` is where the
  // bytes begin.
  ArrivalWriter(catalog::Catalog& catalog, blob::BlobStore& store, const Clock& clock,
                ArrivalCounts& counts, Options options, catalog::VideoRecord record,
                ByteCount offset);

  // Takes the next bytes. True when more is stored than before.
  async::Task<Result<bool>> Write(blob::Bytes bytes);
  // Everything written is durable and counts when this returns.
  async::Task<Result<void>> Flush();
  // Puts together what whoever stored the pieces has not, because it died before.
  // Requires: every byte of the file is stored.
  async::Task<Result<void>> AssembleAll();

  // The video as it was after the last thing that was stored.
  const catalog::VideoRecord& record() const { return record_; }
  ByteCount offset() const { return begin_ + pending_.size(); }

 private:
  const sources::Arrival& arrival() const { return record_.open->resumable->arrival; }
  ByteCount size() const { return *record_.open->total; }
  std::vector<blob::ByteRange> Missing() const;

  bool IsTimeForPiece() const;
  async::Task<Result<void>> StorePart(ByteCount part);
  async::Task<Result<void>> StorePiece(blob::ByteRange range);
  async::Task<Result<void>> Assemble(ByteCount part);
  // Bytes that were stored by whomever first under that name are those that count.
  async::Task<Result<void>> Put(UploadId upload, std::string file, blob::Bytes bytes);
  async::Task<Result<void>> Count(std::function<Result<void>(sources::Arrival&)> add);

  catalog::Catalog& catalog_;
  blob::BlobStore& store_;
  const Clock& clock_;
  ArrivalCounts& counts_;
  const Options options_;
  catalog::VideoRecord record_;
  ByteCount begin_;      // Of what is pending, in the file.
  std::string pending_;  // Within one part.
  Deadline::Clock::time_point last_stored_ = Deadline::Clock::now();
};

}  // namespace tritontube::upload
