#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "foundation/async/event.h"
#include "foundation/async/semaphore.h"
#include "services/library/event_feed.h"

namespace tritontube::http_api {

// The changes of all videos for everybody who listens, read and put into words
// once, however many listen.
//
// One of the listeners follows the feed, whoever of them comes first; the others
// wait for what he hears. When he leaves, another does it; while nobody listens
// nobody asks. Who is further behind than what is kept catches up by himself.
//
// Safe to use from any thread.
class EventBroadcast {
 public:
  // Some changes, as the stream's text, and the revision up to which they go.
  struct Piece {
    std::shared_ptr<const std::string> text;  // None at the deadline.
    coordination::Revision revision = 0;
  };

  // For one caller at a time. The broadcast outlives it.
  class Listener {
   public:
    // See EventFeed.
    async::Task<Result<void>> Begin(Deadline deadline) { return own_->Begin(deadline); }
    // After Begin(). After an error the next call goes on where the last good
    // piece ended.
    async::Task<Result<Piece>> Next(Deadline deadline);

   private:
    friend class EventBroadcast;
    Listener(EventBroadcast& broadcast, std::optional<coordination::Revision> last_seen);
    async::Task<Result<Piece>> CatchUp();

    EventBroadcast& broadcast_;
    std::unique_ptr<library::EventFeed> own_;  // Until it has caught up.
    coordination::Revision told_ = 0;
  };

  EventBroadcast(catalog::Catalog& catalog, coordination::Coordination& coordination)
      : catalog_(catalog), coordination_(coordination) {}

  Listener Listen(std::optional<coordination::Revision> last_seen) { return {*this, last_seen}; }

 private:
  // True when somebody who was told everything up to `told` may have missed what
  // is not kept any more.
  bool HasForgotten(coordination::Revision told) const;
  // What is kept and comes next after `told`.
  std::optional<Piece> After(coordination::Revision told) const;
  // Waits for news and keeps them. False when somebody else does.
  async::Task<Result<bool>> TryFollow(coordination::Revision told, Deadline deadline);
  // The turn's.
  async::Task<Result<void>> Follow(coordination::Revision told, Deadline deadline);
  void Keep(Piece piece);

  catalog::Catalog& catalog_;
  coordination::Coordination& coordination_;
  async::Semaphore turn_{1};
  std::unique_ptr<library::EventFeed> feed_;  // The turn's.
  mutable std::mutex mutex_;
  std::deque<Piece> pieces_;                // Each goes on where the one before ends.
  coordination::Revision kept_after_ = -1;  // What has happened after this is in `pieces_`.
  std::size_t bytes_ = 0;                   // Of the texts.
  async::Event changed_;                    // There is more to tell, or nobody follows.
};

}  // namespace tritontube::http_api
