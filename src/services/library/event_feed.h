#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "domain/catalog/catalog.h"
#include "domain/catalog/view.h"

namespace tritontube::library {

struct FeedEvent {
  enum class Kind : std::uint8_t {
    kVideo,    // The video is now as `video` says.
    kDeleted,  // There is no such video any more.
    kReset,    // Events were missed: read everything again.
  };
  Kind kind = Kind::kVideo;
  std::optional<VideoId> id = {};                // Not for kReset.
  std::optional<catalog::VideoView> video = {};  // kVideo only.
};

struct FeedBatch {
  std::vector<FeedEvent> events;  // At most one per video. Empty at the deadline.
  // Everything up to here has been told: a subscriber that comes back names it.
  coordination::Revision revision = 0;
};

// The changes of all videos for one subscriber. Events carry what a video is when
// they are told, not what it was when it changed; several changes may come as
// one.
//
// A subscriber who is new is at once given an empty batch: who reads the list
// after it has come misses nothing.
//
// One caller at a time. After an error the next call goes on where the last good
// batch ended.
class EventFeed {
 public:
  // `last_seen` is the revision of the last batch the subscriber has had, if
  // any; when the changes since then are no longer known, kReset comes first.
  EventFeed(catalog::Catalog& catalog, coordination::Coordination& coordination,
            std::optional<coordination::Revision> last_seen);

  // Begins to listen: what changes after this will be told. Next() does it too;
  // a subscriber who must know that he listens before he reads calls it first.
  async::Task<Result<void>> Begin(Deadline deadline);
  async::Task<Result<FeedBatch>> Next(Deadline deadline);

 private:
  async::Task<Result<FeedBatch>> Reset(Deadline deadline);
  async::Task<Result<FeedBatch>> Follow(Deadline deadline);
  void WatchFrom(coordination::Revision revision);

  catalog::Catalog& catalog_;
  coordination::Coordination& coordination_;
  std::optional<coordination::Revision> last_seen_;
  std::unique_ptr<coordination::Watch> watch_;
  std::optional<FeedBatch> first_;  // What Begin() found, until it is told.
};

}  // namespace tritontube::library
