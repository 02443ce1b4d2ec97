#include "services/storage_node/node_scrubber.h"

#include <utility>

#include "foundation/telemetry/log.h"

namespace tritontube::storage_node {

using std::chrono::milliseconds;
using telemetry::Level;
using telemetry::Log;

namespace {

constexpr std::size_t kPageItems = 200;
// A list that the disk does not give in so many tries cannot be read.
constexpr int kFailedPagesMax = 5;

bool IsRot(const Error& error) { return error.code() == ErrorCode::kCorrupt; }

}  // namespace

async::Task<void> NodeScrubber::Run() {
  std::string told;
  while (!co_await async::IsCancelled()) {
    const auto seen = node_.changed().count();
    const Result<milliseconds> rest = co_await Advance();
    if (rest) {
      told.clear();
    } else if (std::exchange(told, rest.error().message()) != rest.error().message()) {
      Log(Level::kWarning, "what is stored here is not verified now: trying again",
          {{"why", told}});
    }
    const Deadline next = Deadline::After(rest.value_or(options_.idle_time));
    if (hurries_ && rest) continue;
    co_await node_.changed().WaitBeyond(seen, next);
  }
}

async::Task<Result<milliseconds>> NodeScrubber::Advance() {
  if (!state_) co_await Load();
  if (look_for_damage_at_.HasPassed()) {
    TT_CO_RETURN_IF_ERROR(co_await HealWhatIsKnown());
    look_for_damage_at_ = Deadline::After(options_.idle_time);
  }
  const WallTime now = clock_.WallNow();
  const bool asked = IsAsked();
  if (!asked && !hurries_ && !state_->IsDue(now, options_.pace.period)) {
    co_return options_.idle_time;
  }
  if (asked || total_bytes_ == 0 || !state_->started) TT_CO_RETURN_IF_ERROR(co_await Begin(now));
  co_return co_await ReadNext();
}

// The store has forgotten them. One that is whole after all is written anew for nothing.
async::Task<void> NodeScrubber::Load() {
  state_ = co_await record_.LoadScrub();
  for (const blob::BlobKey& key : state_->damaged) {
    node_.store().MarkDamaged(key, "it was found damaged before the restart");
  }
}

async::Task<Result<void>> NodeScrubber::HealWhatIsKnown() {
  TT_CO_ASSIGN_OR_RETURN(std::vector<blob::BlobKey> damaged,
                         co_await node_.store().Damaged(Soon()));
  const SteadyTime now = clock_.SteadyNow();
  std::erase_if(tried_,
                [&](const auto& entry) { return entry.second + options_.heal_again_after <= now; });
  for (const blob::BlobKey& key : damaged) {
    if (tried_.contains(key) || !node_.Keeps(key)) continue;
    const Result<blob::BlobStat> stat = co_await node_.store().Stat(key, Soon());
    Result<void> healed;
    if (stat) {
      healed = co_await healer_.Heal({.key = key, .stat = *stat});
    } else {
      healed = std::unexpected(stat.error());
    }
    if (!healed) PutOff(key, healed.error());
  }
  co_return co_await Remember(std::move(damaged));
}

async::Task<Result<void>> NodeScrubber::Remember(std::vector<blob::BlobKey> damaged) {
  if (damaged.size() > scrubbing::kRememberedMax) {
    damaged.erase(damaged.begin() + scrubbing::kRememberedMax, damaged.end());
  }
  if (damaged == state_->damaged) co_return Result<void>();
  scrubbing::ScrubState next = *state_;
  next.damaged = std::move(damaged);
  TT_CO_RETURN_IF_ERROR(co_await record_.SaveScrub(next, Soon()));
  state_ = std::move(next);
  co_return Result<void>();
}

async::Task<Result<milliseconds>> NodeScrubber::ReadNext() {
  const WallTime now = clock_.WallNow();
  TT_CO_ASSIGN_OR_RETURN(const bool is_more, co_await FillPage());
  if (!is_more) {
    TT_CO_RETURN_IF_ERROR(co_await End(now));
    co_return options_.idle_time;
  }
  TT_CO_RETURN_IF_ERROR(co_await Verify(page_.front()));
  const ByteCount bytes = page_.front().stat.size;
  state_->position = std::move(page_.front().key);
  page_.pop_front();
  state_->checked_bytes += bytes;
  unsaved_bytes_ += bytes;
  if (unsaved_bytes_ >= options_.save_every) {
    TT_CO_RETURN_IF_ERROR(co_await record_.SaveScrub(*state_, Soon()));
    unsaved_bytes_ = 0;
  }
  ShowProgress();
  if (hurries_) co_return milliseconds(0);
  const std::uint64_t calls = node_.call_count();
  const bool busy = std::exchange(calls_seen_, calls) != calls;
  co_return scrubbing::RestAfter(bytes,
                                 {.started = *state_->started,
                                  .total_bytes = total_bytes_,
                                  .checked_bytes = state_->checked_bytes},
                                 busy, now, options_.pace);
}

// False behind the last one.
async::Task<Result<bool>> NodeScrubber::FillPage() {
  if (!page_.empty()) co_return true;
  if (!more_) co_return false;
  Result<blob::ScanPage> page =
      co_await node_.store().Scan({.after = state_->position, .limit = kPageItems}, Soon());
  const bool is_unread = !page && page.error().code() == ErrorCode::kUnavailable;
  failed_pages_ = is_unread ? failed_pages_ + 1 : 0;
  if (!page && (IsRot(page.error()) || failed_pages_ == kFailedPagesMax)) {
    node_.GiveUpStore(page.error().message());
  }
  if (!page) co_return std::unexpected(std::move(page).error());
  more_ = page->more;
  page_.assign(std::make_move_iterator(page->items.begin()),
               std::make_move_iterator(page->items.end()));
  co_return !page_.empty();
}

async::Task<Result<void>> NodeScrubber::Verify(const blob::ScanItem& item) {
  TT_CO_ASSIGN_OR_RETURN(const std::optional<Error> damage, co_await healer_.Check(item));
  if (damage && node_.Keeps(item.key)) PutOff(item.key, *damage);
  co_return Result<void>();
}

// The store knows of it, so that it is tried again later.
void NodeScrubber::PutOff(const blob::BlobKey& key, const Error& why) {
  tried_.emplace(key, clock_.SteadyNow());
  Log(Level::kWarning, "a damaged blob is not healed yet: another copy of it is asked for again",
      {{"blob", blob::ToText(key)}, {"why", why.message()}});
}

// Goes on with the pass that a restart has broken off. One that is asked for begins anew.
async::Task<Result<void>> NodeScrubber::Begin(WallTime now) {
  TT_CO_ASSIGN_OR_RETURN(const blob::StoreStatus status, co_await node_.store().Status(Soon()));
  total_bytes_ = std::max<ByteCount>(status.stored_bytes, 1);
  const std::uint64_t asked = node_.upkeep_asked();
  if (std::exchange(answered_, asked) != asked) hurries_ = true;
  page_.clear();
  more_ = true;
  if (!state_->started || hurries_) {
    state_->Begin(now);
    TT_CO_RETURN_IF_ERROR(co_await record_.SaveScrub(*state_, Soon()));
  }
  ShowProgress();
  co_return Result<void>();
}

async::Task<Result<void>> NodeScrubber::End(WallTime now) {
  const scrubbing::ScrubState done = state_->Ended(now);
  TT_CO_RETURN_IF_ERROR(co_await record_.SaveScrub(done, Soon()));
  state_ = done;
  node_.EditUpkeep([this](replication::Upkeep& upkeep) { upkeep.scrubbed_for = answered_; });
  hurries_ = false;
  ShowProgress();
  Log(Level::kInfo, "every byte that is stored here was verified",
      {{"bytes", done.last_checked_bytes}});
  co_return Result<void>();
}

void NodeScrubber::ShowProgress() {
  node_.EditUpkeep([this](replication::Upkeep& upkeep) {
    upkeep.scrub_began = state_->started;
    upkeep.scrub_bytes = state_->started ? state_->checked_bytes : state_->last_checked_bytes;
    upkeep.scrub_bytes_all = total_bytes_;
    upkeep.scrub_ended = state_->last_ended;
  });
}

}  // namespace tritontube::storage_node
