#include <charconv>

#include "endpoints/http_api/event_broadcast.h"
#include "endpoints/http_api/routes.h"
#include "foundation/async/sleep.h"
#include "transport/http/event_stream.h"

namespace tritontube::http_api {

namespace {

// How long a server that stops may wait for a stream to notice.
constexpr std::chrono::milliseconds kSlice{500};
constexpr std::string_view kHeartbeat = ":\n\n";
constexpr std::string_view kReconnectSoon = "retry: 2000\n\n";

bool IsPassing(const Error& error) {
  return error.code() == ErrorCode::kUnavailable || error.code() == ErrorCode::kDeadlineExceeded ||
         error.code() == ErrorCode::kResourceExhausted;
}

// One browser's stream: what is broadcast, and a heartbeat when that is silent.
class FeedStream final : public http::BodySource {
 public:
  FeedStream(std::shared_ptr<EventBroadcast> broadcast, EventBroadcast::Listener listener)
      : broadcast_(std::move(broadcast)), listener_(std::move(listener)) {}

  async::Task<Result<std::optional<blob::Bytes>>> Next() override {
    if (!std::exchange(begun_, true)) co_return blob::Bytes(std::string(kReconnectSoon));
    const Deadline heartbeat = Deadline::After(http::kHeartbeatInterval);
    while (!stopping_) {
      const auto piece = co_await listener_.Next(Deadline::After(kSlice));
      if (piece && piece->text) {
        co_return blob::Bytes(piece->text, std::as_bytes(std::span(*piece->text)));
      }
      if (!piece && !IsPassing(piece.error())) co_return std::unexpected(piece.error());
      // What could not be told now is told later; cutting the stream would only
      // bring the client back with the same question.
      if (!piece) co_await async::Sleep(kSlice);
      const bool cancelled = co_await async::IsCancelled();
      if (cancelled) break;
      if (heartbeat.HasPassed()) co_return blob::Bytes(std::string(kHeartbeat));
    }
    co_return std::nullopt;
  }
  void OnServerStopping() override { stopping_ = true; }

 private:
  const std::shared_ptr<EventBroadcast> broadcast_;
  EventBroadcast::Listener listener_;
  bool begun_ = false;
  bool stopping_ = false;
};

// No revision that there ever was: who names it has to begin anew.
constexpr coordination::Revision kNotOurs = -1;

std::optional<coordination::Revision> LastSeen(const http::Request& request) {
  const std::string_view text = request.headers.Get("Last-Event-ID").value_or("");
  if (text.empty()) return std::nullopt;
  coordination::Revision revision = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), revision);
  return error == std::errc() && end == text.data() + text.size() ? revision : kNotOurs;
}

async::Task<Result<http::Response>> GetEvents(std::shared_ptr<EventBroadcast> broadcast,
                                              http::Request& request) {
  EventBroadcast::Listener listener = broadcast->Listen(LastSeen(request));
  // Listening begins before the client hears that it is connected: what it
  // lists after that, and what it is told, have no gap between them.
  TT_CO_RETURN_IF_ERROR(co_await listener.Begin(RequestDeadline()));
  http::Response response;
  response.headers = {{"Content-Type", "text/event-stream"}, {"Cache-Control", "no-store"}};
  response.body = std::make_unique<FeedStream>(std::move(broadcast), std::move(listener));
  co_return response;
}

}  // namespace

void AddEventRoute(http::Router& router, const Services& services) {
  // Of the route and of the streams, which may end after it.
  auto broadcast = std::make_shared<EventBroadcast>(services.catalog, services.coordination);
  router.Add(http::Method::kGet, "/api/v1/events",
             [broadcast](http::Request& request) { return GetEvents(broadcast, request); });
}

}  // namespace tritontube::http_api
