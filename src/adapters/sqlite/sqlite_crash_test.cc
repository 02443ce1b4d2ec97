#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <fstream>
#include <map>
#include <random>
#include <thread>

#include "adapters/sqlite/sqlite_coordination.h"
#include "core/coordination/conformance_suite.h"
#include "support/temporary_folder.h"

namespace tritontube::sqlite {
namespace {

using async::Task;
using coordination::Must;
using coordination::Read;
using coordination::ReadValue;

constexpr int kRounds = 60;
using Counters = std::map<int, int>;

// The writer lies beside the test program.
std::filesystem::path WriterProgram() {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path() / "sqlite_crash_writer";
}

pid_t StartWriter(const std::filesystem::path& folder, const std::filesystem::path& ledger) {
  std::string program = WriterProgram().string();
  std::string folder_text = folder.string();
  std::string ledger_text = ledger.string();
  std::array<char*, 4> arguments = {program.data(), folder_text.data(), ledger_text.data(),
                                    nullptr};
  pid_t child = -1;
  const int failed =
      ::posix_spawn(&child, program.c_str(), nullptr, nullptr, arguments.data(), environ);
  if (failed != 0) throw std::runtime_error(program + " cannot be started");
  return child;
}

std::uintmax_t SizeOf(const std::filesystem::path& file) {
  std::error_code missing;
  const std::uintmax_t size = std::filesystem::file_size(file, missing);
  return missing ? 0 : size;
}

// Until the writer has noted more, or has died.
void AwaitProgress(const std::filesystem::path& ledger, std::uintmax_t before) {
  const Deadline deadline = coordination::Soon();
  while (SizeOf(ledger) == before && !deadline.HasPassed()) std::this_thread::yield();
}

Counters ReadLedger(const std::filesystem::path& ledger) {
  Counters acknowledged;
  std::ifstream file(ledger, std::ios::binary);
  std::array<int, 2> line{};
  while (file.read(reinterpret_cast<char*>(line.data()), sizeof(line))) {
    acknowledged[line[0]] = line[1];
  }
  return acknowledged;
}

// `seen` is what was found after the kill before this one.
Task<void> CheckAcknowledged(SqliteCoordination& engine, Counters acknowledged, Counters* seen) {
  EXPECT_EQ(co_await Read(engine, "alive"), std::nullopt) << "the lease outlived its process";
  for (const auto& [counter, value] : acknowledged) {
    const std::string name = std::to_string(counter);
    const auto kept = co_await ReadValue(engine, "a/" + name);
    EXPECT_EQ(kept, co_await ReadValue(engine, "b/" + name)) << "half a transaction";
    const int found = std::stoi(kept.value_or("0"));
    EXPECT_GE(found, value) << "an acknowledged commit is lost";
    EXPECT_GE(found, (*seen)[counter]) << "a commit that was seen is lost";
    // One more may have been made durable and not been noted.
    EXPECT_LE(found, std::max(value, (*seen)[counter]) + 1);
    (*seen)[counter] = found;
  }
}

TEST(SqliteCrash, KeepsEveryAcknowledgedCommitWhenTheProcessIsKilled) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(fmt::format("seed {}", seed));
  std::mt19937 random(seed);
  std::uniform_int_distribution<int> microseconds(0, 40'000);
  const support::TemporaryFolder folder;
  const std::filesystem::path data = folder.path() / "data";
  const std::filesystem::path ledger = folder.path() / "ledger";
  const async::IoPool io(1);
  Counters seen;
  for (int round = 0; round < kRounds; ++round) {
    const std::uintmax_t before = SizeOf(ledger);
    const pid_t child = StartWriter(data, ledger);
    // Half of the rounds kill it while it opens, or soon after.
    if (round % 2 == 0) AwaitProgress(ledger, before);
    // lint: a moment at random is the point.
    std::this_thread::sleep_for(std::chrono::microseconds(microseconds(random)));
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << "it ended by itself";
    const auto engine = Must(SqliteCoordination::Open(data));
    async::BlockOn(io.executor(0), CheckAcknowledged(*engine, ReadLedger(ledger), &seen));
  }
  const std::uintmax_t commit_count = SizeOf(ledger) / sizeof(std::array<int, 2>);
  EXPECT_GT(commit_count, kRounds);
  RecordProperty("acknowledged_commits", std::to_string(commit_count));
}

}  // namespace
}  // namespace tritontube::sqlite
