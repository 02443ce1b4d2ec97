#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "core/blob/blob_store.h"
#include "domain/catalog/catalog.h"

namespace tritontube::garbage {

struct CollectorOptions {
  std::chrono::milliseconds interval = std::chrono::minutes(1);
};

// What one pass, or all passes since the start, did.
struct CollectorCounts {
  std::uint64_t passes = 0;
  std::uint64_t failed_passes = 0;
  std::uint64_t uploads_seen = 0;
  std::uint64_t uploads_removed = 0;
  std::uint64_t videos_removed = 0;  // Abandoned ones, and those whose upload has expired.
};

// Erases what nobody needs: videos whose upload was abandoned or has expired, and blobs of an
// upload that no video, open upload or claim names.
//
// Of a video of which something is stored that cannot be read nothing is erased.
//
// Safe to use from any thread; one pass at a time is enough, several do no harm.
class Collector {
 public:
  Collector(catalog::Catalog& catalog, blob::BlobStore& store, const Clock& clock,
            CollectorOptions options = {})
      : catalog_(catalog), store_(store), clock_(clock), options_(options) {}

  // A pass now and then every interval, until cancelled. A pass that fails is
  // counted and the next one tries again.
  async::Task<void> Run();
  // One pass. On an error nothing is lost: what was not erased is met again.
  async::Task<Result<CollectorCounts>> CollectNow(Deadline deadline);

  CollectorCounts counts() const;

 private:
  using UploadName = std::pair<VideoId, UploadId>;

  async::Task<Result<void>> Collect(CollectorCounts& counts, Deadline deadline);
  // What is decided nothing on is `kept`, and what turns out to be so is added to it.
  async::Task<Result<void>> RemoveAbandoned(std::set<VideoId>& kept, CollectorCounts& counts,
                                            Deadline deadline);
  async::Task<Result<bool>> RemoveIfOver(VideoId id, Deadline deadline);
  async::Task<Result<void>> RemoveGarbage(std::set<VideoId>& kept, CollectorCounts& counts,
                                          Deadline deadline);
  // The next uploads that the store has blobs of, in one call; empty at the end.
  async::Task<Result<std::vector<UploadName>>> NextUploads(std::optional<blob::BlobKey> after,
                                                           Deadline deadline);
  async::Task<Result<void>> RemoveIfGarbage(UploadName upload, CollectorCounts& counts,
                                            Deadline deadline);
  void TellKept(const std::set<VideoId>& kept);

  catalog::Catalog& catalog_;
  blob::BlobStore& store_;
  const Clock& clock_;
  CollectorOptions options_;
  std::atomic<std::uint64_t> passes_ = 0;
  std::atomic<std::uint64_t> failed_passes_ = 0;
  std::atomic<std::uint64_t> uploads_seen_ = 0;
  std::atomic<std::uint64_t> uploads_removed_ = 0;
  std::atomic<std::uint64_t> videos_removed_ = 0;
  std::atomic<std::size_t> kept_told_ = 0;  // Of how many the log has told.
};

}  // namespace tritontube::garbage
