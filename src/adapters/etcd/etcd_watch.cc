#include "adapters/etcd/etcd_watch.h"

#include <algorithm>

#include "adapters/etcd/messages.h"
#include "transport/rpc/payload_message.h"

namespace tritontube::etcd {

using coordination::Revision;
using coordination::WatchBatch;

EtcdWatch::EtcdWatch(Members& members, std::string key_prefix, std::string prefix, Revision after)
    : members_(members),
      key_prefix_(std::move(key_prefix)),
      prefix_(std::move(prefix)),
      told_(after) {}

async::Task<Result<WatchBatch>> EtcdWatch::Next(Deadline deadline) {
  Error last(ErrorCode::kUnavailable, "no member of etcd was asked in time");
  for (;;) {
    if (!stream_) co_await Subscribe(deadline);
    const auto message =
        co_await stream_->Read(confirmed_ ? deadline : deadline.EarlierOf(confirm_until_));
    if (message && *message) {
      News news = Take(**message);
      if (news) co_return *std::move(news);
      if (stream_) continue;
    }
    const bool cancelled = co_await async::IsCancelled();
    if (cancelled) co_return Fail(ErrorCode::kCancelled, "the work was stopped");
    const bool silent = !message && message.error().code() == ErrorCode::kDeadlineExceeded;
    if (silent && deadline.HasPassed()) co_return WatchBatch{.revision = told_};
    if (!message) last = message.error();
    Leave();
    co_await PauseBeforeRound(failures_ / members_.count(), deadline);
    if (deadline.HasPassed()) co_return Fail(ErrorCode::kUnavailable, "{}", last.message());
  }
}

async::Task<void> EtcdWatch::Subscribe(Deadline deadline) {
  member_ = members_.preferred();
  confirmed_ = false;
  const std::size_t round = std::min<std::size_t>(failures_ / members_.count(), 3);
  confirm_until_ = Deadline::After(members_.attempt_time() * (1U << round));

  etcdserverpb::WatchRequest request;
  auto& create = *request.mutable_create_request();
  std::string begin = key_prefix_ + prefix_;
  create.set_range_end(EndOfPrefix(begin));
  create.set_key(begin.empty() ? std::string(1, '\0') : std::move(begin));
  create.set_start_revision(told_ + 1);
  // Else a watch that hears nothing long resumes from a revision that is compacted by then.
  create.set_progress_notify(true);

  auto stream =
      co_await members_.member(member_).Open("/etcdserverpb.Watch/Watch", Deadline::Never());
  stream_ = *std::move(stream);
  // What goes wrong with the request is told by reading, and what is late is still on its way.
  Ignore(co_await stream_->Write(rpc::ToBytes(request), deadline.EarlierOf(confirm_until_)),
         "reading tells");
}

EtcdWatch::News EtcdWatch::Take(const blob::Bytes& bytes) {
  const auto response = rpc::ParseMessage<etcdserverpb::WatchResponse>(bytes);
  if (!response) return std::unexpected(response.error());
  if (response->canceled()) {
    if (response->compact_revision() > 0) {
      return Fail(ErrorCode::kOutOfRange, "what happened before revision {} is forgotten",
                  response->compact_revision());
    }
    stream_.reset();
    return std::nullopt;
  }
  confirmed_ = true;
  failures_ = 0;
  if (response->created()) return std::nullopt;
  if (response->events().empty()) {
    told_ = std::max(told_, response->header().revision());
    return std::nullopt;
  }
  WatchBatch batch = TakeEvents(*response);
  if (batch.events.empty()) return std::nullopt;
  return batch;
}

// A member that was behind, or stopped for a while, may tell what another has told before.
WatchBatch EtcdWatch::TakeEvents(const etcdserverpb::WatchResponse& response) {
  WatchBatch batch;
  for (const auto& event : response.events()) {
    if (event.kv().mod_revision() > told_) batch.events.push_back(ToEvent(event, key_prefix_));
  }
  // The header may be ahead of events that are not told yet.
  if (!batch.events.empty()) told_ = batch.events.back().item.modified;
  batch.revision = told_;
  return batch;
}

void EtcdWatch::Leave() {
  stream_.reset();
  members_.Avoid(member_);
  ++failures_;
}

}  // namespace tritontube::etcd
