#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "core/blob/blob_store.h"
#include "core/media/container.h"
#include "domain/sources/source_parts.h"
#include "foundation/async/semaphore.h"
#include "services/scratch/demuxer_reads.h"
#include "services/scratch/records.h"
#include "services/scratch/scratch_space.h"

namespace tritontube::scratch {

class SharedCopy;
class SourceCopies;

// One holder's view of the local copy of an original: a file of its full size, of
// which those bytes are there that somebody needed. What is there stays for as
// long as anybody holds the copy.
//
// Errors of what it needs: kDataLoss when a part of the original is missing,
// kResourceExhausted when there is no room, kCancelled, kDeadlineExceeded, and
// those of the store. The copy is as good as before: it may be tried again.
// Outlives the calls, of which several may run at once.
class SourceCopy {
 public:
  SourceCopy(SourceCopy&& other) noexcept = default;
  SourceCopy& operator=(SourceCopy&&) = delete;
  ~SourceCopy();

  const std::filesystem::path& path() const;
  // It stays for a while when nobody holds it any more: others are likely to need it.
  void KeepForOthers();

  async::Task<Result<void>> NeedAll(Deadline deadline);
  // And tells the digest of all of it, as it stands in the file.
  async::Task<Result<blob::Digest>> NeedAllAndDigest(Deadline deadline);
  // What ffmpeg reads to show these pictures: all of it when it cannot be told.
  async::Task<Result<void>> NeedPictures(PictureWindow window, Deadline deadline);

 private:
  friend class SourceCopies;
  SourceCopy(SourceCopies& copies, std::shared_ptr<SharedCopy> copy)
      : copies_(&copies), copy_(std::move(copy)) {}

  SourceCopies* copies_;
  std::shared_ptr<SharedCopy> copy_;  // Nothing when it was moved from.
};

struct SourceCopiesOptions {
  // For so long a copy waits for the next one who needs it.
  std::chrono::milliseconds idle_time = std::chrono::seconds(10);
  // What is fetched as a whole or not at all: a record of the store.
  ByteCount record_bytes = ByteCount{256} << 10U;
  // Of all copies together; each reads at most a mebibyte.
  std::size_t reads_at_once = 8;
};

// The copies of originals on this machine: one for each, whoever works on it. Of
// an original only what is needed is read from the store, and only once.
//
// A copy that nobody holds goes, unless somebody has asked to keep it: then it stays
// until it was not needed for a while, or the scratch space has no room for
// something else.
//
// Lives on one io_context: everything is called there, and copies are dropped
// there. Outlives its copies; the scratch space and the store outlive it.
class SourceCopies {
 public:
  SourceCopies(ScratchSpace& scratch, blob::BlobStore& store, SourceCopiesOptions options = {});
  ~SourceCopies();
  SourceCopies(const SourceCopies&) = delete;
  SourceCopies& operator=(const SourceCopies&) = delete;

  // Removes what nobody needed for long enough, until it is cancelled.
  async::Task<void> Run();
  // Reads nothing yet.
  async::Task<Result<SourceCopy>> Open(sources::SourceKey source, media::Container container,
                                       Deadline deadline);

  // Those that somebody holds, and the others.
  std::size_t copy_count() const;

 private:
  friend class SourceCopy;
  using Key = std::pair<VideoId, UploadId>;
  using Dropped = std::vector<std::shared_ptr<SharedCopy>>;

  Result<SourceCopy> Make(sources::SourceKey source, media::Container container);
  Result<std::shared_ptr<SharedCopy>> Create(sources::SourceKey source, media::Container container);
  Dropped TakeExpired();
  async::Task<void> DropExpired();
  bool DropLongestIdle();
  void Keep(SharedCopy& copy);
  void Return(SharedCopy& copy);

  async::Task<Result<void>> Need(SharedCopy& copy, RecordSet wanted, Deadline deadline);
  async::Task<Result<void>> NeedAll(SharedCopy& copy, Deadline deadline);
  async::Task<Result<void>> NeedPictures(SharedCopy& copy, PictureWindow window, Deadline deadline);
  async::Task<Result<RecordSet>> FindPictures(SharedCopy& copy, PictureWindow window,
                                              Deadline deadline);
  async::Task<Result<blob::Digest>> DigestOf(SharedCopy& copy);
  struct Errand;
  async::Task<void> FetchWhatIsLeft(Errand& errand);
  async::Task<Result<void>> Fetch(SharedCopy& copy, blob::ByteRange range, Deadline deadline);

  ScratchSpace& scratch_;
  blob::BlobStore& store_;
  const SourceCopiesOptions options_;
  async::Semaphore reads_;
  async::Semaphore surveys_{2};  // Each may hold a moov.
  mutable std::mutex mutex_;     // Room may be asked for from any thread.
  std::map<Key, std::shared_ptr<SharedCopy>> copies_;
};

}  // namespace tritontube::scratch
