#include "domain/jobs/job_queue.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <mutex>
#include <thread>

#include "domain/catalog/codec.h"
#include "domain/catalog/keys.h"
#include "domain/catalog/view.h"
#include "foundation/async/task_group.h"
#include "support/catalog_world.h"
#include "support/claim.h"
#include "support/crowd.h"
#include "support/moments.h"
#include "support/rounds.h"
#include "support/virtual_time.h"

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
using support::kNow;
using support::Must;
using support::Names;
using support::Soon;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""h;

const Error kCrash(ErrorCode::kInternal, "the tool crashed");

JobQueue QueueOf(CatalogWorld& world) { return {world.coordination, world.catalog, world.random}; }

Task<std::optional<ClaimedJob>> ClaimNow(CatalogWorld& world, JobQueue& queue, LeaseId lease,
                                         WallTime now = kNow) {
  co_return Must(co_await support::ClaimNext(world.engine, queue, lease, now));
}

// What a worker would choose.
Task<JobBoard::Choice> ChooseNow(CatalogWorld& world) {
  JobBoard board = Must(co_await support::BoardOf(world.engine));
  co_return board.Choose(kNow, 1, world.random);
}

// A queue with one job, and its claim.
struct OneJob {
  explicit OneJob(CatalogWorld& of) : world(of), queue(QueueOf(of)) {}

  Task<void> Commit() {
    lease = co_await world.NewLease();
    names = co_await world.Committed(lease);
    pick = (co_await ChooseNow(world)).pick;
  }
  auto Claim(const UploadId& output) { return queue.Claim(*pick, output, lease, Soon()); }

  CatalogWorld& world;
  JobQueue queue;
  LeaseId lease = coordination::kNoLease;
  std::optional<Names> names;
  std::optional<JobBoard::Pick> pick;
};

TEST(JobQueue, GivesAJobToOneWorkerOnly) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    JobQueue queue = QueueOf(world);
    const LeaseId lease = co_await world.NewLease();
    const Names names = co_await world.Committed(lease);
    const auto job = co_await ClaimNow(world, queue, lease);
    EXPECT_EQ(job->video.id, names.video);
    EXPECT_EQ(job->video.source, CatalogWorld::Source());
    EXPECT_NE(job->output, names.upload);
    EXPECT_EQ(co_await ClaimNow(world, queue, lease), std::nullopt);
    Must(co_await world.catalog.Publish(names.video, job->output, {}, Soon()));
    EXPECT_EQ(co_await ClaimNow(world, queue, lease), std::nullopt);
  });
}

TEST(JobQueue, CountsWhatWaitsAndWhatIsClaimed) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    JobQueue queue = QueueOf(world);
    const LeaseId lease = co_await world.NewLease();
    for (int i = 0; i < 3; ++i) co_await world.Committed(lease);
    co_await ClaimNow(world, queue, lease);
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
    EXPECT_EQ((co_await ClaimNow(world, queue, lease))->video.id, expected[1]);
    EXPECT_EQ((co_await ClaimNow(world, queue, lease))->video.id, expected[2]);
    EXPECT_EQ((co_await ClaimNow(world, queue, lease))->video.id, expected[0]);
  });
}

TEST(JobQueue, FreesAJobUnchangedWhenItsWorkerDies) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    JobQueue queue = QueueOf(world);
    const LeaseId dead = co_await world.NewLease();
    co_await world.Committed(dead);
    const auto first = co_await ClaimNow(world, queue, dead);
    Must(co_await world.engine.RevokeLease(dead, Soon()));
    const auto second = co_await ClaimNow(world, queue, co_await world.NewLease());
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
    const auto first = co_await ClaimNow(world, queue, lease);
    Must(co_await queue.Release(*first, Soon()));
    EXPECT_EQ((co_await ClaimNow(world, queue, lease))->job, first->job);
  });
}

TEST(JobQueue, WaitsBeforeItTriesAFailedJobAgainAndTellsHowLong) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    JobQueue queue = QueueOf(world);
    const LeaseId lease = co_await world.NewLease();
    co_await world.Committed(lease);
    const auto job = co_await ClaimNow(world, queue, lease);
    EXPECT_TRUE(Must(co_await queue.FailAttempt(*job, Blame::kTool, kCrash, kNow, Soon())));

    const JobBoard::Choice none = co_await ChooseNow(world);
    EXPECT_FALSE(none.pick.has_value());
    EXPECT_EQ(none.next_due, kNow + 1000ms);
    const auto again = co_await ClaimNow(world, queue, lease, kNow + 1000ms);
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
      const auto unlucky = co_await ClaimNow(world, queue, lease, now);
      EXPECT_TRUE(Must(co_await queue.FailAttempt(*unlucky, Blame::kMachine, kCrash, now, Soon())));
      now += 1h;
      const auto job = co_await ClaimNow(world, queue, lease, now);
      EXPECT_EQ(Must(co_await queue.FailAttempt(*job, Blame::kTool, kCrash, now, Soon())),
                attempt < 3);
      now += 1h;
    }
    const auto view = catalog::ViewOf(Must(co_await world.catalog.Find(names.video, Soon())));
    EXPECT_EQ(view.state, catalog::VideoState::kFailed);
    EXPECT_EQ(view.row.failure->message, "the tool crashed");
    EXPECT_EQ(co_await ClaimNow(world, queue, lease, now), std::nullopt);
  });
}

TEST(JobQueue, TellsAWorkerWhatAnAttemptBeforeItHasLeft) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    OneJob job(world);
    co_await job.Commit();
    const auto first = Must(co_await job.Claim(job.queue.NewOutput()));
    EXPECT_EQ(first->place(), first->output);
    Must(co_await world.catalog.BeginChunks(job.names->video, first->output, first->output,
                                            job.names->upload, Soon()));
    Must(co_await world.catalog.Grow(job.names->video, first->output,
                                     {.output = first->output, .steps = 1}, std::nullopt, Soon()));
    Must(co_await job.queue.Release(*first, Soon()));
    const auto second = co_await ClaimNow(world, job.queue, job.lease);
    EXPECT_EQ(second->growth->steps, 1);
    EXPECT_EQ(second->chunks, first->output);
    EXPECT_EQ(second->indexed, job.names->upload);
    EXPECT_EQ(second->place(), first->output);
  });
}

Task<void> Overtake(CatalogWorld& world, JobQueue& queue, LeaseId lease,
                    std::optional<ClaimedJob>& theirs) {
  theirs = co_await ClaimNow(world, queue, lease);
}

TEST(JobQueue, GivesNothingWhenAnotherWorkerIsFaster) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    OneJob job(world);
    co_await job.Commit();
    JobQueue other(world.engine, world.catalog, world.random);
    std::optional<ClaimedJob> theirs;
    world.coordination.BeforeWrites(1, [&] { return Overtake(world, other, job.lease, theirs); });
    EXPECT_EQ(Must(co_await job.Claim(job.queue.NewOutput())), std::nullopt);
    EXPECT_EQ(theirs->video.id, job.names->video);
  });
}

TEST(JobQueue, GivesNothingWhenTheJobHasChangedOrIsGone) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    OneJob job(world);
    co_await job.Commit();
    const auto first = Must(co_await job.Claim(job.queue.NewOutput()));
    EXPECT_TRUE(Must(co_await job.queue.FailAttempt(*first, Blame::kTool, kCrash, kNow, Soon())));
    EXPECT_EQ(Must(co_await job.Claim(job.queue.NewOutput())), std::nullopt);
    Must(co_await world.catalog.Delete(job.names->video, Soon()));
    EXPECT_EQ(Must(co_await job.Claim(job.queue.NewOutput())), std::nullopt);
  });
}

TEST(JobQueue, SettlesUnknownOutcomesByAskingAgain) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    OneJob job(world);
    co_await job.Commit();
    for (const Fault& fault : {Fault::UnknownBefore(), Fault::UnknownAfter()}) {
      job.pick = (co_await ChooseNow(world)).pick;
      const UploadId output = job.queue.NewOutput();
      world.engine.AddFault(Call::kCommit, fault);
      EXPECT_EQ(CodeOf(co_await job.Claim(output)), ErrorCode::kOutcomeUnknown);
      const auto claimed = Must(co_await job.Claim(output));
      EXPECT_EQ(claimed->output, output);
      EXPECT_EQ(Must(co_await job.Claim(job.queue.NewOutput())), std::nullopt);
      world.engine.AddFault(Call::kCommit, fault, 1);
      Must(co_await job.queue.Release(*claimed, Soon()));
    }
    const auto claimed = co_await ClaimNow(world, job.queue, job.lease);
    world.engine.AddFault(Call::kCommit, Fault::UnknownAfter(), 1);
    EXPECT_TRUE(Must(co_await job.queue.FailAttempt(*claimed, Blame::kTool, kCrash, kNow, Soon())));
    EXPECT_EQ((co_await ClaimNow(world, job.queue, job.lease, kNow + 1h))->job.attempts, 1);
  });
}

TEST(JobQueue, PassesOnWhatCoordinationSays) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    OneJob job(world);
    co_await job.Commit();
    const UploadId output = job.queue.NewOutput();
    const Fault down = Fault::Error(ErrorCode::kUnavailable);
    world.engine.AddFault(Call::kCommit, down);
    EXPECT_EQ(CodeOf(co_await job.Claim(output)), ErrorCode::kUnavailable);
    EXPECT_EQ(CodeOf(co_await job.queue.Claim(*job.pick, output, 999, Soon())),
              ErrorCode::kNotFound);
    const auto claimed = Must(co_await job.Claim(output));
    for (const int skip : {0, 1}) {
      world.engine.AddFault(Call::kCommit, down, skip);
      EXPECT_EQ(CodeOf(co_await job.queue.Release(*claimed, Soon())), ErrorCode::kUnavailable);
      world.engine.AddFault(Call::kCommit, down, skip);
      EXPECT_EQ(
          CodeOf(co_await job.queue.FailAttempt(*claimed, Blame::kFile, kCrash, kNow, Soon())),
          ErrorCode::kUnavailable);
    }
  });
}

// Nobody is kept busy by a video that cannot be read, until the worker's lease ends.
TEST(JobQueue, KeepsAClaimOfAVideoThatCannotBeRead) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    OneJob job(world);
    co_await job.Commit();
    const auto put = Operation::Put(catalog::RowKey(job.names->video), "?");
    Must(co_await world.engine.Commit({.compares = {}, .then = {put}}, Soon()));
    EXPECT_EQ(CodeOf(co_await job.Claim(job.queue.NewOutput())), ErrorCode::kCorrupt);
    EXPECT_EQ(Must(co_await job.Claim(job.queue.NewOutput())), std::nullopt);
    EXPECT_FALSE((co_await ChooseNow(world)).pick);
  });
}

// Waits until the board offers something at `now`, or nothing.
Task<void> UntilItOffers(JobMirror& mirror, CatalogWorld& world, bool something,
                         WallTime now = kNow) {
  for (auto seen = mirror.changed().count();
       mirror.board().Choose(now, 1, world.random).pick.has_value() != something;
       seen = mirror.changed().count()) {
    co_await mirror.changed().WaitBeyond(seen, Soon());
  }
}

TEST(JobMirror, HearsOfNewJobsOfClaimsAndOfTheirEnds) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    JobMirror mirror(world.engine);
    async::TaskGroup running(co_await async::asio::this_coro::executor);
    running.Spawn(mirror.Run());
    co_await UntilItOffers(mirror, world, false);
    OneJob job(world);
    co_await job.Commit();
    co_await UntilItOffers(mirror, world, true);
    const auto first = Must(co_await job.Claim(job.queue.NewOutput()));
    co_await UntilItOffers(mirror, world, false);
    Must(co_await job.queue.Release(*first, Soon()));
    co_await UntilItOffers(mirror, world, true);

    const auto second = co_await ClaimNow(world, job.queue, job.lease);
    co_await UntilItOffers(mirror, world, false);
    Must(co_await world.engine.RevokeLease(job.lease, Soon()));
    WallTime now = kNow;
    while (!mirror.board().Choose(now, 1, world.random).pick) {
      co_await mirror.changed().WaitBeyond(mirror.changed().count(), Deadline::After(1ms));
      now += 1ms;
    }
    co_await running.Stop();
  });
}

TEST(JobQueue, TakesTheNextJobWhenOneCannotBeRead) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    JobQueue queue = QueueOf(world);
    const LeaseId lease = co_await world.NewLease();
    const auto put = Operation::Put(catalog::JobKey(WallTime(), world.NewNames().video), "?");
    Must(co_await world.engine.Commit({.compares = {}, .then = {put}}, Soon()));
    EXPECT_EQ(co_await ClaimNow(world, queue, lease), std::nullopt);
    const Names names = co_await world.Committed(lease);
    EXPECT_EQ((co_await ClaimNow(world, queue, lease))->video.id, names.video);
  });
}

// Four workers on four threads and 120 jobs: each job is done once.
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
    for (auto job = co_await ClaimNow(w, queue, lease); job;
         job = co_await ClaimNow(w, queue, lease)) {
      Must(co_await w.catalog.Publish(job->video.id, job->output, {}, Soon()));
      const std::lock_guard lock(m);
      ++d[job->video.id];
    }
  };
  std::vector<std::jthread> workers;
  workers.reserve(pool.size());
  for (std::size_t i = 0; i < pool.size(); ++i) {
    workers.emplace_back([&, i] { async::BlockOn(pool.executor(i), work(world, mutex, done)); });
  }
  workers.clear();
  EXPECT_EQ(done.size(), 120U);
  for (const auto& [video, count] : done) EXPECT_EQ(count, 1) << video.text();
}

// Workers who have little to do but to claim: what they cost Coordination does not grow
// with the number of jobs that wait.
class JobCrowd final : public support::Crowd<JobMirror> {
 public:
  JobCrowd(coordination::Coordination& engine, Random& random, Size size, LeaseId lease)
      : Crowd(engine, random, size),
        catalog_(engine),
        queue_(coordination(), catalog_, random),
        ends_(coordination()),
        lease_(lease) {}

 private:
  JobBoard::Choice Choose(Process& process, std::size_t spread) override {
    return process.mirror.board().Choose(Now(), spread, random());
  }
  Task<bool> Do(Process& /*process*/, JobBoard::Pick pick) override {
    const auto claimed = Must(co_await queue_.Claim(pick, queue_.NewOutput(), lease_, Soon()));
    if (!claimed) co_return false;
    co_await WorkForAMoment();
    Must(co_await ends_.Publish(pick.video, claimed->output, {}, Soon()));
    co_return true;
  }

  catalog::Catalog catalog_;
  JobQueue queue_;
  catalog::Catalog ends_;
  const LeaseId lease_;
};

Task<void> CommitMany(coordination::Coordination& engine, Random& random, std::size_t count) {
  catalog::Catalog catalog(engine);
  for (std::size_t i = 0; i < count; ++i) {
    const catalog::VideoRow row{.id = VideoId::Generate(random),
                                .upload = UploadId::Generate(random),
                                .title = "A title",
                                .source = CatalogWorld::Source()};
    Must(co_await catalog.Restore(row, Soon()));
  }
}

// Besides, a job costs what its end reads and writes.
TEST(JobQueue, CostsTheSameForAnyNumberOfJobsAndWorkers) {
  const std::size_t count = support::IsLong() ? 10'000 : 1'000;
  support::VirtualTime time;
  const SystemClock clock;
  SeededRandom random(2026);
  coordination::ModelCoordination engine(clock);
  const LeaseId lease = Must(time.Get(engine.GrantLease(std::chrono::hours(24), Soon())));
  time.Run(CommitMany(engine, random, count));
  JobCrowd crowd(engine, random, {.work = count}, lease);
  time.Run(crowd.Run());
  fmt::print("for each of {} jobs: {:.2f} writes, {:.2f} refused claims, {:.3f} reads\n", count,
             crowd.writes_each(), crowd.refused_each(), crowd.reads_each());
  EXPECT_EQ(crowd.writes_each(), 2);
  EXPECT_LT(crowd.refused_each(), 1);
  EXPECT_EQ(crowd.reads_each(), 1) << "Publish() reads once";
}

}  // namespace
}  // namespace tritontube::jobs
