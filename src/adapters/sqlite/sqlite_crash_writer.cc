// sqlite_crash_writer FOLDER LEDGER: increases counters as fast as it can and
// notes each acknowledged commit in the ledger, until it is killed.
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <string>

#include "adapters/sqlite/sqlite_coordination.h"
#include "foundation/async/io_pool.h"
#include "foundation/async/task_group.h"

namespace tritontube::sqlite {
namespace {

using coordination::Operation;
using coordination::Txn;

constexpr int kCounters = 4;

template <typename T>
T Need(Result<T> result) {
  TT_ASSERT(result.has_value(), "{}", result.error().message());
  return *std::move(result);
}

void Note(int ledger, int counter, int value) {
  const std::array<int, 2> line = {counter, value};
  const ssize_t written = ::write(ledger, line.data(), sizeof(line));
  TT_ASSERT(written == sizeof(line), "the ledger cannot be written");
}

// Both keys in one transaction: the parent also looks for halves.
async::Task<void> Count(SqliteCoordination& engine, int ledger, int counter) {
  const std::string name = std::to_string(counter);
  const auto seen = Need(co_await engine.Get("a/" + name, Deadline::Never()));
  for (int value = seen.item ? std::stoi(seen.item->value) + 1 : 1;; ++value) {
    Txn txn{.compares = {},
            .then = {Operation::Put("a/" + name, std::to_string(value)),
                     Operation::Put("b/" + name, std::to_string(value))}};
    Need(co_await engine.Commit(std::move(txn), Deadline::Never()));
    Note(ledger, counter, value);
  }
}

async::Task<void> CountAll(SqliteCoordination& engine, int ledger) {
  const auto lease = Need(co_await engine.GrantLease(std::chrono::hours(1), Deadline::Never()));
  Txn alive{.compares = {}, .then = {Operation::Put("alive", "yes", lease)}};
  Need(co_await engine.Commit(std::move(alive), Deadline::Never()));
  std::vector<async::Task<void>> tasks;
  tasks.reserve(kCounters);
  for (int counter = 0; counter < kCounters; ++counter) {
    tasks.push_back(Count(engine, ledger, counter));
  }
  co_await async::RunAll(std::move(tasks));
}

}  // namespace
}  // namespace tritontube::sqlite

int main(int argument_count, char** arguments) {
  using namespace tritontube;  // NOLINT
  TT_ASSERT(argument_count == 3, "sqlite_crash_writer FOLDER LEDGER");
  const int ledger =
      ::open(arguments[2], O_WRONLY | O_CREAT | O_APPEND | O_DSYNC | O_CLOEXEC, 0600);
  TT_ASSERT(ledger >= 0, "{} cannot be opened", arguments[2]);
  auto engine = sqlite::SqliteCoordination::Open(arguments[1]);
  TT_ASSERT(engine.has_value(), "{}", engine.error().message());
  const async::IoPool io(1);
  async::BlockOn(io.executor(0), sqlite::CountAll(**engine, ledger));
}
