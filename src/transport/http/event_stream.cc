#include "transport/http/event_stream.h"

#include <algorithm>

#include "base/deadline.h"

namespace tritontube::http {

namespace {

void AppendLine(std::string& out, std::string_view field, std::string_view value) {
  out += field;
  out += ": ";
  out += value;
  out += '\n';
}

// A line end inside an id or a name would begin a new field.
std::string OneLine(std::string text) {
  std::erase_if(text, [](char c) { return c == '\n' || c == '\r' || c == '\0'; });
  return text;
}

}  // namespace

std::string FormatEvent(const ServerEvent& event) {
  std::string text;
  if (!event.id.empty()) AppendLine(text, "id", OneLine(event.id));
  if (!event.name.empty()) AppendLine(text, "event", OneLine(event.name));
  std::string_view rest = event.data;
  for (;;) {
    const std::size_t end = std::min(rest.find_first_of("\r\n"), rest.size());
    AppendLine(text, "data", rest.substr(0, end));
    if (end == rest.size()) break;
    rest.remove_prefix(rest.substr(end).starts_with("\r\n") ? end + 2 : end + 1);
  }
  return text + '\n';
}

bool EventQueue::Push(ServerEvent event) {
  bool taken = false;
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return false;
    taken = events_.size() < events_max_;
    if (taken) {
      events_.push_back(std::move(event));
    } else {
      closed_ = true;
    }
  }
  changed_.Notify();
  return taken;
}

void EventQueue::Close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  changed_.Notify();
}

bool EventQueue::closed() const {
  const std::lock_guard lock(mutex_);
  return closed_;
}

EventQueue::Taken EventQueue::Take() {
  const std::lock_guard lock(mutex_);
  return {.events = std::exchange(events_, {}), .closed = closed_};
}

async::Task<Result<std::optional<blob::Bytes>>> EventStream::Next() {
  const Deadline heartbeat = Deadline::After(heartbeat_);
  for (;;) {
    const auto seen = queue_->changed_.count();
    const EventQueue::Taken taken = queue_->Take();
    if (!taken.events.empty()) {
      std::string text;
      for (const ServerEvent& event : taken.events) text += FormatEvent(event);
      co_return blob::Bytes(std::move(text));
    }
    if (taken.closed) co_return std::nullopt;
    if (heartbeat.HasPassed()) co_return blob::Bytes(std::string(":\n\n"));
    const bool cancelled = co_await async::IsCancelled();
    if (cancelled) co_return Fail(ErrorCode::kCancelled, "the client went away");
    co_await queue_->changed_.WaitBeyond(seen, heartbeat);
  }
}

Response EventStreamResponse(std::shared_ptr<EventQueue> queue,
                             std::chrono::milliseconds heartbeat) {
  return {.status = 200,
          .headers = {{"Content-Type", "text/event-stream"},
                      {"Cache-Control", "no-store"},
                      // nginx would keep the events in its buffer otherwise.
                      {"X-Accel-Buffering", "no"}},
          .body = std::make_unique<EventStream>(std::move(queue), heartbeat)};
}

}  // namespace tritontube::http
