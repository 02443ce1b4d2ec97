#include "services/space/space.h"

#include <algorithm>
#include <set>
#include <span>

#include "foundation/async/sleep.h"
#include "foundation/telemetry/log.h"
#include "services/space/needs.h"

namespace tritontube::space {

namespace {

constexpr std::size_t kVideosAtOnce = 30;
constexpr std::chrono::seconds kReconcileTimeout{30};

}  // namespace

Reservation::Reservation(Reservation&& other) noexcept
    : space_(std::exchange(other.space_, nullptr)),
      video_(std::move(other.video_)),
      ticket_(other.ticket_),
      bytes_(other.bytes_),
      left_behind_(other.left_behind_) {}

Reservation::~Reservation() {
  if (space_ == nullptr) return;
  const std::lock_guard lock(space_->mutex_);
  space_->ledger_.Leave(video_, ticket_, left_behind_);
}

void Reservation::Written(ByteCount bytes) {
  bytes_ -= std::min(bytes, bytes_);
  const std::lock_guard lock(space_->mutex_);
  space_->ledger_.Change(video_, ticket_, bytes_);
}

async::Task<Result<std::optional<Shortage>>> Reservation::Resize(ByteCount bytes,
                                                                 Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(const auto ticket, co_await space_->Enter(video_, bytes, deadline));
  if (!ticket) co_return ticket.error();
  ticket_ = *ticket;
  bytes_ = bytes;
  co_return std::nullopt;
}

std::optional<std::string> SpaceCounts::WhyFull() const {
  if (!is_full && free_bytes > keep_free_bytes) return std::nullopt;
  return fmt::format(
      "The disk is full: {} of {} are free and {} are kept free. Videos play on and can be "
      "deleted; "
      "uploads are refused until there is room.",
      Megabytes(free_bytes), Megabytes(capacity_bytes), Megabytes(keep_free_bytes));
}

async::Task<Result<OrShortage<Reservation>>> Space::Reserve(VideoId video, ByteCount bytes,
                                                            Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(const auto ticket, co_await Enter(video, bytes, deadline));
  if (!ticket) co_return OrShortage<Reservation>(std::unexpected(ticket.error()));
  co_return Reservation(*this, std::move(video), *ticket, bytes);
}

async::Task<Result<OrShortage<Ledger::Ticket>>> Space::Enter(VideoId video, ByteCount bytes,
                                                             Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(const blob::StoreStatus disk, co_await store_.Status(deadline));
  const std::lock_guard lock(mutex_);
  co_return ledger_.Reserve(video, bytes, disk.free_bytes, options_.keep_free_bytes);
}

async::Task<Result<std::optional<Shortage>>> Space::ShortageWhenFull(ByteCount bytes,
                                                                     Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(const SpaceCounts counts, co_await Measure(deadline));
  if (!counts.is_full) co_return std::nullopt;
  co_return Shortage{.needed = bytes,
                     .free = counts.free_bytes,
                     .reserved = counts.reserved_bytes - std::min(bytes, counts.reserved_bytes),
                     .keep_free = counts.keep_free_bytes};
}

async::Task<Result<SpaceCounts>> Space::Measure(Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(const blob::StoreStatus disk, co_await store_.Status(deadline));
  const std::lock_guard lock(mutex_);
  co_return SpaceCounts{.free_bytes = disk.free_bytes,
                        .capacity_bytes = disk.capacity_bytes,
                        .stored_bytes = disk.stored_bytes,
                        .reserved_bytes = ledger_.total(),
                        .keep_free_bytes = options_.keep_free_bytes,
                        .is_full = disk.read_only};
}

ByteCount Space::reserved_bytes() const {
  const std::lock_guard lock(mutex_);
  return ledger_.total();
}

void Space::Owe(const VideoId& video, ByteCount bytes) {
  const std::lock_guard lock(mutex_);
  ledger_.Owe(video, bytes);
}

async::Task<void> Space::Run() {
  for (bool stopped = false; !stopped; stopped = co_await async::IsCancelled()) {
    const Result<void> done = co_await Reconcile(Deadline::After(kReconcileTimeout));
    if (!done) {
      telemetry::Log(telemetry::Level::kWarning, "counting the transcodes that wait failed",
                     {{"error", done.error().message()}});
    }
    co_await async::Sleep(options_.reconcile_interval);
  }
}

async::Task<Result<void>> Space::Reconcile(Deadline deadline) {
  Ledger::Ticket since = 0;
  {
    const std::lock_guard lock(mutex_);
    since = ledger_.last_ticket();
  }
  // In this order, because an upload that ends becomes a transcode.
  std::map<VideoId, ByteCount> waiting;
  TT_CO_RETURN_IF_ERROR(co_await AddOpenUploads(waiting, deadline));
  TT_CO_ASSIGN_OR_RETURN(auto transcodes, co_await WaitingTranscodes(deadline));
  waiting.merge(transcodes);
  const std::lock_guard lock(mutex_);
  ledger_.Reconcile(waiting, since);
  co_return Result<void>();
}

// What comes in one request holds a reservation; what is resumable does not.
async::Task<Result<void>> Space::AddOpenUploads(std::map<VideoId, ByteCount>& waiting,
                                                Deadline deadline) {
  std::optional<VideoId> after;
  for (;;) {
    TT_CO_ASSIGN_OR_RETURN(const std::vector<VideoId> ids,
                           co_await catalog_.OpenVideos(after, kVideosAtOnce, deadline));
    if (ids.empty()) co_return Result<void>();
    after = ids.back();
    TT_CO_ASSIGN_OR_RETURN(const auto each, co_await catalog_.FindEach(ids, deadline));
    for (const catalog::Catalog::Found& found : each) {
      if (!found || !*found) continue;
      const std::optional<catalog::OpenUpload>& open = (*found)->open;
      if (!open || !open->resumable || !open->total) continue;
      waiting.emplace((*found)->row.id, UploadNeed(*open->total) - open->received);
    }
  }
}

async::Task<Result<std::map<VideoId, ByteCount>>> Space::WaitingTranscodes(Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(const std::set<VideoId> unfinished, co_await jobs_.Unfinished(deadline));
  const std::vector<VideoId> videos(unfinished.begin(), unfinished.end());
  std::map<VideoId, ByteCount> waiting;
  for (std::size_t i = 0; i < videos.size(); i += kVideosAtOnce) {
    const auto some =
        std::span(videos).subspan(i).first(std::min(kVideosAtOnce, videos.size() - i));
    TT_CO_ASSIGN_OR_RETURN(const auto records,
                           co_await catalog_.FindEach({some.begin(), some.end()}, deadline));
    for (const catalog::Catalog::Found& found : records) {
      if (!found || !*found || !(*found)->row.source) continue;
      waiting.emplace((*found)->row.id, JobNeed((*found)->row));
    }
  }
  co_return waiting;
}

}  // namespace tritontube::space
