#pragma once

#include <optional>
#include <utility>

#include "core/coordination/coordination.h"
#include "domain/jobs/job_queue.h"

namespace tritontube::support {

// All jobs, as they are now: for who takes one now and then and follows nothing.
inline async::Task<Result<jobs::JobBoard>> BoardOf(coordination::Coordination& coordination) {
  jobs::JobBoard board;
  for (const std::string_view prefix : jobs::JobBoard::kPrefixes) {
    coordination::RangeRequest range{.prefix = std::string(prefix)};
    for (bool more = true; more;) {
      TT_CO_ASSIGN_OR_RETURN(coordination::RangePage page,
                             co_await coordination.Range(range, Deadline::Never()));
      if (!page.items.empty()) range.after = page.items.back().key;
      more = page.more;
      for (coordination::KeyValue& item : page.items) board.Apply({.item = std::move(item)});
    }
  }
  co_return board;
}

// Takes the oldest job that is due and free, if there is one.
inline async::Task<Result<std::optional<jobs::ClaimedJob>>> ClaimNext(
    coordination::Coordination& coordination, jobs::JobQueue& queue, coordination::LeaseId lease,
    WallTime now) {
  TT_CO_ASSIGN_OR_RETURN(jobs::JobBoard board, co_await BoardOf(coordination));
  SeededRandom no_choice(1);  // Of one there is none.
  for (auto choice = board.Choose(now, 1, no_choice); choice.pick;
       choice = board.Choose(now, 1, no_choice)) {
    board.Take(*choice.pick);
    TT_CO_ASSIGN_OR_RETURN(
        std::optional<jobs::ClaimedJob> claimed,
        co_await queue.Claim(*choice.pick, queue.NewOutput(), lease, Deadline::Never()));
    if (claimed) co_return claimed;
  }
  co_return std::nullopt;
}

}  // namespace tritontube::support
