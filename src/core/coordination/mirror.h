#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "core/coordination/coordination.h"
#include "foundation/async/event.h"
#include "foundation/async/sleep.h"
#include "foundation/async/task_group.h"
#include "foundation/telemetry/log.h"

namespace tritontube::coordination {

// Keeps a board up to date: what one process knows of all keys under some prefixes,
// so that it can choose among them without reading any. It reads all of them once,
// page by page, follows what happens to them, and begins anew when events were lost
// or the history is gone, and from time to time in case nobody has noticed.
//
// A board is a value: made empty, it has the prefixes it is about, `kPrefixes`, and is
// told of every key by Apply(const Event&). Events of one prefix come in their order,
// those of several as they happen to arrive, and some of them twice.
//
// Lives on one io_context: the board changes on the thread of Run() only, between two
// awaits of whoever looks at it there. changed() may be used from any thread.
template <typename BoardType>
class Mirror {
 public:
  using Board = BoardType;

  explicit Mirror(Coordination& coordination) : coordination_(coordination) {}

  // Until it is cancelled.
  async::Task<void> Run();

  Board& board() { return board_; }
  const Board& board() const { return board_; }
  // Counts what the board has heard.
  async::Event& changed() { return changed_; }

 private:
  // Where each prefix was when it was read.
  using Seen = std::array<Revision, Board::kPrefixes.size()>;

  static constexpr std::chrono::seconds kRangeTimeout{10};
  // Events may be lost, and what they told is only found by reading everything again.
  static constexpr std::chrono::minutes kFollowTime{10};
  static constexpr std::chrono::seconds kPause{1};

  async::Task<Result<void>> LoadAndFollow();
  async::Task<Result<Seen>> Load();
  async::Task<Result<Revision>> LoadPrefix(std::string prefix, Board& board);
  async::Task<void> FollowPrefix(std::string prefix, Revision seen);
  async::Task<Result<void>> FollowEvents(std::string prefix, Revision seen);

  Coordination& coordination_;
  Board board_;
  async::Event changed_;
  // Of those who follow: how the first has ended, and that one has.
  std::optional<Result<void>> end_;
  async::Event ended_;
};

template <typename Board>
async::Task<void> Mirror<Board>::Run() {
  while (!co_await async::IsCancelled()) {
    const Result<void> followed = co_await LoadAndFollow();
    if (followed || followed.error().code() == ErrorCode::kCancelled) continue;
    telemetry::Log(telemetry::Level::kWarning, "what is under a prefix is read again",
                   {{"prefix", Board::kPrefixes.front()}, {"error", followed.error().message()}});
    co_await async::Sleep(kPause);
  }
}

// Until one of the prefixes cannot be followed any further.
template <typename Board>
async::Task<Result<void>> Mirror<Board>::LoadAndFollow() {
  TT_CO_ASSIGN_OR_RETURN(const Seen seen, co_await Load());
  end_.reset();
  const auto ends = ended_.count();
  async::TaskGroup group(co_await async::asio::this_coro::executor);
  for (std::size_t i = 0; i < seen.size(); ++i) {
    group.Spawn(FollowPrefix(std::string(Board::kPrefixes[i]), seen[i]));
  }
  co_await ended_.WaitBeyond(ends, Deadline::Never());
  co_await group.Stop();
  co_return end_.value_or(Result<void>());
}

template <typename Board>
async::Task<Result<typename Mirror<Board>::Seen>> Mirror<Board>::Load() {
  Board board;
  Seen seen = {};
  for (std::size_t i = 0; i < seen.size(); ++i) {
    TT_CO_ASSIGN_OR_RETURN(seen[i], co_await LoadPrefix(std::string(Board::kPrefixes[i]), board));
  }
  board_ = std::move(board);
  changed_.Notify();
  co_return seen;
}

template <typename Board>
async::Task<Result<Revision>> Mirror<Board>::LoadPrefix(std::string prefix, Board& board) {
  Revision seen = 0;
  RangeRequest range{.prefix = std::move(prefix)};
  for (bool more = true; more;) {
    TT_CO_ASSIGN_OR_RETURN(RangePage page,
                           co_await coordination_.Range(range, Deadline::After(kRangeTimeout)));
    // What happens between two pages is told once more by the watch.
    if (seen == 0) seen = page.revision;
    if (!page.items.empty()) range.after = page.items.back().key;
    more = page.more;
    for (KeyValue& item : page.items) board.Apply(Event{.item = std::move(item)});
  }
  co_return seen;
}

template <typename Board>
async::Task<void> Mirror<Board>::FollowPrefix(std::string prefix, Revision seen) {
  Result<void> end = co_await FollowEvents(std::move(prefix), seen);
  if (!end_) end_ = std::move(end);
  ended_.Notify();
}

template <typename Board>
async::Task<Result<void>> Mirror<Board>::FollowEvents(std::string prefix, Revision seen) {
  const auto watch = coordination_.WatchPrefix(std::move(prefix), seen);
  const Deadline deadline = Deadline::After(kFollowTime);
  while (!deadline.HasPassed()) {
    const Result<WatchBatch> batch = co_await watch->Next(deadline);
    if (!batch && batch.error().code() == ErrorCode::kOutOfRange) co_return Result<void>();
    if (!batch) co_return std::unexpected(batch.error());
    for (const Event& event : batch->events) board_.Apply(event);
    if (!batch->events.empty()) changed_.Notify();
  }
  co_return Result<void>();
}

}  // namespace tritontube::coordination
