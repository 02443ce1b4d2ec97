#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <string>

#include "foundation/async/event.h"
#include "transport/http/message.h"

// Server-Sent Events (WHATWG HTML, 9.2).
namespace tritontube::http {

struct ServerEvent {
  std::string id;    // What a client that comes back sends as Last-Event-ID; may be empty.
  std::string name;  // Empty: "message".
  std::string data;  // May have lines; valid UTF-8.
};

std::string FormatEvent(const ServerEvent& event);

// Carries events from their producer to one client. Holds `events_max`; a client
// that falls further behind is cut off and comes back with its Last-Event-ID.
// Safe to use from any thread.
class EventQueue {
 public:
  explicit EventQueue(std::size_t events_max) : events_max_(events_max) {}

  // False when the queue is closed or full; a full one is closed by this.
  bool Push(ServerEvent event);
  // The stream ends behind what is queued.
  void Close();
  // True also when the client has gone: the producer may forget the queue.
  bool closed() const;

 private:
  friend class EventStream;
  struct Taken {
    std::deque<ServerEvent> events;
    bool closed;
  };
  Taken Take();

  const std::size_t events_max_;
  mutable std::mutex mutex_;
  std::deque<ServerEvent> events_;
  bool closed_ = false;
  async::Event changed_;
};

inline constexpr std::chrono::milliseconds kHeartbeatInterval{15'000};

// Sends what its queue gets, and a comment whenever that was nothing for a
// while, so that proxies and dead connections show themselves.
class EventStream final : public BodySource {
 public:
  explicit EventStream(std::shared_ptr<EventQueue> queue,
                       std::chrono::milliseconds heartbeat = kHeartbeatInterval)
      : queue_(std::move(queue)), heartbeat_(heartbeat) {}
  ~EventStream() override { queue_->Close(); }
  EventStream(const EventStream&) = delete;
  EventStream& operator=(const EventStream&) = delete;

  async::Task<Result<std::optional<blob::Bytes>>> Next() override;
  void OnServerStopping() override { queue_->Close(); }

 private:
  std::shared_ptr<EventQueue> queue_;
  std::chrono::milliseconds heartbeat_;
};

Response EventStreamResponse(std::shared_ptr<EventQueue> queue,
                             std::chrono::milliseconds heartbeat = kHeartbeatInterval);

}  // namespace tritontube::http
