#pragma once

#include <atomic>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "core/blob/blob_store.h"
#include "core/coordination/coordination.h"
#include "domain/catalog/catalog.h"
#include "services/delivery/byte_cache.h"
#include "services/delivery/downloads.h"
#include "services/delivery/original.h"
#include "services/delivery/published_video.h"
#include "services/delivery/source_bytes.h"
#include "services/delivery/source_plans.h"

namespace tritontube::delivery {

// A segment that is written when it is asked for: a head of ours, and ranges of
// the original.
struct SourceSegment {
  VideoId video;
  ShownSource source;
  std::string file;
  std::string etag;
  packaging::GatherList list;

  // So small that it is read at once, and kept.
  bool is_small() const;
};

// A file of /content/{id}/, ready to be sent.
struct Content {
  std::string_view content_type;
  std::string etag;        // Strong, with its quotes.
  bool immutable = false;  // The bytes under this address never change.
  blob::Bytes bytes;       // All of it, unless there is a `segment`.
  // One of the original that is not in memory, to be read with ReadSegment().
  // Nothing of it has been read yet.
  std::shared_ptr<const SourceSegment> segment = {};
  // A file for download, to be read with ReadDownload(), and what to save it as:
  // data, never a path.
  std::optional<Download> download = {};
  std::string save_as = {};

  ByteCount size() const;
};

struct DeliveryOptions {
  ByteCount cache_bytes = ByteCount{128} << 20U;
  std::size_t videos_max = 256;  // Presentations kept parsed.
  // How long a presentation is served without looking at its row again. A video
  // deleted on another server is gone here at the latest after this time.
  std::chrono::milliseconds recheck_after = std::chrono::seconds(3);
  // The same while it grows: what is stored is listed so much later.
  std::chrono::milliseconds recheck_growing_after = std::chrono::seconds(1);
  // How long such a look may take. When it fails, what is known is served: nobody
  // can delete a video while the metadata is out of reach.
  std::chrono::milliseconds recheck_time = std::chrono::milliseconds(250);
  PlanCacheOptions plans = {};
  PlanCacheOptions downloads = {};
};

// Serves what can be watched (ADR 0009): tracks of the original as they are,
// what a transcode has made so far, what is published. The hot path touches
// memory only: a presentation and a segment that were asked for before need no
// store.
//
// Safe to use from any thread.
class Delivery {
 public:
  // `blocking` runs what takes long about an original.
  Delivery(catalog::Catalog& catalog, blob::BlobStore& store, async::BlockingPool& blocking,
           DeliveryOptions options)
      : catalog_(catalog),
        store_(store),
        options_(options),
        cache_(options.cache_bytes),
        plans_(store, blocking, options.plans),
        downloads_(store, plans_, blocking, options.downloads) {}

  // kNotFound for a video that does not exist or is not playable, and for a
  // file that its manifests do not list.
  async::Task<Result<Content>> Open(VideoId video, std::string file, Deadline deadline);
  // Bytes of a segment of the original, from the store. Requires: they exist.
  async::Task<Result<blob::Bytes>> ReadSegment(std::shared_ptr<const SourceSegment> segment,
                                               blob::ByteRange range, Deadline deadline);

  // Bytes of a file for download, from the store. Requires: they exist.
  async::Task<Result<blob::Bytes>> ReadDownload(Download download, blob::ByteRange range,
                                                Deadline deadline);

  // The original under its file name; kNotFound until every byte of it is stored.
  async::Task<Result<Original>> FindOriginal(VideoId video, std::string file, Deadline deadline);
  async::Task<Result<blob::Bytes>> ReadOriginal(sources::SourceKey key, blob::ByteRange range,
                                                Deadline deadline);

  // The video was deleted or changed here: look at its row at the next request.
  void Forget(const VideoId& video);

  CacheCounts cache_counts() const { return cache_.counts(); }

 private:
  using Snapshot = std::shared_ptr<const PublishedVideo>;
  struct Known {
    VideoId video;
    Snapshot snapshot;
    Deadline::Clock::time_point checked;
  };

  // What can be watched, as the row said at most `age_max` ago.
  async::Task<Result<Snapshot>> Find(VideoId video, std::chrono::milliseconds age_max,
                                     Deadline deadline);
  std::chrono::milliseconds RecheckAfter(const PublishedVideo& video) const;
  async::Task<Result<catalog::VideoRecord>> FindRow(const VideoId& video,
                                                    const std::optional<Known>& known,
                                                    Deadline deadline);
  // `before` is what was known of the video: what is in it is not loaded again.
  async::Task<Result<Snapshot>> Build(catalog::VideoRecord record, Watchable watchable,
                                      Snapshot before, Deadline deadline);
  async::Task<Result<std::vector<Part>>> LoadSource(VideoId video, ShownSource source,
                                                    Snapshot before, Deadline deadline);
  async::Task<Result<std::vector<media::Rendition>>> LoadGrowth(VideoId video,
                                                                catalog::Growth growth,
                                                                Snapshot before, Deadline deadline);
  async::Task<Result<media::Presentation>> Load(VideoId video, catalog::StoredPresentation stored,
                                                Deadline deadline);
  async::Task<Result<Content>> OpenBlob(VideoId video, std::string file, PublishedFile found,
                                        Deadline deadline);
  async::Task<Result<Content>> OpenSource(Snapshot snapshot, std::string file, PublishedFile found,
                                          Deadline deadline);
  async::Task<Result<Content>> OpenDownload(Snapshot snapshot, PublishedFile found,
                                            Deadline deadline);
  async::Task<Result<blob::Bytes>> GatherBytes(const SourceSegment& segment,
                                               const packaging::GatherList& list, Form form,
                                               Deadline deadline);
  std::optional<Known> Recall(const VideoId& video);
  // Keeps nothing when a video was forgotten since `forgotten` was read: the row
  // behind `known` may be that of the video that is gone.
  void Remember(Known known, std::uint64_t forgotten);

  catalog::Catalog& catalog_;
  blob::BlobStore& store_;
  const DeliveryOptions options_;
  ByteCache cache_;
  SourcePlans plans_;
  Downloads downloads_;
  std::atomic<std::uint64_t> forgotten_ = 0;  // Calls of Forget().
  std::mutex mutex_;
  std::list<Known> known_;  // The most recently used first.
  std::unordered_map<VideoId, std::list<Known>::iterator> index_;
};

}  // namespace tritontube::delivery
