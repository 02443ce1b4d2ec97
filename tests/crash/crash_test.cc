#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <functional>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "base/assert.h"
#include "crash/server_life.h"
#include "foundation/async/io_pool.h"
#include "support/temporary_folder.h"

// Kills a server at every write from the first byte to ready and beyond, and
// looks at what is seen afterwards and what becomes of it.
namespace tritontube::crash {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> LinesOf(const fs::path& file) {
  std::vector<std::string> lines;
  std::ifstream stream(file);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

struct Death {
  int step = 0;  // 0: of old age.
  Side side = Side::kBefore;
};

struct Aftermath;

// What a life leaves, and what the next one finds.
class Crash : public testing::Test {
 protected:
  // From the steps that have happened and what the next life found: whether the
  // video must live.
  using MustLiveOn = std::function<bool(const std::vector<std::string>&, const Aftermath&)>;

  Crash() { TT_ASSERT(support::IsOnDisk(folder_.path()), "set TMPDIR to a folder on a real disk"); }

  fs::path data() const { return folder_.path() / "data"; }

  // True when it was killed at that step, false when it came to its end before.
  bool LiveAndDie(const char* kind, Death death) {
    const std::string side = death.side == Side::kBefore ? "before" : "after";
    std::array<std::string, 7> words = {
        TT_LIFE, data().string(), log_.string(), ledger_.string(), std::to_string(death.step), side,
        kind};
    std::vector<char*> arguments;
    arguments.reserve(words.size() + 1);
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    pid_t process = 0;
    const int spawned =
        ::posix_spawn(&process, TT_LIFE, nullptr, nullptr, arguments.data(), environ);
    TT_ASSERT(spawned == 0, "{} cannot be started", TT_LIFE);
    int status = 0;
    ::waitpid(process, &status, 0);
    const bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    EXPECT_TRUE(killed || (WIFEXITED(status) && WEXITSTATUS(status) == 0))
        << kind << " ended by itself at step " << death.step << ", status " << status;
    return killed;
  }

  // Lives from what `prepare` leaves, dies at every write, before and after it, and
  // lives on each time. Answers how often it has died.
  int DieAtEachWrite(const char* kind, const std::function<void()>& prepare,
                     const MustLiveOn& must_live);

  void StartAnew() {
    fs::remove_all(data());
    fs::create_directory(data());
    fs::remove(ledger_);
  }

  const support::TemporaryFolder folder_;
  const fs::path log_ = folder_.path() / "steps";
  const fs::path ledger_ = folder_.path() / "ledger";
};

// What the next life saw first, and in the end.
struct Aftermath {
  std::string seen;
  // Of an upload that was still open: what it had.
  std::optional<upload::UploadState> open;
  std::string end;
  int attempts = 0;
  std::vector<std::string> stored;
  bool scratch_is_empty = false;
  // What could be watched after the death is where it was in the end.
  bool watched_stays = true;
};

async::Task<std::string> Seen(ServerLife& life) {
  const std::vector<catalog::VideoView> listed = co_await life.Listed();
  if (listed.empty()) co_return "gone";
  std::string text;
  for (const catalog::VideoView& video : listed) {
    text += fmt::format("{}{} {:.3f}", text.empty() ? "" : ", ", catalog::ToString(video.state),
                        video.progress);
  }
  co_return text;
}

std::vector<blob::ByteRange> MissingOf(const upload::UploadState& upload) {
  std::vector<blob::ByteRange> missing;
  ByteCount at = 0;
  for (const blob::ByteRange& stored : upload.stored) {
    if (stored.offset > at) missing.push_back({at, stored.offset - at});
    at = stored.end();
  }
  if (at < upload.size) missing.push_back({at, upload.size - at});
  return missing;
}

// As a client does that comes back.
async::Task<void> SendTheRest(ServerLife& life, Aftermath& aftermath) {
  aftermath.open = co_await life.OpenUpload();
  if (!aftermath.open) co_return;
  for (const blob::ByteRange& range : MissingOf(*aftermath.open)) {
    co_await life.Send(aftermath.open->video, range);
  }
}

async::Task<Aftermath> Recover(ServerLife& life) {
  Aftermath aftermath;
  co_await life.Begin();
  aftermath.seen = co_await Seen(life);
  aftermath.attempts = co_await life.Attempts();
  const std::optional<UploadId> watched = co_await life.Watched();
  co_await life.Collect();
  co_await SendTheRest(life, aftermath);
  co_await life.Transcode(ServerLife::Pace::kAtOnce);
  co_await life.Collect();
  aftermath.end = co_await Seen(life);
  aftermath.stored = co_await life.Stored();
  const std::optional<UploadId> watched_now = co_await life.Watched();
  aftermath.watched_stays = !watched || watched == watched_now;
  aftermath.scratch_is_empty = life.ScratchIsEmpty();
  co_return aftermath;
}

Aftermath LiveOn(const fs::path& data, const fs::path& log) {
  const async::IoPool io(1);
  Steps steps(log, 0, Side::kBefore);
  ServerLife life(data, steps, io.executor(0));
  return async::BlockOn(io.executor(0), Recover(life));
}

// The video that a life without a crash publishes, byte for byte: the parts of
// the original, and what is made of it.
async::Task<std::vector<std::string>> Publish(ServerLife& life) {
  co_await life.Begin();
  const upload::Outcome taken = co_await life.Upload(/*usable=*/true);
  TT_ASSERT(std::holds_alternative<VideoId>(taken), "the file was refused");
  co_await life.Transcode(ServerLife::Pace::kAtOnce);
  co_return co_await life.Stored();
}

std::vector<std::string> WholeVideo() {
  const support::TemporaryFolder folder;
  const async::IoPool io(1);
  Steps steps(folder.path() / "steps", 0, Side::kBefore);
  ServerLife life(folder.path(), steps, io.executor(0));
  return async::BlockOn(io.executor(0), Publish(life));
}

// The steps that have happened when a process died at the last one.
std::vector<std::string> Happened(std::vector<std::string> begun, Side side) {
  if (side == Side::kBefore) begun.pop_back();
  return begun;
}

// What must become of the video: it exists from the commit of its source to its
// deletion, whatever else has happened.
bool MustLive(const std::vector<std::string>& happened) {
  bool lives = false;
  for (const std::string& step : happened) {
    if (step.contains("+job")) lives = true;
    if (step.starts_with("-video/row")) lives = false;
  }
  return lives;
}

// Nothing is acknowledged that has not happened.
bool IsTrue(const std::vector<std::string>& told, const std::vector<std::string>& happened) {
  const auto is_commit = [](const std::string& step) { return step.contains("+job"); };
  const bool committed = std::ranges::any_of(happened, is_commit);
  if (told.empty() || told.back() == "refused") return true;
  return committed && (told.back() != "deleted" || !MustLive(happened));
}

bool IsAllowed(const Aftermath& aftermath, bool lives) {
  const std::string& seen = aftermath.seen;
  if (!lives) return seen == "gone";
  if (aftermath.open) return seen.starts_with("uploading 0.");
  return seen.starts_with("processing 0.") || seen == "ready 1.000";
}

void Expect(const Aftermath& aftermath, bool lives, const std::vector<std::string>& whole) {
  EXPECT_TRUE(IsAllowed(aftermath, lives)) << "is shown as " << aftermath.seen;
  EXPECT_EQ(aftermath.attempts, 0) << "a death of ours counts against the file";
  EXPECT_EQ(aftermath.end, lives ? "ready 1.000" : "gone");
  EXPECT_EQ(aftermath.stored, lives ? whole : std::vector<std::string>());
  EXPECT_TRUE(aftermath.scratch_is_empty);
  EXPECT_TRUE(aftermath.watched_stays) << "whoever watches it would find its files gone";
}

void PrintRow(const Death& death, const std::string& step, const Aftermath& aftermath) {
  fmt::print("{:>4} {:<7} {:<42} {:<18} {:<12} {:>5}\n", death.step,
             death.side == Side::kBefore ? "before" : "after", step, aftermath.seen, aftermath.end,
             aftermath.stored.size());
  std::fflush(stdout);
}

void PrintHead() {
  fmt::print("{:>4} {:<7} {:<42} {:<18} {:<12} {:>5}\n", "step", "died", "write",
             "seen by the next", "in the end", "blobs");
}

int Crash::DieAtEachWrite(const char* kind, const std::function<void()>& prepare,
                          const MustLiveOn& must_live) {
  const std::vector<std::string> whole = WholeVideo();
  int deaths = 0;
  for (const Side side : {Side::kBefore, Side::kAfter}) {
    for (Death death{.step = 1, .side = side};; ++death.step) {
      prepare();
      const bool killed = LiveAndDie(kind, death);
      if (!killed) break;
      ++deaths;
      const std::vector<std::string> begun = LinesOf(log_);
      SCOPED_TRACE(fmt::format("died {} step {}, {}", side == Side::kBefore ? "before" : "after",
                               death.step, begun.back()));
      const Aftermath aftermath = LiveOn(data(), folder_.path() / "next-steps");
      PrintRow(death, begun.back(), aftermath);
      Expect(aftermath, must_live(Happened(begun, side), aftermath), whole);
    }
  }
  return deaths;
}

TEST_F(Crash, AtAnyWriteOfALifeLeavesATrueStateAndEveryPromiseIsKept) {
  PrintHead();
  const auto must_live = [this](const std::vector<std::string>& happened, const Aftermath&) {
    EXPECT_TRUE(IsTrue(LinesOf(ledger_), happened)) << "a client was told too much";
    return MustLive(happened);
  };
  EXPECT_GT(DieAtEachWrite(
                "birth", [this] { StartAnew(); }, must_live),
            40)
      << "the lives were shorter than expected";
}

bool HasHappened(const std::vector<std::string>& happened, std::string_view what) {
  return std::ranges::any_of(happened,
                             [&](const std::string& step) { return step.contains(what); });
}

// The ranges that a client was told are stored.
std::vector<blob::ByteRange> Acknowledged(const std::vector<std::string>& told) {
  std::vector<blob::ByteRange> ranges;
  for (const std::string& line : told) {
    std::istringstream words(line);
    std::string word;
    blob::ByteRange range;
    if (words >> word >> range.offset >> range.length && word == "stored") ranges.push_back(range);
  }
  return ranges;
}

bool Has(const upload::UploadState& upload, const blob::ByteRange& range) {
  return std::ranges::any_of(upload.stored, [&](const blob::ByteRange& stored) {
    return stored.offset <= range.offset && range.end() <= stored.end();
  });
}

// What was told of an upload in ranges is what the next life has of it.
void ExpectKept(const std::vector<std::string>& told, const std::vector<std::string>& happened,
                const Aftermath& aftermath) {
  const bool committed = HasHappened(happened, "+job");
  EXPECT_TRUE(told.empty() || HasHappened(happened, "+open")) << "it was created too early";
  EXPECT_TRUE(committed || told.empty() || told.back() != "accepted") << "it was taken too early";
  EXPECT_EQ(aftermath.seen.starts_with("processing 0."), committed) << aftermath.seen;
  if (!aftermath.open) return;
  for (const blob::ByteRange& range : Acknowledged(told)) {
    EXPECT_TRUE(Has(*aftermath.open, range))
        << range.length << " acknowledged bytes at " << range.offset << " are lost";
  }
}

TEST_F(Crash, AtAnyWriteOfAnUploadInRangesKeepsWhatWasAcknowledgedAndItGoesOn) {
  PrintHead();
  const auto must_live = [this](const std::vector<std::string>& happened,
                                const Aftermath& aftermath) {
    ExpectKept(LinesOf(ledger_), happened, aftermath);
    return HasHappened(happened, "+open");
  };
  EXPECT_GT(DieAtEachWrite(
                "resumable", [this] { StartAnew(); }, must_live),
            20)
      << "the lives were shorter than expected";
}

// A life that dies while it clears up after one that died.
TEST_F(Crash, AtAnyWriteOfARecoveryChangesNothingAboutTheEnd) {
  StartAnew();
  ASSERT_FALSE(LiveAndDie("birth", {.step = 0}));
  const std::vector<std::string> steps = LinesOf(log_);
  const auto last = [&steps](std::string_view step) {
    const auto found = std::find(steps.rbegin(), steps.rend(), step);
    TT_ASSERT(found != steps.rend(), "there is no step {}", step);
    return static_cast<int>(steps.rend() - found);
  };
  PrintHead();
  for (const char* at : {"put source-000001", "put v540-00002.m4s"}) {
    StartAnew();
    ASSERT_TRUE(LiveAndDie("birth", {.step = last(at), .side = Side::kAfter}));
    const bool lives = MustLive(LinesOf(log_));
    const fs::path left = folder_.path() / "left";
    fs::remove_all(left);
    fs::rename(data(), left);
    const auto bring_back = [&] {
      fs::remove_all(data());
      fs::copy(left, data(), fs::copy_options::recursive);
    };
    SCOPED_TRACE(fmt::format("died at {}, then", at));
    DieAtEachWrite("recovery", bring_back, [&](const auto&, const auto&) { return lives; });
  }
}

}  // namespace
}  // namespace tritontube::crash
