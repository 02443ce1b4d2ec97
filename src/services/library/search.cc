#include "services/library/search.h"

#include <algorithm>
#include <map>

#include "domain/catalog/codec.h"
#include "domain/catalog/keys.h"
#include "foundation/async/sleep.h"
#include "foundation/telemetry/log.h"

namespace tritontube::library {

using catalog::IndexChanges;
using catalog::SearchPage;
using catalog::SearchQuery;
using coordination::Revision;
using coordination::WatchBatch;

namespace {

constexpr std::size_t kRowsPerPage = 500;
constexpr std::chrono::minutes kFillTime{30};
constexpr std::chrono::seconds kUpdateTime{30};
constexpr std::chrono::seconds kPauseAfterFailure{2};
constexpr std::chrono::milliseconds kWatchSlice{20};
// A position that nothing has happened before is stored when it is this old, so
// that a restart need not begin where the history has been forgotten.
constexpr Revision kStoredLagMax = 1000;

// Only the last change of each row counts.
IndexChanges ChangesOf(const WatchBatch& batch) {
  std::map<std::string, const coordination::Event*> last;
  for (const coordination::Event& event : batch.events) last[event.item.key] = &event;
  IndexChanges changes;
  for (const auto& [key, event] : last) {
    const std::optional<VideoId> id = catalog::VideoOf(key);
    if (!id) continue;
    auto row = event->kind == coordination::Event::Kind::kPut
                   ? catalog::DecodeVideoRow(event->item.value)
                   : Result<catalog::VideoRow>(Fail(ErrorCode::kNotFound, "the row is gone"));
    // What cannot be understood cannot be shown either.
    if (row) {
      changes.rows.push_back(*std::move(row));
    } else {
      changes.removed.push_back(*id);
    }
  }
  return changes;
}

}  // namespace

async::Task<void> Search::Run() {
  for (bool stopped = co_await async::IsCancelled(); !stopped;
       stopped = co_await async::IsCancelled()) {
    const Result<void> updated = co_await UpdateNow(Deadline::After(kFillTime));
    if (!updated) ++failures_;
    co_await async::Sleep(updated ? options_.interval : kPauseAfterFailure);
  }
}

async::Task<Result<void>> Search::UpdateNow(Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(const async::Semaphore::Permit turn, co_await turn_.Acquire(1, deadline));
  Result<void> done = co_await Resume(deadline);
  if (done && !filled_) done = co_await Fill(deadline);
  if (done) {
    TT_CO_ASSIGN_OR_RETURN(const Revision now, co_await Now(deadline));
    done = co_await CatchUp(now, Deadline::After(kUpdateTime));
  }
  if (!done) Doubt(done.error());
  co_return done;
}

// An index from before the start is gone on with where it ends.
async::Task<Result<void>> Search::Resume(Deadline deadline) {
  if (filled_ || !is_resumable_) co_return Result<void>();
  TT_CO_ASSIGN_OR_RETURN(const std::optional<Revision> position,
                         co_await index_.Position(deadline));
  TT_CO_ASSIGN_OR_RETURN(const Revision now, co_await Now(deadline));
  // One from beyond now belongs to another life of the data.
  is_resumable_ = position && *position <= now;
  if (!is_resumable_) co_return Result<void>();
  Watch(*position);
  stored_ = *position;
  TT_CO_RETURN_IF_ERROR(co_await CatchUp(now, deadline));
  filled_ = true;
  co_return Result<void>();
}

// Reads every row, and between the pages what has changed meanwhile: so the
// history need not reach back to the beginning of a long fill.
async::Task<Result<void>> Search::Fill(Deadline deadline) {
  ++fills_;
  const auto began = std::chrono::steady_clock::now();
  const std::uint64_t rows_before = rows_applied_;
  telemetry::Log(telemetry::Level::kInfo, "the search index is being made");
  TT_CO_RETURN_IF_ERROR(co_await index_.Clear(deadline));
  stored_ = 0;
  TT_CO_ASSIGN_OR_RETURN(const Revision begin, co_await Now(deadline));
  Watch(begin);
  std::optional<VideoId> after;
  do {
    const bool cancelled = co_await async::IsCancelled();
    if (cancelled) co_return Fail(ErrorCode::kCancelled, "the work was stopped");
    TT_CO_ASSIGN_OR_RETURN(catalog::RowPage page,
                           co_await catalog_.Rows(after, kRowsPerPage, deadline));
    rows_applied_ += page.rows.size();
    after = page.last;
    TT_CO_RETURN_IF_ERROR(co_await index_.Apply({.rows = std::move(page.rows)}, deadline));
    TT_CO_RETURN_IF_ERROR(co_await TakeIn(Deadline::After({})));
  } while (after);
  TT_CO_ASSIGN_OR_RETURN(const Revision end, co_await Now(deadline));
  TT_CO_RETURN_IF_ERROR(co_await CatchUp(end, deadline));
  TT_CO_RETURN_IF_ERROR(co_await index_.Apply({.position = seen_}, deadline));
  stored_ = seen_;
  is_resumable_ = true;
  filled_ = true;
  telemetry::Log(telemetry::Level::kInfo, "the search index is made",
                 {{"rows", rows_applied_ - rows_before},
                  {"duration_seconds", std::chrono::steady_clock::now() - began}});
  co_return Result<void>();
}

async::Task<Result<void>> Search::CatchUp(Revision target, Deadline deadline) {
  // What has happened is at hand at once; a watch over a network may lag.
  Deadline wait = Deadline::After({});
  for (;;) {
    TT_CO_ASSIGN_OR_RETURN(const bool progressed, co_await TakeIn(wait));
    if (seen_ >= target) co_return Result<void>();
    if (deadline.HasPassed()) {
      co_return Fail(ErrorCode::kDeadlineExceeded, "the newest changes are not in the index yet");
    }
    wait = progressed ? Deadline::After({}) : Deadline::After(kWatchSlice);
  }
}

// True when that brought anything.
async::Task<Result<bool>> Search::TakeIn(Deadline wait) {
  TT_CO_ASSIGN_OR_RETURN(const WatchBatch batch, co_await watch_->Next(wait));
  const bool progressed = batch.revision > seen_;
  const bool is_worth_it = !batch.events.empty() || batch.revision - stored_ >= kStoredLagMax;
  if (is_worth_it) {
    IndexChanges changes = ChangesOf(batch);
    rows_applied_ += changes.rows.size();
    // A fill that breaks off must begin again.
    if (filled_) changes.position = batch.revision;
    TT_CO_RETURN_IF_ERROR(co_await index_.Apply(std::move(changes), Deadline::After(kUpdateTime)));
    if (filled_) stored_ = batch.revision;
  }
  seen_ = std::max<Revision>(seen_, batch.revision);
  co_return progressed;
}

void Search::Watch(Revision after) {
  watch_ = coordination_.WatchPrefix(std::string(catalog::kRowPrefix), after);
  seen_ = after;
}

// After an error the watch may have told what the index did not take, so it is
// begun again from what the index says; or everything is.
void Search::Doubt(const Error& error) {
  const bool lost = error.code() == ErrorCode::kOutOfRange || error.code() == ErrorCode::kCorrupt;
  if (lost || !filled_) is_resumable_ = false;
  if (error.code() != ErrorCode::kCancelled) {
    telemetry::Log(telemetry::Level::kWarning, "the search index could not be kept up to date",
                   {{"error", error.message()}, {"made_anew", !is_resumable_}});
  }
  filled_ = false;
  watch_.reset();
}

async::Task<Result<Revision>> Search::Now(Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(const coordination::GetAnswer now,
                         co_await coordination_.Get(std::string(catalog::kRowPrefix), deadline));
  co_return now.revision;
}

async::Task<Result<void>> Search::Refresh(Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(const Revision now, co_await Now(deadline));
  if (filled_ && seen_ >= now) co_return Result<void>();
  const Deadline soon = deadline.EarlierOf(Deadline::After(options_.freshness_wait));
  const Result<async::Semaphore::Permit> turn = co_await turn_.Acquire(1, soon);
  if (turn && filled_) {
    const Result<void> caught_up = co_await CatchUp(now, soon);
    const bool is_late = !caught_up && caught_up.error().code() == ErrorCode::kDeadlineExceeded;
    if (!caught_up && !is_late) Doubt(caught_up.error());
  }
  if (filled_) co_return Result<void>();
  co_return Fail(ErrorCode::kUnavailable,
                 "the search index is being made: try again in a few seconds");
}

async::Task<Result<SearchPage>> Search::Find(SearchQuery query, Deadline deadline) {
  TT_CO_RETURN_IF_ERROR(co_await Refresh(deadline));
  Result<SearchPage> page = co_await index_.Find(std::move(query), deadline);
  if (page || page.error().code() != ErrorCode::kCorrupt) co_return page;
  // Its owner can do nothing about it; we can.
  const Result<async::Semaphore::Permit> turn = co_await turn_.Acquire(1, deadline);
  if (turn) Doubt(page.error());
  co_return Fail(ErrorCode::kUnavailable,
                 "the search index is damaged and is made anew: try again in a few seconds");
}

SearchCounts Search::counts() const {
  return {.filled = filled_,
          .position = seen_,
          .rows_applied = rows_applied_,
          .fills = fills_,
          .failures = failures_};
}

}  // namespace tritontube::library
