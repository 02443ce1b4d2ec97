#pragma once

#include <algorithm>
#include <chrono>
#include <optional>
#include <type_traits>

#include "base/clock.h"
#include "domain/chunks/chunk_queue.h"
#include "domain/jobs/job_queue.h"
#include "foundation/async/sleep.h"
#include "foundation/telemetry/log.h"

namespace tritontube::transcode {

inline const VideoId& VideoOf(const chunks::ChunkBoard::Pick& pick) { return pick.id.video; }
inline const VideoId& VideoOf(const jobs::JobBoard::Pick& pick) { return pick.video; }

// How one worker gets what it does next, off the board of its process: it waits until
// there is something, and claims it. A worker that was too slow chooses among twice as
// many the next time.
//
// Lives on the mirror's io_context.
template <typename Mirror>
class Claimant {
 public:
  using Board = typename Mirror::Board;
  using Pick = typename Board::Pick;

  Claimant(Mirror& mirror, const Clock& clock, std::chrono::milliseconds idle_time)
      : mirror_(mirror), clock_(clock), idle_time_(idle_time) {}

  // Among how many to choose.
  std::size_t spread() const { return spread_; }

  // What `choose` picks off the board. Without a pick it returns as soon as there may be
  // one, and after `idle_time` at the latest.
  template <typename Choose>
  async::Task<std::optional<Pick>> Wait(Choose choose) {
    const auto seen = mirror_.changed().count();
    const typename Board::Choice choice = choose();
    if (choice.pick) co_return choice.pick;
    std::chrono::milliseconds wait = idle_time_;
    if (choice.next_due) wait = std::min(wait, *choice.next_due - clock_.WallNow());
    co_await mirror_.changed().WaitBeyond(seen, Deadline::After(wait));
    co_return std::nullopt;
  }

  // `ask` claims it, with the same name each time: it is asked again while nobody knows
  // whether it was claimed. Nothing when it was not.
  template <typename Ask>
  async::Task<typename std::invoke_result_t<Ask>::value_type::value_type> Claim(Pick pick,
                                                                                Ask ask) {
    mirror_.board().Take(pick);
    for (bool cancelled = false; !cancelled; cancelled = co_await async::IsCancelled()) {
      auto claimed = co_await ask();
      if (claimed) {
        spread_ = *claimed ? 1 : std::min(2 * spread_, kSpreadMax);
        co_return *std::move(claimed);
      }
      const bool is_known = claimed.error().code() != ErrorCode::kOutcomeUnknown;
      if (is_known) mirror_.board().Untake(pick);
      telemetry::Log(telemetry::Level::kWarning, "work could not be claimed",
                     {{"video", VideoOf(pick).text()}, {"error", claimed.error().message()}});
      co_await async::Sleep(idle_time_);
      if (is_known) break;
    }
    co_return std::nullopt;  // It ends with our lease, if it is ours.
  }

 private:
  // Those who choose at the same moment: no more are met than this.
  static constexpr std::size_t kSpreadMax = 256;

  Mirror& mirror_;
  const Clock& clock_;
  const std::chrono::milliseconds idle_time_;
  std::size_t spread_ = 1;
};

}  // namespace tritontube::transcode
