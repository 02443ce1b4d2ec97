#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "base/assert.h"
#include "durability/ledger.h"
#include "durability/power_cut.h"
#include "durability/writer_steps.h"
#include "support/temporary_folder.h"

// Whether what was acknowledged is still there, byte for byte, after the process
// was killed and after the power was cut, at whatever moment.
namespace tritontube::durability {
namespace {

constexpr std::uint64_t kSeed = 20261122;

// A writer that runs until it is killed.
class Writer {
 public:
  Writer(const char* program, std::vector<std::string> arguments,
         std::vector<std::string> environment) {
    arguments.insert(arguments.begin(), program);
    for (char** variable = environ; *variable != nullptr; ++variable) {
      environment.emplace_back(*variable);
    }
    std::array<int, 2> pipe{};
    TT_ASSERT(::pipe2(pipe.data(), O_CLOEXEC) == 0, "no pipe");
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, pipe[1], STDOUT_FILENO);
    const int result = ::posix_spawn(&process_, program, &actions, nullptr,
                                     Pointers(arguments).data(), Pointers(environment).data());
    TT_ASSERT(result == 0, "{} cannot be started", program);
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(pipe[1]);
    output_ = pipe[0];
  }
  ~Writer() { ::close(output_); }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  // Returns after `count` more steps of this kind, or when the writer has ended.
  void WaitForSteps(char step, std::size_t count) const {
    char byte = 0;
    while (count > 0) {
      const ssize_t length = ::read(output_, &byte, 1);
      if (length == 0) return;
      if (length == 1 && byte == step) --count;
    }
  }
  // True when it was alive until now; false when it found something lost.
  bool Kill() const {
    ::kill(process_, SIGKILL);
    int status = 0;
    ::waitpid(process_, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status) || WEXITSTATUS(status) == kLost)
        << "the writer ended by itself with " << WEXITSTATUS(status);
    return WIFSIGNALED(status);
  }

 private:
  static std::vector<char*> Pointers(std::vector<std::string>& words) {
    std::vector<char*> pointers;
    pointers.reserve(words.size() + 1);
    for (std::string& word : words) pointers.push_back(word.data());
    pointers.push_back(nullptr);
    return pointers;
  }

  pid_t process_ = 0;
  int output_ = -1;
};

// One store, its ledger, and writers that live and die on it.
class Lives {
 public:
  explicit Lives(std::uint64_t seed) : seed_(seed), random_(seed) {
    EXPECT_TRUE(support::IsOnDisk(root_.path()))
        << root_.path() << " is in memory, where nothing can be said about durability";
  }

  // One life of a writer. False when it missed something.
  bool LiveAndDie(const char* program, int run, const std::vector<std::string>& environment = {}) {
    std::vector<std::string> arguments = {
        (root_.path() / "store").string(), ledger_.string(),
        std::to_string(seed_ + static_cast<std::uint64_t>(run) * 10), std::to_string(run)};
    if (run % 25 == 24) arguments.emplace_back("all");
    const Writer writer(program, arguments, environment);
    // Now and then it is killed while it opens.
    if (random_() % 8 != 0) {
      writer.WaitForSteps(kReadBack, 1);
      writer.WaitForSteps(run % 2 == 0 ? kLargeAcknowledged : kSmallAcknowledged, random_() % 3);
    }
    // lint: a moment at random is the point.
    std::this_thread::sleep_for(std::chrono::microseconds(random_() % 30'000));
    return writer.Kill();
  }

  bool LoseThePower(int run, const std::string& forgotten = "") {
    const bool survived =
        LiveAndDie(TT_POWER_CUT_WRITER, run,
                   {fmt::format("{}={}", kWatchedFolderVariable, (root_.path() / "store").string()),
                    fmt::format("{}={}", kJournalVariable, journal_.string()),
                    fmt::format("{}={}", kForgottenSyncVariable, forgotten)});
    if (survived) CutPower(journal_, random_());
    return survived;
  }

  // The last life of all only looks.
  bool EverythingIsThere() {
    const Writer writer(
        TT_WRITER, {(root_.path() / "store").string(), ledger_.string(), "0", "900", "all"}, {});
    writer.WaitForSteps(kReadBack, 1);
    return writer.Kill();
  }

  Ledger::Content Promised() const { return Ledger::Read(ledger_); }

 private:
  support::TemporaryFolder root_;
  const std::filesystem::path ledger_ = root_.path() / "ledger";
  const std::filesystem::path journal_ = root_.path() / "journal";
  const std::uint64_t seed_;
  std::mt19937_64 random_;
};

// Fails when too little was acknowledged to prove anything.
void ExpectThatEveryKindWasAcknowledged(const std::vector<Ledger::Content>& ledgers,
                                        std::string_view after) {
  std::ptrdiff_t small = 0;
  std::ptrdiff_t large = 0;
  std::ptrdiff_t removed = 0;
  for (const Ledger::Content& ledger : ledgers) {
    const auto large_here = std::ranges::count_if(
        ledger.entries, [](const Ledger::Entry& entry) { return entry.size > 1'000'000; });
    large += large_here;
    small += std::ssize(ledger.entries) - large_here;
    removed += std::ranges::count_if(
        ledger.removals, [](const auto& entry) { return entry.second == Ledger::Removal::kDone; });
  }
  fmt::print("{} small and {} large blobs and {} removals survived {}\n", small, large, removed,
             after);
  EXPECT_GT(small, 50);
  EXPECT_GT(large, 20);
  EXPECT_GT(removed, 2);
}

// Mostly waiting for the disk: several stores side by side take no longer.
void RunLives(int store_count, int runs, bool (*live)(Lives&, int run), std::string_view after) {
  testing::Test::RecordProperty("seed", std::to_string(kSeed));
  std::vector<Ledger::Content> ledgers(static_cast<std::size_t>(store_count));
  std::vector<std::jthread> threads;
  threads.reserve(ledgers.size());
  for (int store = 0; store < store_count; ++store) {
    threads.emplace_back([&, store] {
      Lives lives(kSeed + static_cast<unsigned>(store));
      for (int run = 0; run < runs; ++run) {
        if (!live(lives, run)) {
          ADD_FAILURE() << "something was lost before run " << run << " of store " << store;
          return;
        }
      }
      EXPECT_TRUE(lives.EverythingIsThere());
      ledgers[static_cast<std::size_t>(store)] = lives.Promised();
    });
  }
  threads.clear();
  ExpectThatEveryKindWasAcknowledged(ledgers, after);
}

TEST(Durability, NothingAcknowledgedIsLostWhenTheProcessIsKilled) {
  const auto live = [](Lives& lives, int run) { return lives.LiveAndDie(TT_WRITER, run); };
  RunLives(4, 50, live, "200 kills");
}

TEST(Durability, NothingAcknowledgedIsLostWhenThePowerIsCut) {
  const auto live = [](Lives& lives, int run) { return lives.LoseThePower(run); };
  RunLives(2, 20, live, "40 power cuts");
}

// The proof that the test above can fail: a store that forgets to sync one kind
// of file, its log, its blobs or its list of files, is found out.
class ForgottenSync : public testing::TestWithParam<const char*> {};

TEST_P(ForgottenSync, IsFoundByCuttingThePower) {
  Lives lives(kSeed);
  bool found = false;
  for (int run = 0; run < 20 && !found; ++run) found = !lives.LoseThePower(run, GetParam());
  EXPECT_TRUE(found);
}

INSTANTIATE_TEST_SUITE_P(Durability, ForgottenSync,
                         testing::Values(".log", ".blob", ".sst", "MANIFEST"));

}  // namespace
}  // namespace tritontube::durability
