#include "endpoints/http_api/event_broadcast.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "services/library/video_json.h"
#include "transport/http/event_stream.h"

namespace tritontube::http_api {

using coordination::Revision;

namespace {

// For those who are slow; more is read again by who needs it.
constexpr std::size_t kKeptBytesMax = std::size_t{4} << 20U;

std::string Format(const library::FeedEvent& event, std::string id) {
  using Kind = library::FeedEvent::Kind;
  http::ServerEvent sent{.id = std::move(id), .name = {}, .data = {}};
  nlohmann::json data = nlohmann::json::object();
  switch (event.kind) {
    case Kind::kVideo:
      sent.name = "video";
      data = library::ToJson(*event.video);
      break;
    case Kind::kDeleted:
      sent.name = "deleted";
      data["id"] = event.id->text();
      break;
    case Kind::kReset:
      sent.name = "reset";
      break;
  }
  sent.data = data.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return http::FormatEvent(sent);
}

EventBroadcast::Piece PieceOf(const library::FeedBatch& batch) {
  if (batch.events.empty()) return {.text = nullptr, .revision = batch.revision};
  std::string text;
  // Only with the last one everything up to that revision is told: who is cut off before it hears
  // the others again.
  for (const library::FeedEvent& event : batch.events) {
    const bool is_last = &event == &batch.events.back();
    text += Format(event, is_last ? fmt::format("{}", batch.revision) : "");
  }
  return {.text = std::make_shared<const std::string>(std::move(text)), .revision = batch.revision};
}

}  // namespace

EventBroadcast::Listener::Listener(EventBroadcast& broadcast, std::optional<Revision> last_seen)
    : broadcast_(broadcast),
      own_(std::make_unique<library::EventFeed>(broadcast.catalog_, broadcast.coordination_,
                                                last_seen)) {}

async::Task<Result<EventBroadcast::Piece>> EventBroadcast::Listener::Next(Deadline deadline) {
  for (;;) {
    const std::uint64_t seen = broadcast_.changed_.count();
    while (own_ || broadcast_.HasForgotten(told_)) {
      TT_CO_ASSIGN_OR_RETURN(Piece piece, co_await CatchUp());
      if (piece.text) co_return piece;
    }
    if (std::optional<Piece> piece = broadcast_.After(told_)) {
      told_ = piece->revision;
      co_return *std::move(piece);
    }
    const bool cancelled = co_await async::IsCancelled();
    if (cancelled) co_return Fail(ErrorCode::kCancelled, "the work was stopped");
    if (deadline.HasPassed()) co_return Piece{.text = nullptr, .revision = told_};
    TT_CO_ASSIGN_OR_RETURN(const bool followed, co_await broadcast_.TryFollow(told_, deadline));
    if (!followed) co_await broadcast_.changed_.WaitBeyond(seen, deadline);
  }
}

async::Task<Result<EventBroadcast::Piece>> EventBroadcast::Listener::CatchUp() {
  if (!own_) {
    own_ =
        std::make_unique<library::EventFeed>(broadcast_.catalog_, broadcast_.coordination_, told_);
  }
  TT_CO_ASSIGN_OR_RETURN(const library::FeedBatch batch, co_await own_->Next(Deadline::After({})));
  told_ = batch.revision;
  if (!broadcast_.HasForgotten(told_)) own_.reset();
  co_return PieceOf(batch);
}

bool EventBroadcast::HasForgotten(Revision told) const {
  const std::lock_guard lock(mutex_);
  return told < kept_after_;
}

std::optional<EventBroadcast::Piece> EventBroadcast::After(Revision told) const {
  const std::lock_guard lock(mutex_);
  const auto next = std::ranges::upper_bound(pieces_, told, {}, &Piece::revision);
  return next == pieces_.end() ? std::nullopt : std::optional(*next);
}

async::Task<Result<bool>> EventBroadcast::TryFollow(Revision told, Deadline deadline) {
  Result<void> followed;
  {
    const auto turn = co_await turn_.Acquire(1, Deadline::After({}));
    if (!turn) co_return false;
    // Else he who had the turn before has left some news.
    if (!After(told)) followed = co_await Follow(told, deadline);
  }
  changed_.Notify();
  if (!followed) co_return std::unexpected(std::move(followed).error());
  co_return true;
}

async::Task<Result<void>> EventBroadcast::Follow(Revision told, Deadline deadline) {
  if (!feed_) {
    feed_ = std::make_unique<library::EventFeed>(catalog_, coordination_, told);
    const std::lock_guard lock(mutex_);
    kept_after_ = told;
  }
  TT_CO_ASSIGN_OR_RETURN(const library::FeedBatch batch, co_await feed_->Next(deadline));
  if (!batch.events.empty()) Keep(PieceOf(batch));
  co_return Result<void>();
}

void EventBroadcast::Keep(Piece piece) {
  const std::lock_guard lock(mutex_);
  bytes_ += piece.text->size();
  pieces_.push_back(std::move(piece));
  while (bytes_ > kKeptBytesMax && pieces_.size() > 1) {
    kept_after_ = pieces_.front().revision;
    bytes_ -= pieces_.front().text->size();
    pieces_.pop_front();
  }
}

}  // namespace tritontube::http_api
