#include "domain/chunks/chunk_queue.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>

#include "foundation/async/task_group.h"
#include "support/catalog_world.h"

namespace tritontube::chunks {
namespace {

using async::Task;
using coordination::Call;
using coordination::Fault;
using coordination::LeaseId;
using support::CatalogWorld;
using support::CodeOf;
using support::InCatalogWorld;
using support::Must;
using support::Soon;
using std::chrono_literals::operator""ms;

constexpr WallTime kNow = WallTime(1'000'000ms);
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

// Counts what reaches Coordination.
class Counting final : public support::ForwardingCoordination {
 public:
  using ForwardingCoordination::ForwardingCoordination;
  Task<Result<coordination::RangePage>> Range(coordination::RangeRequest request,
                                              Deadline deadline) override {
    ++reads;
    return ForwardingCoordination::Range(std::move(request), deadline);
  }
  Task<Result<coordination::GetAnswer>> Get(std::string key, Deadline deadline) override {
    ++reads;
    return ForwardingCoordination::Get(std::move(key), deadline);
  }
  Task<Result<coordination::TxnAnswer>> Commit(coordination::Txn txn, Deadline deadline) override {
    auto answer = co_await ForwardingCoordination::Commit(std::move(txn), deadline);
    ++(answer && answer->succeeded ? commits : refused);
    co_return answer;
  }

  std::atomic<std::size_t> reads = 0;
  std::atomic<std::size_t> commits = 0;
  std::atomic<std::size_t> refused = 0;
};

// Ten processes of ten workers each, who have nothing to do but to claim: what
// they cost Coordination does not grow with the number of chunks that wait.
struct Crowd {
  static constexpr std::size_t kProcesses = 10;
  static constexpr std::size_t kWorkersEach = 10;

  struct Process {
    Process(coordination::Coordination& coordination, std::string name_of)
        : mirror(coordination), name(std::move(name_of)) {}
    ChunkMirror mirror;
    std::string name;
  };

  Crowd(CatalogWorld& of, std::size_t chunks)
      : world(of), counting(of.engine), queue(counting, of.random), left(chunks) {
    for (std::size_t i = 0; i < kProcesses; ++i) {
      processes.push_back(std::make_unique<Process>(counting, fmt::format("process {}", i)));
    }
  }

  Task<void> Work(Process& process) {
    std::size_t spread = 1;
    while (left > 0) {
      const auto seen = process.mirror.changed().count();
      const auto choice = process.mirror.board().Choose(process.name, kNow, spread, world.random);
      if (!choice.pick) {
        co_await process.mirror.changed().WaitBeyond(seen, Soon());
        continue;
      }
      process.mirror.board().Take(*choice.pick);
      const auto claimed =
          Must(co_await queue.Claim(*choice.pick, queue.NewClaim(process.name), lease, Soon()));
      spread = claimed ? 1 : spread * 2;
      if (!claimed) continue;
      Must(co_await queue.Finish(*claimed, {.worker = process.name, .cpu_seconds = 10}, Soon()));
      if (--left == 0) Wake();
    }
  }
  void Wake() {
    for (const auto& process : processes) process->mirror.changed().Notify();
  }
  Task<void> Run() {
    lease = co_await world.NewLease();
    async::TaskGroup mirrors(co_await async::asio::this_coro::executor);
    for (const auto& process : processes) mirrors.Spawn(process->mirror.Run());
    std::vector<Task<void>> work;
    for (const auto& process : processes) {
      for (std::size_t i = 0; i < kWorkersEach; ++i) work.push_back(Work(*process));
    }
    co_await async::RunAll(std::move(work));
    co_await mirrors.Stop();
  }

  CatalogWorld& world;
  Counting counting;
  ChunkQueue queue;
  LeaseId lease = 0;
  std::atomic<std::size_t> left;
  std::vector<std::unique_ptr<Process>> processes;
};

TEST(ChunkQueue, CostsTheSameForAnyNumberOfChunksAndWorkers) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    constexpr std::uint32_t kChunks = 2000;
    Crowd crowd(world, kChunks);
    Must(co_await crowd.queue.Post(NewSet(world.random, kChunks), Soon()));
    co_await crowd.Run();
    const auto each = [](std::size_t count) { return static_cast<double>(count) / kChunks; };
    fmt::print("for each of {} chunks: {:.2f} writes, {:.2f} refused claims, {:.3f} reads\n",
               kChunks, each(crowd.counting.commits), each(crowd.counting.refused),
               each(crowd.counting.reads));
    EXPECT_LT(each(crowd.counting.commits), 2.1);
    EXPECT_LT(each(crowd.counting.refused), 1);
    EXPECT_LT(each(crowd.counting.reads), 0.1);
  });
}

}  // namespace
}  // namespace tritontube::chunks
