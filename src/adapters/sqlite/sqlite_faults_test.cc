#include <gmock/gmock.h>
#include <sys/mount.h>

#include <cerrno>
#include <functional>

#include "adapters/sqlite/disk_faults.h"
#include "adapters/sqlite/sqlite_coordination.h"
#include "core/coordination/conformance_suite.h"
#include "foundation/async/sleep.h"
#include "foundation/async/task_group.h"
#include "foundation/telemetry/log.h"
#include "support/temporary_folder.h"

namespace tritontube::sqlite {
namespace {

using async::Task;
using coordination::CodeOf;
using coordination::Must;
using coordination::MustCommit;
using coordination::Operation;
using coordination::Put;
using coordination::ReadValue;
using coordination::Revision;
using coordination::Soon;
using coordination::Txn;
using coordination::TxnAnswer;
using coordination::WatchBatch;
using std::chrono_literals::operator""ms;
using testing::HasSubstr;

class SqliteFaultsTest : public testing::Test {
 protected:
  SqliteFaultsTest() { Open(); }
  ~SqliteFaultsTest() override {
    Heal();
    engine_.reset();
  }

  void Open(const SqliteOptions& options = {}) {
    engine_.reset();
    engine_ = Must(SqliteCoordination::Open(folder_.path(), options));
  }
  static void Heal() {
    Disk().write_error = 0;
    Disk().sync_error = 0;
    Disk().Release();
  }
  void Run(Task<void> (*body)(SqliteCoordination&)) {
    async::BlockOn(io_.executor(0), body(*engine_));
  }

  support::TemporaryFolder folder_;
  async::IoPool io_{1};
  std::unique_ptr<SqliteCoordination> engine_;
};

Txn PutOf(std::string key, std::string value) {
  return {.compares = {}, .then = {Operation::Put(std::move(key), std::move(value))}};
}

Task<Error> CommitError(SqliteCoordination& engine, std::string key) {
  auto answer = co_await engine.Commit(PutOf(std::move(key), "1"), Soon());
  if (answer) throw std::runtime_error("the commit succeeded");
  co_return std::move(answer).error();
}

// Waits for what other threads do; without it the test has failed.
Task<void> Until(const std::function<bool()>& happened) {
  const Deadline deadline = Soon();
  while (!happened()) {
    if (deadline.HasPassed()) throw std::runtime_error("it never happened");
    co_await async::Sleep(1ms);
  }
}

TEST_F(SqliteFaultsTest, AFullDiskIsReportedAndTheEngineGoesOnWhenThereIsRoom) {
  Run([](SqliteCoordination& engine) -> Task<void> {
    const Revision before = co_await Put(engine, "a", "1");
    for (const int code : {ENOSPC, EDQUOT, EFBIG}) {
      Disk().write_error = code;
      const Error full = co_await CommitError(engine, "b");
      EXPECT_EQ(full.code(), ErrorCode::kResourceExhausted) << full.message();
      EXPECT_THAT(full.message(), HasSubstr("coordination.db"));
      EXPECT_EQ(co_await ReadValue(engine, "a"), "1");
      EXPECT_EQ(co_await ReadValue(engine, "b"), std::nullopt);
      Disk().write_error = 0;
    }
    EXPECT_EQ(co_await Put(engine, "c", "1"), before + 1);
  });
  Open();
  Run([](SqliteCoordination& engine) -> Task<void> {
    EXPECT_EQ(co_await ReadValue(engine, "a"), "1");
    EXPECT_EQ(co_await ReadValue(engine, "b"), std::nullopt);
    EXPECT_EQ(co_await ReadValue(engine, "c"), "1");
  });
}

TEST_F(SqliteFaultsTest, AFailedWriteDidNotHappen) {
  Run([](SqliteCoordination& engine) -> Task<void> {
    Disk().write_error = EIO;
    const Error failed = co_await CommitError(engine, "a");
    EXPECT_EQ(failed.code(), ErrorCode::kUnavailable) << failed.message();
    EXPECT_THAT(failed.message(), HasSubstr("check the disk"));
    Disk().write_error = 0;
    EXPECT_EQ(co_await ReadValue(engine, "a"), std::nullopt);
    co_await Put(engine, "a", "2");
  });
}

TEST_F(SqliteFaultsTest, AfterAFailedSyncNothingIsSaidUntilTheFolderIsOpenedAgain) {
  const telemetry::LogCapture log;
  Run([](SqliteCoordination& engine) -> Task<void> {
    co_await Put(engine, "a", "1");
    Disk().sync_error = EIO;
    const Error unknown = co_await CommitError(engine, "b");
    EXPECT_EQ(unknown.code(), ErrorCode::kOutcomeUnknown) << unknown.message();
    Disk().sync_error = 0;
    const Error refused = co_await CommitError(engine, "c");
    EXPECT_EQ(refused.code(), ErrorCode::kUnavailable);
    EXPECT_THAT(refused.message(), HasSubstr("restart"));
    const auto read = co_await engine.Get("a", Soon());
    EXPECT_EQ(CodeOf(read), ErrorCode::kUnavailable);
    const auto watched = co_await engine.WatchPrefix("", 0)->Next(Soon());
    EXPECT_EQ(CodeOf(watched), ErrorCode::kUnavailable);
  });
  EXPECT_NE(log.Find({"error metadata stopped"}), "");
  Open();
  Run([](SqliteCoordination& engine) -> Task<void> {
    EXPECT_EQ(co_await ReadValue(engine, "a"), "1");
    EXPECT_EQ(co_await ReadValue(engine, "c"), std::nullopt);
    co_await Put(engine, "b", "2");
  });
}

TEST_F(SqliteFaultsTest, AnEndedLeaseIsSweptWhenThereIsRoomAgain) {
  Run([](SqliteCoordination& engine) -> Task<void> {
    const auto lease = Must(co_await engine.GrantLease(100ms, Soon()));
    const Revision put = co_await Put(engine, "a", "1", lease);
    Disk().failed_count = 0;
    Disk().write_error = ENOSPC;
    co_await Until([] { return Disk().failed_count > 0; });
    EXPECT_EQ(co_await ReadValue(engine, "a"), "1");
    const auto renewed = co_await engine.RenewLease(lease, Soon());
    EXPECT_EQ(CodeOf(renewed), ErrorCode::kNotFound);
    Disk().write_error = 0;
    const auto watch = engine.WatchPrefix("a", put);
    const WatchBatch batch = Must(co_await watch->Next(Soon()));
    EXPECT_EQ(batch.events.at(0).kind, coordination::Event::Kind::kDelete);
  });
}

Task<void> CommitInto(SqliteCoordination& engine, std::string key, Deadline deadline,
                      std::optional<Result<TxnAnswer>>* answer) {
  *answer = co_await engine.Commit(PutOf(std::move(key), "1"), deadline);
}

// Holds the disk in a sync, so that whatever is committed then waits together.
class HeldDisk {
 public:
  explicit HeldDisk(async::Executor executor) : group_(executor) {}

  Task<void> Begin(SqliteCoordination& engine) {
    Disk().sync_count = 0;
    Disk().hold_syncs = true;
    group_.Spawn(CommitInto(engine, "first", Soon(), &first_));
    co_await Until([] { return Disk().sync_count == 1; });
  }
  Task<void> End() {
    Disk().Release();
    co_await group_.Join();
    EXPECT_TRUE(first_.value().has_value());
  }
  async::TaskGroup& group() { return group_; }

 private:
  async::TaskGroup group_;
  std::optional<Result<TxnAnswer>> first_;
};

TEST_F(SqliteFaultsTest, WritesThatWaitTogetherShareOneSync) {
  // The log's own header is synced once, too: not in what is counted.
  Run([](SqliteCoordination& engine) -> Task<void> {
    co_await Put(engine, "header", "x");
    HeldDisk held(co_await async::asio::this_coro::executor);
    co_await held.Begin(engine);
    constexpr int kWaiting = 20;
    std::vector<std::optional<Result<TxnAnswer>>> answers(kWaiting);
    for (std::size_t i = 0; i < kWaiting; ++i) {
      held.group().Spawn(CommitInto(engine, std::to_string(i), Soon(), &answers[i]));
    }
    co_await async::Sleep(0ms);  // All of them have begun when this one goes on.
    co_await held.End();
    for (std::size_t i = 0; i < kWaiting; ++i) {
      EXPECT_EQ(answers[i].value().value().revision, static_cast<Revision>(i) + 3);
    }
    EXPECT_EQ(Disk().sync_count, 2);
  });
}

TEST_F(SqliteFaultsTest, WhatWaitedBeyondItsDeadlineDoesNotHappen) {
  Run([](SqliteCoordination& engine) -> Task<void> {
    HeldDisk held(co_await async::asio::this_coro::executor);
    co_await held.Begin(engine);
    const Deadline soon = Deadline::After(10ms);
    std::optional<Result<TxnAnswer>> late;
    held.group().Spawn(CommitInto(engine, "late", soon, &late));
    co_await async::SleepUntil(soon);
    co_await held.End();
    EXPECT_EQ(CodeOf(late.value()), ErrorCode::kDeadlineExceeded);
    EXPECT_EQ(co_await ReadValue(engine, "late"), std::nullopt);
    EXPECT_EQ(co_await ReadValue(engine, "first"), "1");
  });
}

TEST_F(SqliteFaultsTest, AFullQueueRefusesAtOnce) {
  Open({.operations_waiting_max = 2});
  Run([](SqliteCoordination& engine) -> Task<void> {
    HeldDisk held(co_await async::asio::this_coro::executor);
    co_await held.Begin(engine);
    std::optional<Result<TxnAnswer>> second;
    held.group().Spawn(CommitInto(engine, "second", Soon(), &second));
    co_await async::Sleep(0ms);
    const Error refused = co_await CommitError(engine, "third");
    EXPECT_EQ(refused.code(), ErrorCode::kResourceExhausted);
    co_await held.End();
    EXPECT_TRUE(second.value().has_value());
    co_await Put(engine, "third", "1");
  });
}

// A real file system that is really full.
TEST(SqliteOnAFullDisk, KeepsWhatItAcknowledgedStillDeletesAndGoesOn) {
  const support::TemporaryFolder folder;
  if (::mount("tmpfs", folder.path().c_str(), "tmpfs", 0, "size=32m") != 0) {
    GTEST_SKIP() << "mounting a small file system is not allowed here";
  }
  const async::IoPool io(1);
  auto engine = Must(SqliteCoordination::Open(folder.path() / "data"));
  async::BlockOn(io.executor(0), [](SqliteCoordination& full) -> Task<void> {
    const std::string large(200'000, 'x');
    int kept = 0;
    for (; kept < 1000; ++kept) {
      const auto answer = co_await full.Commit(PutOf("k" + std::to_string(kept), large), Soon());
      if (answer) continue;
      EXPECT_EQ(answer.error().code(), ErrorCode::kResourceExhausted) << answer.error().message();
      break;
    }
    EXPECT_GT(kept, 5);
    EXPECT_LT(kept, 1000);
    for (int i = 0; i < kept; ++i) {
      EXPECT_EQ(co_await ReadValue(full, "k" + std::to_string(i)), large);
    }
    for (int i = 0; i < kept; ++i) {
      Txn removal{.compares = {}, .then = {Operation::Delete("k" + std::to_string(i))}};
      const auto removed = co_await full.Commit(std::move(removal), Soon());
      EXPECT_TRUE(removed.has_value()) << i << ": " << removed.error().message();
    }
  }(*engine));
  ::mount("tmpfs", folder.path().c_str(), "tmpfs", MS_REMOUNT, "size=64m");
  async::BlockOn(io.executor(0), [](SqliteCoordination& roomy) -> Task<void> {
    co_await Put(roomy, "again", "1");
  }(*engine));
  engine.reset();
  engine = Must(SqliteCoordination::Open(folder.path() / "data"));
  engine.reset();
  ::umount(folder.path().c_str());
}

}  // namespace
}  // namespace tritontube::sqlite
