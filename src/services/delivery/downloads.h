#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/blob/blob_store.h"
#include "domain/packaging/progressive_file.h"
#include "foundation/async/blocking_pool.h"
#include "foundation/async/semaphore.h"
#include "services/delivery/plan_cache.h"
#include "services/delivery/published_video.h"
#include "services/delivery/source_plans.h"

namespace tritontube::delivery {

// What may be a file for download, as against the other files of a video.
inline bool IsDownloadName(std::string_view file) {
  return file.ends_with(".mp4") && !file.ends_with("-init.mp4");
}

// How a file for download is put together.
struct DownloadPlan {
  packaging::ProgressiveFile file;
  std::string etag;

  ByteCount memory_bytes() const { return file.memory_bytes(); }
};

// A file for download: an MP4 of one or two renditions of a video, made of their
// segments while it is sent.
struct Download {
  std::shared_ptr<const PublishedVideo> video;
  std::vector<std::size_t> renditions;  // Their places.
  PlanCache<DownloadPlan>::Shared plan;

  ByteCount size() const { return plan->file.size(); }
};

// Puts files for download together. For the tables of a file the head of every
// segment is read once, and what came out is kept while there is room; after that
// a part of the file costs reading the segments that it touches.
//
// Safe to use from any thread.
class Downloads {
 public:
  Downloads(blob::BlobStore& store, SourcePlans& sources, async::BlockingPool& blocking,
            PlanCacheOptions options)
      : store_(store), sources_(sources), blocking_(blocking), known_(options) {}

  // Requires: the video is ready. Errors: kCorrupt when a segment is not as the
  // presentation says, those of the store, and kDeadlineExceeded.
  async::Task<Result<Download>> Find(std::shared_ptr<const PublishedVideo> video,
                                     std::vector<std::size_t> renditions, Deadline deadline);
  // Requires: the bytes exist.
  async::Task<Result<blob::Bytes>> Read(Download download, blob::ByteRange range,
                                        Deadline deadline);

 private:
  using Plan = PlanCache<DownloadPlan>::Shared;
  using Builder = packaging::ProgressiveFileBuilder;

  async::Task<Result<Plan>> Make(std::shared_ptr<const PublishedVideo> video,
                                 std::vector<std::size_t> renditions, Deadline deadline);
  // What is made of the original by its plan; nothing when all of them are stored.
  async::Task<Result<SourcePlans::Plan>> SourceOf(const PublishedVideo& video,
                                                  const std::vector<std::size_t>& renditions,
                                                  Deadline deadline);
  async::Task<Result<std::string>> ReadInit(const PublishedVideo& video, std::size_t rendition,
                                            const packaging::SourcePlan* source, Deadline deadline);
  async::Task<Result<std::string>> ReadHead(const PublishedVideo& video, std::size_t rendition,
                                            const packaging::SourcePlan* source,
                                            Builder::Segment segment, Deadline deadline);
  async::Task<Result<void>> AddHeads(const PublishedVideo& video,
                                     const std::vector<std::size_t>& renditions,
                                     const packaging::SourcePlan* source, Builder& builder,
                                     Deadline deadline);
  async::Task<Result<blob::Bytes>> ReadPiece(const PublishedVideo& video, std::size_t rendition,
                                             const packaging::SourcePlan* source,
                                             packaging::ProgressiveFile::Piece piece,
                                             Deadline deadline);

  blob::BlobStore& store_;
  SourcePlans& sources_;
  async::BlockingPool& blocking_;
  async::Semaphore loads_{2};  // Each may hold the tables of a long film twice.
  PlanCache<DownloadPlan> known_;
};

}  // namespace tritontube::delivery
