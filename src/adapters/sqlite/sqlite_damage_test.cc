#include <gmock/gmock.h>
#include <sqlite3.h>

#include <fstream>

#include "adapters/sqlite/sqlite_coordination.h"
#include "core/coordination/conformance_suite.h"
#include "foundation/async/io_pool.h"
#include "support/temporary_folder.h"

// What a bit that turns in the database's log does. (For the database itself see
// sqlite_coordination_test.cc.)
namespace tritontube::sqlite {
namespace {

using async::Task;
using coordination::Must;
using coordination::Put;
using coordination::ReadValue;

constexpr int kCommits = 50;

void TurnBit(const std::filesystem::path& path, std::streamoff at) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(at);
  const int byte = file.get();
  file.seekp(at);
  file.put(static_cast<char>(static_cast<unsigned>(byte) ^ 1U));
}

// What only some bits of can turn, done by SQL.
void Damage(const std::filesystem::path& database, const char* sql) {
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(database.c_str(), &db), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(db, sql, nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
  sqlite3_close(db);
}

std::string Key(int number) { return "key-" + std::to_string(number); }

Task<void> PutInOrder(SqliteCoordination& engine) {
  const std::string value(3000, 'x');
  for (int i = 0; i < kCommits; ++i) co_await Put(engine, Key(i), value);
}

// How many of the commits are there; those that are must be the first ones.
Task<void> CountKept(SqliteCoordination& engine, int& kept) {
  kept = 0;
  bool gone = false;
  for (int i = 0; i < kCommits; ++i) {
    const bool is_there = (co_await ReadValue(engine, Key(i))).has_value();
    EXPECT_FALSE(is_there && gone) << "commit " << i << " is there without one before it";
    if (is_there) ++kept;
    gone = gone || !is_there;
  }
}

// The log is sealed by checksums that build on each other, so it ends where the
// damage is: the database is as it was at a moment before, never in between.
TEST(SqliteDamage, ABitInTheLogTakesBackWhatWasCommittedBehindItAndNothingElse) {
  const async::IoPool io(1);
  const support::TemporaryFolder folder;
  auto engine = Must(SqliteCoordination::Open(folder.path()));
  async::BlockOn(io.executor(0), PutInOrder(*engine));
  const std::filesystem::path log = folder.path() / "coordination.db-wal";
  const auto size = std::filesystem::file_size(log);
  ASSERT_GT(size, 100'000U);
  for (const int percent : {5, 50, 95}) {
    // As after a crash: the log was not written into the database.
    const support::TemporaryFolder crashed;
    for (const char* name : {"coordination.db", "coordination.db-wal"}) {
      std::filesystem::copy_file(folder.path() / name, crashed.path() / name);
    }
    TurnBit(crashed.path() / "coordination.db-wal",
            static_cast<std::streamoff>(size * static_cast<unsigned>(percent) / 100));
    auto reopened = Must(SqliteCoordination::Open(crashed.path()));
    int kept = 0;
    async::BlockOn(io.executor(0), CountKept(*reopened, kept));
    EXPECT_LT(kept, kCommits);
    if (percent == 95) EXPECT_GT(kept, kCommits / 2);
  }
}

// A data folder whose process has died: nothing was written from the log into the
// database.
void CopyCrashed(const std::filesystem::path& from, const std::filesystem::path& to) {
  for (const char* name : {"coordination.db", "coordination.db-wal", "last-revision"}) {
    std::filesystem::copy_file(from / name, to / name);
  }
}

TEST(SqliteDamage, CommitsThatTheLogHasLostAreMissedAtTheStart) {
  const async::IoPool io(1);
  const support::TemporaryFolder folder;
  auto engine = Must(SqliteCoordination::Open(folder.path()));
  async::BlockOn(io.executor(0), PutInOrder(*engine));
  const support::TemporaryFolder crashed;
  CopyCrashed(folder.path(), crashed.path());
  const std::filesystem::path log = crashed.path() / "coordination.db-wal";
  const auto size = std::filesystem::file_size(log);
  TurnBit(log, static_cast<std::streamoff>(size / 2));
  for (int attempt = 0; attempt < 2; ++attempt) {  // It is no better at the second start.
    const auto refused = SqliteCoordination::Open(crashed.path());
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code(), ErrorCode::kCorrupt);
    EXPECT_THAT(refused.error().message(), testing::HasSubstr("changes"));
    EXPECT_THAT(refused.error().message(), testing::HasSubstr("tritontube restore"));
    EXPECT_EQ(std::filesystem::file_size(log), size) << "the log was kept for who looks at it";
  }
  // Whoever has no backup may go on without them.
  std::filesystem::remove(crashed.path() / "last-revision");
  auto reopened = Must(SqliteCoordination::Open(crashed.path()));
  int kept = 0;
  async::BlockOn(io.executor(0), CountKept(*reopened, kept));
  EXPECT_LT(kept, kCommits);
}

TEST(SqliteDamage, AWholeLogAndAMarkThatIsBehindOrDamagedOpen) {
  const async::IoPool io(1);
  const support::TemporaryFolder folder;
  auto engine = Must(SqliteCoordination::Open(folder.path()));
  async::BlockOn(io.executor(0), PutInOrder(*engine));
  for (const bool damaged : {false, true}) {
    const support::TemporaryFolder crashed;
    CopyCrashed(folder.path(), crashed.path());
    if (damaged) TurnBit(crashed.path() / "last-revision", 3);
    auto reopened = Must(SqliteCoordination::Open(crashed.path()));
    int kept = 0;
    async::BlockOn(io.executor(0), CountKept(*reopened, kept));
    EXPECT_EQ(kept, kCommits);
  }
}

// Where `text` lies in the file, for the first time.
std::streamoff PlaceOf(const std::filesystem::path& path, const std::string& text) {
  std::ifstream file(path, std::ios::binary);
  const std::string all{std::istreambuf_iterator<char>(file), {}};
  EXPECT_TRUE(all.contains(text));
  return static_cast<std::streamoff>(all.find(text));
}

Task<void> PutThree(SqliteCoordination& engine) {
  co_await Put(engine, "video/1", R"({"title":"first"})");
  co_await Put(engine, "video/2", R"({"title":"second"})");
  co_await Put(engine, "video/3", R"({"title":"third"})");
}

// The value still is JSON: only the checksum tells.
Task<void> CheckOnlyTheSecondIsDamaged(SqliteCoordination& engine) {
  const auto range = Must(co_await engine.Range({.prefix = "video/"}, coordination::Soon()));
  std::vector<std::string> damaged;
  for (const auto& item : range.items) {
    EXPECT_EQ(item.value.empty(), item.damaged) << item.key;
    if (item.damaged) damaged.push_back(item.key);
  }
  EXPECT_EQ(range.items.size(), 3U);
  EXPECT_THAT(damaged, testing::ElementsAre("video/2"));
  const auto got = co_await engine.Get("video/2", coordination::Soon());
  EXPECT_EQ(coordination::CodeOf(got), ErrorCode::kCorrupt);
  EXPECT_EQ(co_await ReadValue(engine, "video/3"), R"({"title":"third"})");
}

// Nothing is decided on what cannot be relied on, but it can be replaced.
Task<void> CheckWritesAround(SqliteCoordination& engine, coordination::Revision second) {
  using coordination::Operation;
  const auto guarded = Must(co_await engine.Commit({.compares = {{"video/2", second}},
                                                    .then = {Operation::Put("other", "1")},
                                                    .otherwise = {Operation::Get("video/2")}},
                                                   coordination::Soon()));
  EXPECT_FALSE(guarded.succeeded);
  EXPECT_TRUE(guarded.gets.at(0)->damaged);
  co_await Put(engine, "video/2", "new");
  EXPECT_EQ(co_await ReadValue(engine, "video/2"), "new");
}

TEST(SqliteDamage, ABitInAValueIsNeverServedAndTheOtherRowsGoOn) {
  const async::IoPool io(1);
  const support::TemporaryFolder folder;
  auto engine = Must(SqliteCoordination::Open(folder.path()));
  async::BlockOn(io.executor(0), PutThree(*engine));
  engine.reset();  // Writes the log into the database.
  // The state, and not the history, which has its own copy.
  const std::filesystem::path file = folder.path() / "coordination.db";
  TurnBit(file, PlaceOf(file, R"(video/2{"title":"second"})") + 18);
  engine = Must(SqliteCoordination::Open(folder.path()));
  async::BlockOn(io.executor(0), CheckOnlyTheSecondIsDamaged(*engine));
  async::BlockOn(io.executor(0), CheckWritesAround(*engine, 2));
}

Task<void> WatchFromTheBeginning(SqliteCoordination& engine, ErrorCode& code) {
  const auto watch = engine.WatchPrefix("video/", 0);
  code = coordination::CodeOf(co_await watch->Next(coordination::Soon()));
}

TEST(SqliteDamage, ADamagedHistoryIsGoneForWhoeverWatches) {
  const async::IoPool io(1);
  const support::TemporaryFolder folder;
  auto engine = Must(SqliteCoordination::Open(folder.path()));
  async::BlockOn(io.executor(0), PutThree(*engine));
  engine.reset();
  Damage(folder.path() / "coordination.db",
         "UPDATE changes SET value = X'7b7d' WHERE revision = 2");
  engine = Must(SqliteCoordination::Open(folder.path()));
  auto code = ErrorCode::kUnknown;
  async::BlockOn(io.executor(0), WatchFromTheBeginning(*engine, code));
  EXPECT_EQ(code, ErrorCode::kOutOfRange);
}

}  // namespace
}  // namespace tritontube::sqlite
