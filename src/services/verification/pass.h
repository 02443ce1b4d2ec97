#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "core/blob/digester.h"
#include "domain/catalog/catalog.h"
#include "services/verification/files_of_video.h"

namespace tritontube::verification {

// A blob that cannot be served as it was stored.
struct Damage {
  enum class Kind : std::uint8_t { kCorrupt, kMissing };
  blob::BlobKey key;
  Kind kind = Kind::kCorrupt;
  std::string reason;

  bool operator==(const Damage&) const = default;
};

// What one step of a pass did.
struct Step {
  ByteCount bytes = 0;                         // Read and found whole.
  std::optional<blob::BlobKey> finished = {};  // A blob that needs no further step.
  std::optional<Damage> damage = {};           // Of the finished one.
};

// Reads every byte of one video, or of all in the order of their ids, and
// compares it with its checksum, its digest and what the rows say of it. Each
// step reads a bounded piece, so the caller sets the pace; a step that fails
// changes nothing and may be tried again.
//
// Videos come and go meanwhile: damage counts only while its video still needs
// the blob. Used by one coroutine.
class Pass {
 public:
  struct Scope {
    std::optional<VideoId> only = {};         // One video; all of them otherwise.
    std::optional<blob::BlobKey> after = {};  // Only blobs greater than this one.
    std::optional<blob::BlobKey> one = {};    // This blob alone, of the video `only`.
    bool stat_only = false;                   // No bytes are read: only size and digest.
  };

  Pass(catalog::Catalog& catalog, blob::BlobStore& store, Scope scope);

  // Nothing when the pass is over. Errors: those of Coordination and the store.
  async::Task<Result<std::optional<Step>>> Next(Deadline deadline);

 private:
  async::Task<Result<bool>> OpenNextVideo(Deadline deadline);
  async::Task<Result<bool>> FindVideos(Deadline deadline);
  async::Task<Result<Step>> ReadPiece(Deadline deadline);
  async::Task<Result<Step>> FinishUnreadable(Error error, Deadline deadline);
  async::Task<Result<Step>> Finish(std::optional<Damage> damage, ByteCount bytes,
                                   Deadline deadline);
  async::Task<Result<bool>> IsNeeded(blob::BlobKey key, Deadline deadline);
  const FileToCheck& file() const { return files_[next_file_]; }
  Damage Corrupt(std::string reason) const;
  std::optional<Damage> FaultOfStat() const;
  std::optional<Damage> FaultOfWhole() const;

  catalog::Catalog& catalog_;
  blob::BlobStore& store_;
  const Scope scope_;
  std::deque<VideoId> videos_;         // Found and not opened yet.
  std::optional<VideoId> last_video_;  // Of those found so far.
  bool found_all_ = false;

  // The video under way.
  std::optional<catalog::SourceFile> source_;
  std::vector<FileToCheck> files_;
  std::size_t next_file_ = 0;
  // Of its whole original, as far as every part before was read here.
  blob::Digester source_digester_;
  ByteCount source_bytes_ = 0;

  // The file under way: what the store says of it, and how far it is read.
  std::optional<blob::BlobStat> stat_;
  ByteCount offset_ = 0;
  blob::Digester digester_;
};

}  // namespace tritontube::verification
