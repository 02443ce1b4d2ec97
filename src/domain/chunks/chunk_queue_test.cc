#include "domain/chunks/chunk_queue.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "foundation/async/task_group.h"
#include "support/catalog_world.h"
#include "support/crowd.h"
#include "support/moments.h"
#include "support/rounds.h"
#include "support/virtual_time.h"

namespace tritontube::chunks {
namespace {

using async::Task;
using coordination::Call;
using coordination::Fault;
using coordination::LeaseId;
using support::CatalogWorld;
using support::CodeOf;
using support::InCatalogWorld;
using support::kNow;
using support::Must;
using support::Soon;
using std::chrono_literals::operator""ms;

const Error kCrash(ErrorCode::kInternal, "the tool crashed");
const Error kNoRoom(ErrorCode::kResourceExhausted, "the disk is full");

std::vector<ChunkRow> NewSet(Random& random, std::uint32_t count) {
  const VideoId video = VideoId::Generate(random);
  const UploadId output = UploadId::Generate(random);
  std::vector<ChunkRow> rows;
  rows.reserve(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    rows.push_back({.id = {.video = video, .output = output, .number = i},
                    .job = {.video = video},
                    .cpu_seconds = 10});
  }
  return rows;
}

Task<std::vector<ChunkRow>> RowsOf(ChunkQueue& queue, const ChunkId& id) {
  co_return Must(co_await queue.Rows(id.video, id.output, Soon())).rows;
}

// A queue with one chunk, and its claim.
struct OneChunk {
  explicit OneChunk(CatalogWorld& of) : world(of), queue(of.coordination, of.random) {}

  Task<void> Post() {
    const std::vector<ChunkRow> rows = NewSet(world.random, 1);
    id = rows.front().id;
    Must(co_await queue.Post(rows, Soon()));
    lease = co_await world.NewLease();
  }
  Task<Result<std::optional<ClaimedChunk>>> Claim() { return Claim(queue.NewClaim("me")); }
  Task<Result<std::optional<ClaimedChunk>>> Claim(ChunkClaim claim) {
    const auto row = Must(co_await world.engine.Get(RowKey(*id), Soon())).item;
    const ChunkBoard::Pick pick{.id = *id, .modified = row ? row->modified : 0};
    co_return co_await queue.Claim(pick, claim, lease, Soon());
  }

  CatalogWorld& world;
  ChunkQueue queue;
  std::optional<ChunkId> id;
  LeaseId lease = 0;
};

TEST(ChunkQueue, KeepsASetOfAnySizeUntilItIsRemoved) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    ChunkQueue queue(world.coordination, world.random);
    const std::vector<ChunkRow> rows = NewSet(world.random, 250);
    Must(co_await queue.Post(rows, Soon()));
    EXPECT_EQ(co_await RowsOf(queue, rows.front().id), rows);
    Must(co_await queue.Remove(rows.front().id.video, rows.front().id.output, Soon()));
    EXPECT_TRUE((co_await RowsOf(queue, rows.front().id)).empty());
  });
}

TEST(ChunkQueue, PostsOnlyWhatIsNotThere) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    ChunkQueue queue(world.coordination, world.random);
    std::vector<ChunkRow> rows = NewSet(world.random, 100);
    rows[3].made = ChunkMade{.worker = "w", .cpu_seconds = 2};
    Must(co_await queue.Post({rows[3]}, Soon()));
    const std::vector<ChunkRow> wanted = rows;
    rows[3].made.reset();
    // After the read.
    world.engine.AddFault(Call::kCommit, Fault::Delay(0ms));
    world.engine.AddFault(Call::kCommit, Fault::UnknownAfter());
    Must(co_await queue.Post(rows, Soon()));
    EXPECT_EQ(co_await RowsOf(queue, rows.front().id), wanted);
  });
}

TEST(ChunkQueue, GivesAChunkToOneWorkerOnly) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    OneChunk chunk(world);
    co_await chunk.Post();
    const auto first = Must(co_await chunk.Claim());
    EXPECT_EQ(first->row.id, chunk.id);
    EXPECT_EQ(Must(co_await chunk.Claim()), std::nullopt);
    Must(co_await chunk.queue.Finish(*first, {.worker = "me", .cpu_seconds = 3}, Soon()));
    EXPECT_EQ((co_await RowsOf(chunk.queue, *chunk.id)).front().made->worker, "me");
  });
}

TEST(ChunkQueue, TakesNothingFromAWorkerWhoseLeaseHasEnded) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    OneChunk chunk(world);
    co_await chunk.Post();
    const auto first = Must(co_await chunk.Claim());
    Must(co_await world.engine.RevokeLease(chunk.lease, Soon()));
    chunk.lease = co_await world.NewLease();
    const auto second = Must(co_await chunk.Claim());
    EXPECT_TRUE(second);
    EXPECT_EQ(CodeOf(co_await chunk.queue.Finish(*first, {}, Soon())), ErrorCode::kAborted);
    EXPECT_EQ(CodeOf(co_await chunk.queue.Release(*first, Soon())), ErrorCode::kAborted);
    Must(co_await chunk.queue.Finish(*second, {}, Soon()));
    EXPECT_EQ(CodeOf(co_await chunk.queue.Finish(*first, {}, Soon())), ErrorCode::kAborted);
  });
}

TEST(ChunkQueue, SettlesAClaimAndAnEndOfUnknownOutcome) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    OneChunk chunk(world);
    co_await chunk.Post();
    world.engine.AddFault(Call::kCommit, Fault::UnknownAfter());
    const ChunkClaim claim = chunk.queue.NewClaim("me");
    EXPECT_EQ(CodeOf(co_await chunk.Claim(claim)), ErrorCode::kOutcomeUnknown);
    const auto claimed = Must(co_await chunk.Claim(claim));
    EXPECT_TRUE(claimed);
    world.engine.AddFault(Call::kCommit, Fault::UnknownAfter());
    Must(co_await chunk.queue.Finish(*claimed, {.worker = "me"}, Soon()));
    EXPECT_TRUE((co_await RowsOf(chunk.queue, *chunk.id)).front().made);
  });
}

TEST(ChunkQueue, TriesAgainWhatTheToolFailedAtAndGivesUpInTheEnd) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    OneChunk chunk(world);
    co_await chunk.Post();
    for (int attempt = 1; attempt <= 3; ++attempt) {
      const auto claimed = Must(co_await chunk.Claim());
      const bool again = Must(
          co_await chunk.queue.FailAttempt(*claimed, jobs::Blame::kTool, kCrash, kNow, Soon()));
      EXPECT_EQ(again, attempt < 3);
      const ChunkRow row = (co_await RowsOf(chunk.queue, *chunk.id)).front();
      EXPECT_EQ(row.failed_on, "me");
      EXPECT_EQ(row.failure.has_value(), attempt == 3);
    }
  });
}

TEST(ChunkQueue, NeverGivesUpBecauseOfTheMachine) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    OneChunk chunk(world);
    co_await chunk.Post();
    for (int attempt = 1; attempt <= 20; ++attempt) {
      const auto claimed = Must(co_await chunk.Claim());
      EXPECT_TRUE(Must(co_await chunk.queue.FailAttempt(*claimed, jobs::Blame::kMachine, kNoRoom,
                                                        kNow, Soon())));
    }
  });
}

TEST(ChunkQueue, ReleasesAChunkUnchanged) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    OneChunk chunk(world);
    co_await chunk.Post();
    const auto before = co_await RowsOf(chunk.queue, *chunk.id);
    const auto claimed = Must(co_await chunk.Claim());
    Must(co_await chunk.queue.Release(*claimed, Soon()));
    EXPECT_EQ(co_await RowsOf(chunk.queue, *chunk.id), before);
    EXPECT_TRUE(Must(co_await chunk.Claim()));
  });
}

TEST(ChunkQueue, TellsTheWorkerOfARemovedChunk) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    OneChunk chunk(world);
    co_await chunk.Post();
    const auto claimed = Must(co_await chunk.Claim());
    Must(co_await chunk.queue.Remove(chunk.id->video, chunk.id->output, Soon()));
    EXPECT_EQ(CodeOf(co_await chunk.queue.Finish(*claimed, {}, Soon())), ErrorCode::kAborted);
    EXPECT_EQ(Must(co_await chunk.Claim()), std::nullopt);
  });
}

// Workers who have little to do but to claim: what they cost Coordination does not grow
// with the number of chunks that wait.
class ChunkCrowd final : public support::Crowd<ChunkMirror> {
 public:
  ChunkCrowd(coordination::Coordination& engine, Random& random, Size size, LeaseId lease)
      : Crowd(engine, random, size), queue_(coordination(), random), lease_(lease) {}

 private:
  ChunkBoard::Choice Choose(Process& process, std::size_t spread) override {
    return process.mirror.board().Choose(process.name, Now(), spread, random());
  }
  Task<bool> Do(Process& process, ChunkBoard::Pick pick) override {
    const auto claimed =
        Must(co_await queue_.Claim(pick, queue_.NewClaim(process.name), lease_, Soon()));
    if (!claimed) co_return false;
    co_await WorkForAMoment();
    Must(co_await queue_.Finish(*claimed, {.worker = process.name, .cpu_seconds = 10}, Soon()));
    co_return true;
  }

  ChunkQueue queue_;
  const LeaseId lease_;
};

TEST(ChunkQueue, CostsTheSameForAnyNumberOfChunksAndWorkers) {
  const std::uint32_t count = support::IsLong() ? 10'000 : 1'000;
  support::VirtualTime time;
  const SystemClock clock;
  SeededRandom random(2026);
  coordination::ModelCoordination engine(clock);
  const LeaseId lease = Must(time.Get(engine.GrantLease(std::chrono::hours(24), Soon())));
  ChunkQueue posting(engine, random);
  Must(time.Get(posting.Post(NewSet(random, count), Soon())));
  ChunkCrowd crowd(engine, random, {.work = count}, lease);
  time.Run(crowd.Run());
  fmt::print("for each of {} chunks: {:.2f} writes, {:.2f} refused claims, {:.3f} reads\n", count,
             crowd.writes_each(), crowd.refused_each(), crowd.reads_each());
  EXPECT_EQ(crowd.writes_each(), 2);
  EXPECT_LT(crowd.refused_each(), 1);
  EXPECT_EQ(crowd.reads_each(), 0);
}

}  // namespace
}  // namespace tritontube::chunks
