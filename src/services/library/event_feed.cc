#include "services/library/event_feed.h"

#include <algorithm>

#include "domain/catalog/keys.h"

namespace tritontube::library {

using coordination::Revision;
using coordination::WatchBatch;

namespace {

constexpr std::chrono::seconds kDescribeTimeout{10};

// The videos that a batch speaks of, each once, in the order they come up.
std::vector<VideoId> VideosOf(const WatchBatch& batch) {
  std::vector<VideoId> ids;
  for (const coordination::Event& event : batch.events) {
    const std::optional<VideoId> id = catalog::VideoOf(event.item.key);
    if (id && std::ranges::find(ids, *id) == ids.end()) ids.push_back(*id);
  }
  return ids;
}

FeedEvent EventOf(const VideoId& id, const std::optional<catalog::VideoRecord>& record) {
  if (!record || catalog::IsAbandoned(*record)) {
    return {.kind = FeedEvent::Kind::kDeleted, .id = id};
  }
  return {.kind = FeedEvent::Kind::kVideo, .id = id, .video = catalog::ViewOf(*record)};
}

}  // namespace

EventFeed::EventFeed(catalog::Catalog& catalog, coordination::Coordination& coordination,
                     std::optional<Revision> last_seen)
    : catalog_(catalog), coordination_(coordination), last_seen_(last_seen) {}

void EventFeed::WatchFrom(Revision revision) {
  last_seen_ = revision;
  watch_ = coordination_.WatchPrefix(std::string(catalog::kVideoPrefix), revision);
}

async::Task<Result<FeedBatch>> EventFeed::Reset(Deadline deadline) {
  watch_.reset();
  TT_CO_ASSIGN_OR_RETURN(const coordination::GetAnswer now,
                         co_await coordination_.Get(std::string(catalog::kVideoPrefix), deadline));
  WatchFrom(now.revision);
  co_return FeedBatch{.events = {{.kind = FeedEvent::Kind::kReset}}, .revision = now.revision};
}

async::Task<Result<void>> EventFeed::Begin(Deadline deadline) {
  if (watch_) co_return Result<void>();
  TT_CO_ASSIGN_OR_RETURN(const coordination::GetAnswer now,
                         co_await coordination_.Get(std::string(catalog::kVideoPrefix), deadline));
  if (!last_seen_) {
    WatchFrom(now.revision);
    first_ = FeedBatch{.events = {}, .revision = now.revision};
  } else if (*last_seen_ < 0 || *last_seen_ > now.revision) {
    // From another life of the data, such as before a restore.
    TT_CO_ASSIGN_OR_RETURN(first_, co_await Reset(deadline));
  } else {
    WatchFrom(*last_seen_);
  }
  co_return Result<void>();
}

async::Task<Result<FeedBatch>> EventFeed::Next(Deadline deadline) {
  TT_CO_RETURN_IF_ERROR(co_await Begin(deadline));
  if (first_) co_return *std::exchange(first_, std::nullopt);
  Result<FeedBatch> told = co_await Follow(deadline);
  if (told) {
    last_seen_ = told->revision;
    co_return told;
  }
  // What was not told is watched again from where the subscriber stands.
  watch_.reset();
  if (told.error().code() == ErrorCode::kOutOfRange) co_return co_await Reset(deadline);
  co_return told;
}

async::Task<Result<FeedBatch>> EventFeed::Follow(Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(const WatchBatch batch, co_await watch_->Next(deadline));
  FeedBatch told{.events = {}, .revision = std::max(batch.revision, *last_seen_)};
  const std::vector<VideoId> ids = VideosOf(batch);
  if (ids.empty()) co_return told;
  // The deadline says how long to wait for news; telling them takes its own time.
  TT_CO_ASSIGN_OR_RETURN(const auto records,
                         co_await catalog_.FindEach(ids, Deadline::After(kDescribeTimeout)));
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (records[i]) told.events.push_back(EventOf(ids[i], *records[i]));
  }
  co_return told;
}

}  // namespace tritontube::library
