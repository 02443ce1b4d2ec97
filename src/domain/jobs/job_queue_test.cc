#include "domain/jobs/job_queue.h"

#include <gtest/gtest.h>

#include <map>
#include <mutex>
#include <thread>

#include "domain/catalog/codec.h"
#include "domain/catalog/keys.h"
#include "domain/catalog/view.h"
#include "foundation/async/task_group.h"
#include "support/catalog_world.h"

namespace tritontube::jobs {
namespace {

using async::Task;
using coordination::Call;
using coordination::Fault;
using coordination::LeaseId;
using coordination::Operation;
using support::CatalogWorld;
using support::CodeOf;
using support::InCatalogWorld;
using support::Must;
using support::Names;
using support::Soon;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""h;

constexpr WallTime kNow = WallTime(1'000'000ms);
const Error kCrash(ErrorCode::kInternal, "the tool crashed");

JobQueue QueueOf(CatalogWorld& world) { return {world.coordination, world.catalog, world.random}; }

Task<std::optional<ClaimedJob>> ClaimNow(JobQueue& queue, LeaseId lease, WallTime now = kNow) {
  co_return Must(co_await queue.Claim(lease, now, Soon())).job;
}

TEST(JobQueue, GivesAJobToOneWorkerOnly) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    JobQueue queue = QueueOf(world);
    const LeaseId lease = co_await world.NewLease();
    const Names names = co_await world.Committed(lease);
    const auto job = co_await ClaimNow(queue, lease);
    EXPECT_EQ(job->video.id, names.video);
    EXPECT_EQ(job->video.source, CatalogWorld::Source());
    EXPECT_NE(job->output, names.upload);
    EXPECT_EQ(co_await ClaimNow(queue, lease), std::nullopt);
    Must(co_await world.catalog.Publish(names.video, job->output, {}, Soon()));
    EXPECT_EQ(co_await ClaimNow(queue, lease), std::nullopt);
  });
}

TEST(JobQueue, CountsWhatWaitsAndWhatIsClaimed) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    JobQueue queue = QueueOf(world);
    const LeaseId lease = co_await world.NewLease();
    for (int i = 0; i < 3; ++i) co_await world.Committed(lease);
    co_await ClaimNow(queue, lease);
    const JobsNow now = Must(co_await queue.CountNow(Soon()));
    EXPECT_EQ(now.waiting, 2U);
    EXPECT_EQ(now.running, 1U);
    world.engine.AddFault(Call::kRange, Fault::Error(ErrorCode::kUnavailable));
    EXPECT_EQ(CodeOf(co_await queue.CountNow(Soon())), ErrorCode::kUnavailable);
  });
}

TEST(JobQueue, GivesTheOldestFirst) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    JobQueue queue = QueueOf(world);
    const LeaseId lease = co_await world.NewLease();
    std::vector<VideoId> expected;
    for (const auto age : {3ms, 1ms, 2ms}) {
      const Names names = co_await world.Uploading(lease, "t", WallTime(age));
      Must(co_await world.catalog.CommitSource(names.video, names.upload, CatalogWorld::Source(),
                                               Soon()));
      expected.push_back(names.video);
    }
    EXPECT_EQ((co_await ClaimNow(queue, lease))->video.id, expected[1]);
    EXPECT_EQ((co_await ClaimNow(queue, lease))->video.id, expected[2]);
    EXPECT_EQ((co_await ClaimNow(queue, lease))->video.id, expected[0]);
  });
}

TEST(JobQueue, FreesAJobUnchangedWhenItsWorkerDies) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    JobQueue queue = QueueOf(world);
    const LeaseId dead = co_await world.NewLease();
    co_await world.Committed(dead);
    const auto first = co_await ClaimNow(queue, dead);
    Must(co_await world.engine.RevokeLease(dead, Soon()));
    const auto second = co_await ClaimNow(queue, co_await world.NewLease());
    EXPECT_EQ(second->job, first->job);
    EXPECT_NE(second->output, first->output);
    EXPECT_EQ(CodeOf(co_await queue.FailAttempt(*first, Blame::kTool, kCrash, kNow, Soon())),
              ErrorCode::kAborted);
    EXPECT_EQ(CodeOf(co_await queue.Release(*first, Soon())), ErrorCode::kAborted);
  });
}

TEST(JobQueue, TakesAJobBackFromAWorkerThatStops) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    JobQueue queue = QueueOf(world);
    const LeaseId lease = co_await world.NewLease();
    co_await world.Committed(lease);
    const auto first = co_await ClaimNow(queue, lease);
    Must(co_await queue.Release(*first, Soon()));
    EXPECT_EQ((co_await ClaimNow(queue, lease))->job, first->job);
  });
}

TEST(JobQueue, WaitsBeforeItTriesAFailedJobAgainAndTellsHowLong) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    JobQueue queue = QueueOf(world);
    const LeaseId lease = co_await world.NewLease();
    co_await world.Committed(lease);
    const auto job = co_await ClaimNow(queue, lease);
    EXPECT_TRUE(Must(co_await queue.FailAttempt(*job, Blame::kTool, kCrash, kNow, Soon())));

    const ClaimAnswer none = Must(co_await queue.Claim(lease, kNow, Soon()));
    EXPECT_FALSE(none.job.has_value());
    EXPECT_EQ(none.next_due, kNow + 1000ms);
    const auto again = co_await ClaimNow(queue, lease, kNow + 1000ms);
    EXPECT_EQ(again->job.attempts, 1);
    EXPECT_EQ(again->job.last_error, "the tool crashed");
  });
}

TEST(JobQueue, FailsTheVideoAfterTheFilesLastAttempt) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    JobQueue queue = QueueOf(world);
    const LeaseId lease = co_await world.NewLease();
    const Names names = co_await world.Committed(lease);
    WallTime now = kNow;
    for (int attempt = 1; attempt <= 3; ++attempt) {
      // The machine's failures in between do not count.
      const auto unlucky = co_await ClaimNow(queue, lease, now);
      EXPECT_TRUE(Must(co_await queue.FailAttempt(*unlucky, Blame::kMachine, kCrash, now, Soon())));
      now += 1h;
      const auto job = co_await ClaimNow(queue, lease, now);
      EXPECT_EQ(Must(co_await queue.FailAttempt(*job, Blame::kTool, kCrash, now, Soon())),
                attempt < 3);
      now += 1h;
    }
    const auto view = catalog::ViewOf(Must(co_await world.catalog.Find(names.video, Soon())));
    EXPECT_EQ(view.state, catalog::VideoState::kFailed);
    EXPECT_EQ(view.row.failure->message, "the tool crashed");
    EXPECT_EQ(co_await ClaimNow(queue, lease, now), std::nullopt);
  });
}

TEST(JobQueue, WakesAWaitingWorkerForNewAndReleasedJobs) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    JobQueue queue = QueueOf(world);
    const LeaseId lease = co_await world.NewLease();
    const auto wait = [](JobQueue& jobs, coordination::Revision seen, bool* woken) -> Task<void> {
      Must(co_await jobs.WaitForWork(seen, Deadline::Never()));
      *woken = true;
    };
    async::TaskGroup group(co_await async::asio::this_coro::executor);
    const ClaimAnswer none = Must(co_await queue.Claim(lease, kNow, Soon()));
    bool by_commit = false;
    group.Spawn(wait(queue, none.revision, &by_commit));
    co_await world.Committed(lease);
    co_await group.Join();
    EXPECT_TRUE(by_commit);

    const auto job = co_await ClaimNow(queue, lease);
    const ClaimAnswer taken = Must(co_await queue.Claim(lease, kNow, Soon()));
    bool by_release = false;
    group.Spawn(wait(queue, taken.revision, &by_release));
    Must(co_await queue.Release(*job, Soon()));
    co_await group.Join();
    EXPECT_TRUE(by_release);
  });
}

TEST(JobQueue, StopsWaitingAtTheDeadlineOnErrorsAndWhenHistoryIsGone) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    JobQueue queue = QueueOf(world);
    const LeaseId lease = co_await world.NewLease();
    const ClaimAnswer none = Must(co_await queue.Claim(lease, kNow, Soon()));
    Must(co_await queue.WaitForWork(none.revision, Deadline::After(1ms)));
    // The end of a job is no work.
    co_await world.Committed(lease);
    const auto job = co_await ClaimNow(queue, lease);
    const auto seen = Must(co_await queue.Claim(lease, kNow, Soon())).revision;
    Must(co_await world.catalog.Publish(job->video.id, job->output, {}, Soon()));
    Must(co_await queue.WaitForWork(seen, Deadline::After(1ms)));

    world.engine.AddFault(Call::kWatch, Fault::Error(ErrorCode::kUnavailable));
    EXPECT_EQ(CodeOf(co_await queue.WaitForWork(none.revision, Soon())), ErrorCode::kUnavailable);
    world.engine.ForgetHistory();
    Must(co_await queue.WaitForWork(none.revision, Deadline::Never()));
  });
}

TEST(JobQueue, LooksFurtherWhenAnotherWorkerIsFaster) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    JobQueue queue = QueueOf(world);
    JobQueue other(world.engine, world.catalog, world.random);
    const LeaseId lease = co_await world.NewLease();
    const Names first = co_await world.Committed(lease);
    const Names second = co_await world.Committed(lease);
    std::optional<ClaimedJob> theirs;
    const auto overtake = [&]() -> Task<void> {
      theirs = Must(co_await other.Claim(lease, kNow, Soon())).job;
    };
    world.coordination.BeforeWrites(1, overtake);
    const auto ours = co_await ClaimNow(queue, lease);
    EXPECT_NE(ours->video.id, theirs->video.id);
    Ignore(first, "either may be first");
    Ignore(second, "either may be first");
  });
}

TEST(JobQueue, SettlesUnknownOutcomesByReading) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    JobQueue queue = QueueOf(world);
    const LeaseId lease = co_await world.NewLease();
    const Names names = co_await world.Committed(lease);
    world.engine.AddFault(Call::kCommit, Fault::UnknownBefore());
    EXPECT_EQ(co_await ClaimNow(queue, lease), std::nullopt);
    for (const Fault& fault : {Fault::UnknownBefore(), Fault::UnknownAfter()}) {
      world.engine.AddFault(Call::kCommit, Fault::UnknownAfter());
      const auto job = co_await ClaimNow(queue, lease);
      EXPECT_EQ(job->video.id, names.video);
      world.engine.AddFault(Call::kCommit, fault, 1);
      Must(co_await queue.Release(*job, Soon()));
    }
    const auto job = co_await ClaimNow(queue, lease);
    world.engine.AddFault(Call::kCommit, Fault::UnknownAfter(), 1);
    EXPECT_TRUE(Must(co_await queue.FailAttempt(*job, Blame::kTool, kCrash, kNow, Soon())));
    EXPECT_EQ((co_await ClaimNow(queue, lease, kNow + 1h))->job.attempts, 1);
  });
}

TEST(JobQueue, PassesOnWhatCoordinationSays) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    JobQueue queue = QueueOf(world);
    const LeaseId lease = co_await world.NewLease();
    co_await world.Committed(lease);
    const Fault down = Fault::Error(ErrorCode::kUnavailable);
    for (const int skip : {0, 1}) {
      world.engine.AddFault(Call::kRange, down, skip);
      EXPECT_EQ(CodeOf(co_await queue.Claim(lease, kNow, Soon())), ErrorCode::kUnavailable);
    }
    world.engine.AddFault(Call::kCommit, down);
    EXPECT_EQ(CodeOf(co_await queue.Claim(lease, kNow, Soon())), ErrorCode::kUnavailable);
    EXPECT_EQ(CodeOf(co_await queue.Claim(999, kNow, Soon())), ErrorCode::kNotFound);
    const auto job = co_await ClaimNow(queue, lease);
    for (const int skip : {0, 1}) {
      world.engine.AddFault(Call::kCommit, down, skip);
      EXPECT_EQ(CodeOf(co_await queue.Release(*job, Soon())), ErrorCode::kUnavailable);
      world.engine.AddFault(Call::kCommit, down, skip);
      EXPECT_EQ(CodeOf(co_await queue.FailAttempt(*job, Blame::kFile, kCrash, kNow, Soon())),
                ErrorCode::kUnavailable);
    }
    Must(co_await queue.Release(*job, Soon()));
    // A claim that cannot be read back hangs on the lease.
    world.engine.AddFault(Call::kCommit, Fault::UnknownAfter());
    world.engine.AddFault(Call::kCommit, down);
    EXPECT_EQ(CodeOf(co_await queue.Claim(lease, kNow, Soon())), ErrorCode::kOutcomeUnknown);
    EXPECT_EQ(co_await ClaimNow(queue, lease), std::nullopt);
  });
}

TEST(JobQueue, TakesTheNextJobWhenOneCannotBeRead) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    JobQueue queue = QueueOf(world);
    const LeaseId lease = co_await world.NewLease();
    const auto put = Operation::Put(catalog::JobKey(WallTime(), world.NewNames().video), "?");
    Must(co_await world.engine.Commit({.compares = {}, .then = {put}}, Soon()));
    EXPECT_EQ(co_await ClaimNow(queue, lease), std::nullopt);
    const Names names = co_await world.Committed(lease);
    EXPECT_EQ((co_await ClaimNow(queue, lease))->video.id, names.video);
  });
}

// Four workers on four threads and 120 jobs, more than one page: each job is
// done once.
TEST(JobQueue, SharesItsJobsAmongWorkersOnManyThreads) {
  CatalogWorld world;
  async::IoPool pool(4);
  const auto prepare = [](CatalogWorld& w) -> Task<void> {
    const LeaseId lease = co_await w.NewLease();
    for (int i = 0; i < 120; ++i) co_await w.Committed(lease);
  };
  async::BlockOn(pool.executor(0), prepare(world));

  std::mutex mutex;
  std::map<VideoId, int> done;
  const auto work = [](CatalogWorld& w, std::mutex& m, std::map<VideoId, int>& d) -> Task<void> {
    JobQueue queue(w.engine, w.catalog, w.random);
    const LeaseId lease = co_await w.NewLease();
    for (auto job = co_await ClaimNow(queue, lease); job; job = co_await ClaimNow(queue, lease)) {
      Must(co_await w.catalog.Publish(job->video.id, job->output, {}, Soon()));
      const std::lock_guard lock(m);
      ++d[job->video.id];
    }
  };
  std::vector<std::jthread> workers;
  for (std::size_t i = 0; i < pool.size(); ++i) {
    workers.emplace_back([&, i] { async::BlockOn(pool.executor(i), work(world, mutex, done)); });
  }
  workers.clear();
  EXPECT_EQ(done.size(), 120U);
  for (const auto& [video, count] : done) EXPECT_EQ(count, 1) << video.text();
}

}  // namespace
}  // namespace tritontube::jobs
