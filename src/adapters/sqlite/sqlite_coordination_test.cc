#include "adapters/sqlite/sqlite_coordination.h"

#include <gmock/gmock.h>
#include <sqlite3.h>

#include <fstream>

#include "core/coordination/conformance_suite.h"
#include "support/temporary_folder.h"

namespace tritontube::coordination {
namespace {

using async::Task;
using sqlite::SqliteCoordination;
using support::TemporaryFolder;

constexpr std::size_t kHistoryMax = 1000;

struct Holder {
  TemporaryFolder folder;
  std::unique_ptr<SqliteCoordination> engine =
      Must(SqliteCoordination::Open(folder.path(), {.history_max = kHistoryMax}));
};

std::shared_ptr<Coordination> MakeSqlite() {
  const auto holder = std::make_shared<Holder>();
  return {holder, holder->engine.get()};
}

// The history is bounded by count, so that more of it drives out the old.
Task<void> ForgetHistory(Coordination& engine) {
  for (std::size_t count = 0; count < 2 * kHistoryMax; count += 100) {
    Txn txn;
    for (int i = 0; i < 100; ++i) txn.then.push_back(Operation::Put("x" + std::to_string(i), "x"));
    co_await MustCommit(engine, std::move(txn));
  }
}

}  // namespace

INSTANTIATE_TEST_SUITE_P(Sqlite, ConformanceTest,
                         testing::Values(EngineUnderTest{.make = MakeSqlite,
                                                         .forget_history = ForgetHistory}));

namespace {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""ms;
using testing::ElementsAre;
using testing::HasSubstr;

Task<void> GetInto(Coordination& engine, std::string key, Result<GetAnswer>& answer) {
  answer = co_await engine.Get(std::move(key), Soon());
}

class SqliteCoordinationTest : public testing::Test {
 protected:
  void Open(const sqlite::SqliteOptions& options = {}) {
    engine_ = Must(SqliteCoordination::Open(folder_.path(), options));
  }
  void Reopen(const sqlite::SqliteOptions& options = {}) {
    engine_.reset();
    Open(options);
  }
  Error OpenError() const {
    auto opened = SqliteCoordination::Open(folder_.path());
    if (opened) throw std::runtime_error("it opened");
    return std::move(opened).error();
  }
  void Run(Task<void> task) { async::BlockOn(io_.executor(0), std::move(task)); }

  Result<GetAnswer> GetNow(const std::string& key) {
    Result<GetAnswer> answer;
    async::BlockOn(io_.executor(0), GetInto(*engine_, key, answer));
    return answer;
  }

  // Speaks to the database behind the engine's back.
  void Sql(const char* sql) const {
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open(database_.c_str(), &db), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(db, sql, nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
    sqlite3_close(db);
  }
  void Overwrite(std::streamoff offset, std::streamsize size) const {
    std::fstream file(database_, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(offset);
    for (std::streamsize i = 0; i < size; ++i) file.put('\x5a');
  }

  TemporaryFolder folder_;
  const std::filesystem::path database_ = folder_.path() / "coordination.db";
  async::IoPool io_{1};
  std::unique_ptr<SqliteCoordination> engine_;
};

TEST_F(SqliteCoordinationTest, OneProcessOwnsTheFolderUntilItCloses) {
  Open();
  const Error refused = OpenError();
  EXPECT_EQ(refused.code(), ErrorCode::kFailedPrecondition);
  EXPECT_THAT(refused.message(), HasSubstr(folder_.path().string()));
  EXPECT_THAT(refused.message(), HasSubstr(fmt::format("process {}", ::getpid())));
  EXPECT_THAT(refused.message(), HasSubstr("--data"));
  Reopen();
}

Task<void> FillBeforeReopening(Coordination& engine, std::vector<KeyValue>* items, LeaseId* lease) {
  for (int i = 0; i < 10; ++i) co_await Put(engine, "k" + std::to_string(i % 7), "v");
  *lease = Must(co_await engine.GrantLease(1h, Soon()));
  co_await Put(engine, "leased", "1", *lease);
  *items = Must(co_await engine.Range({.prefix = "k"}, Soon())).items;
}

Task<void> CheckAfterReopening(Coordination& engine, std::vector<KeyValue>* items, LeaseId* lease) {
  const RangePage page = Must(co_await engine.Range({.prefix = ""}, Soon()));
  EXPECT_EQ(page.items, *items);
  const auto renewed = co_await engine.RenewLease(*lease, Soon());
  EXPECT_EQ(CodeOf(renewed), ErrorCode::kNotFound);
  EXPECT_NE(Must(co_await engine.GrantLease(1h, Soon())), *lease);
  // A watch can go on where it stood, and sees the lease end.
  const auto watch = engine.WatchPrefix("leased", page.revision - 1);
  const WatchBatch batch = Must(co_await watch->Next(Soon()));
  EXPECT_THAT(batch.events, ElementsAre(Event{Event::Kind::kDelete,
                                              {.key = "leased", .modified = page.revision}}));
  EXPECT_EQ(co_await Put(engine, "next", "1"), page.revision + 1);
}

TEST_F(SqliteCoordinationTest, ReopeningKeepsEverythingAndEndsTheLeases) {
  std::vector<KeyValue> items;
  LeaseId lease = kNoLease;
  Open();
  Run(FillBeforeReopening(*engine_, &items, &lease));
  EXPECT_EQ(items.size(), 7U);
  Reopen();
  Run(CheckAfterReopening(*engine_, &items, &lease));
}

Task<void> PutMany(Coordination& engine, int count) {
  for (int i = 0; i < count; ++i) co_await Put(engine, "k" + std::to_string(i), "v");
}

Task<void> CountHistory(Coordination& engine, Revision after, std::size_t* count) {
  const auto watch = engine.WatchPrefix("", after);
  *count = Must(co_await watch->Next(Soon())).events.size();
}

TEST_F(SqliteCoordinationTest, BoundsTheHistoryByCountAcrossRestarts) {
  Open({.history_max = 8});
  Run(PutMany(*engine_, 10));  // A quarter more than the bound is kept.
  std::size_t count = 0;
  Run(CountHistory(*engine_, 0, &count));
  EXPECT_EQ(count, 10U);
  Reopen({.history_max = 8});
  Run(PutMany(*engine_, 1));
  Run(CountHistory(*engine_, 3, &count));
  EXPECT_EQ(count, 8U);
  EXPECT_THROW(Run(CountHistory(*engine_, 2, &count)), std::runtime_error);
}

TEST_F(SqliteCoordinationTest, RefusesTheFolderOfANewerVersion) {
  Open();
  engine_.reset();
  Sql("UPDATE meta SET format = 3");
  const Error refused = OpenError();
  EXPECT_EQ(refused.code(), ErrorCode::kFailedPrecondition);
  EXPECT_THAT(refused.message(), HasSubstr("format 3"));
}

TEST_F(SqliteCoordinationTest, ConvertsAFolderOfFormat1AndProtectsWhatIsInIt) {
  std::vector<KeyValue> items;
  LeaseId lease = kNoLease;
  Open();
  Run(FillBeforeReopening(*engine_, &items, &lease));
  engine_.reset();
  Sql("ALTER TABLE entries DROP COLUMN checksum; ALTER TABLE changes DROP COLUMN checksum; "
      "UPDATE meta SET format = 1");
  Open();
  Run(CheckAfterReopening(*engine_, &items, &lease));
  std::size_t count = 0;
  Run(CountHistory(*engine_, 0, &count));  // The old changes can be read as well.
  EXPECT_GT(count, 10U);
  Sql("UPDATE entries SET value = X'77' WHERE key = X'6b30'");
  EXPECT_EQ(CodeOf(GetNow("k0")), ErrorCode::kCorrupt);
  engine_.reset();
  Sql("SELECT 1 / (format = 2) FROM meta");
  Reopen();
}

TEST_F(SqliteCoordinationTest, RefusesTheDatabaseOfAnotherProgram) {
  Sql("CREATE TABLE bookmarks(url TEXT)");
  const Error refused = OpenError();
  EXPECT_EQ(refused.code(), ErrorCode::kFailedPrecondition);
  EXPECT_THAT(refused.message(), HasSubstr("not TritonTube's"));
}

TEST_F(SqliteCoordinationTest, SaysHowToBringBackADamagedDatabase) {
  Open();
  Run(PutMany(*engine_, 500));
  engine_.reset();
  const auto size = static_cast<std::streamoff>(std::filesystem::file_size(database_));
  constexpr std::streamoff kPage = 16384;
  ASSERT_GT(size, 4 * kPage);
  Overwrite(kPage, 2 * kPage);  // Pages behind the first.
  const Error damaged = OpenError();
  EXPECT_EQ(damaged.code(), ErrorCode::kCorrupt) << damaged.message();
  EXPECT_THAT(damaged.message(), HasSubstr("tritontube restore"));
  Overwrite(0, 100);  // The header.
  const Error unknown = OpenError();
  EXPECT_EQ(unknown.code(), ErrorCode::kCorrupt) << unknown.message();
  EXPECT_THAT(unknown.message(), HasSubstr("tritontube restore"));
}

TEST_F(SqliteCoordinationTest, SaysWhichFolderCannotBeUsed) {
  std::ofstream(folder_.path() / "file") << "not a folder";
  const auto inside = SqliteCoordination::Open(folder_.path() / "file" / "data");
  EXPECT_EQ(CodeOf(inside), ErrorCode::kFailedPrecondition);
  EXPECT_THAT(inside.error().message(), HasSubstr("file/data"));
  std::filesystem::create_directory(database_);
  const Error no_file = OpenError();
  EXPECT_EQ(no_file.code(), ErrorCode::kFailedPrecondition) << no_file.message();
  EXPECT_THAT(no_file.message(), HasSubstr("coordination.db"));
}

TEST_F(SqliteCoordinationTest, OnlyTheOwnerMayReadTheFiles) {
  Open();
  Run(PutMany(*engine_, 1));
  using std::filesystem::perms;
  for (const char* name : {"LOCK", "coordination.db", "coordination.db-wal"}) {
    const perms rights = std::filesystem::status(folder_.path() / name).permissions();
    EXPECT_EQ(rights, perms::owner_read | perms::owner_write) << name;
  }
}

Task<void> EndTheShortOne(Coordination& engine) {
  // The sweeper first waits for the end of the long lease; the short one is sooner.
  const LeaseId slow = Must(co_await engine.GrantLease(1h, Soon()));
  const Revision put = co_await Put(engine, "slow", "1", slow);
  const LeaseId quick = Must(co_await engine.GrantLease(50ms, Soon()));
  co_await Put(engine, "quick", "1", quick);
  const auto watch = engine.WatchPrefix("", put + 1);
  const WatchBatch batch = Must(co_await watch->Next(Soon()));
  EXPECT_EQ(batch.events.at(0).item.key, "quick");
  EXPECT_EQ(co_await ReadValue(engine, "slow"), "1");
}

TEST_F(SqliteCoordinationTest, AShortLeaseEndsBeforeALongOneThatIsOlder) {
  Open();
  Run(EndTheShortOne(*engine_));
}

}  // namespace
}  // namespace tritontube::coordination
