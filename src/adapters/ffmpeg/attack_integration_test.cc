#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include "adapters/ffmpeg/self_test.h"
#include "adapters/ffmpeg/tools_fixture_test.h"
#include "support/attack_files.h"

namespace tritontube::ffmpeg {
namespace {

namespace fs = std::filesystem;
using support::CollectingSink;

// Listens on the loopback interface and knows whether anybody came.
class Listener {
 public:
  Listener() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(socket_, generic, size), 0);
    EXPECT_EQ(::listen(socket_, 8), 0);
    EXPECT_EQ(::getsockname(socket_, generic, &size), 0);
    port_ = ntohs(address.sin_port);
  }
  ~Listener() { ::close(socket_); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  std::uint16_t port() const { return port_; }
  bool WasContacted() const {
    const int connection = ::accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection >= 0) ::close(connection);
    return connection >= 0;
  }

 private:
  const int socket_;
  std::uint16_t port_ = 0;
};

// Knows whether a file was opened since it was written.
class OpenWatch {
 public:
  explicit OpenWatch(const fs::path& file) : queue_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
    EXPECT_GE(::inotify_add_watch(queue_, file.c_str(), IN_OPEN | IN_ACCESS), 0);
  }
  ~OpenWatch() { ::close(queue_); }
  OpenWatch(const OpenWatch&) = delete;
  OpenWatch& operator=(const OpenWatch&) = delete;

  bool WasOpened() const {
    std::array<char, 4096> events;
    return ::read(queue_, events.data(), events.size()) > 0;
  }

 private:
  const int queue_;
};

bool IsPlaylist(const support::AttackFile& attack) {
  return attack.name.starts_with("hls") || attack.name.starts_with("dash") ||
         attack.name.starts_with("concat");
}

class AttackTest : public ToolsTest {
 protected:
  AttackTest() {
    fs::create_directory(path("other"));
    victim_ = path("other") / "victim.wav";
    std::ofstream(victim_, std::ios::binary) << support::VictimSound();
    attacks_ = support::WriteAttackFiles(path("uploads"), victim_, listener_.port());
  }

  static media::EncodePlan SoundOf(media::Container container) {
    media::EncodePlan plan;
    plan.container = container;
    plan.duration_seconds = 1;
    plan.audio.emplace_back().id = "a0";
    return plan;
  }
  static media::EncodePlan PicturesOf(media::Container container) {
    media::EncodePlan plan;
    plan.container = container;
    plan.duration_seconds = 1;
    plan.video.emplace();
    plan.video->frame_rate = {25, 1};
    plan.video->frames_per_segment = 100;
    plan.video->timescale = 12'800;
    plan.video->rungs.push_back({.id = "v16",
                                 .width = 16,
                                 .height = 16,
                                 .bits_per_second_max = 100'000,
                                 .buffer_bits = 200'000});
    return plan;
  }

  const Listener listener_;
  fs::path victim_;
  std::vector<support::AttackFile> attacks_;
};

// The product's own way: what sniffing, probing and planning let pass is encoded.
TEST_F(AttackTest, FailsOnEveryFileWithoutReadingOrReachingAnything) {
  const OpenWatch watch(victim_);
  for (const support::AttackFile& attack : attacks_) {
    const auto plan = Plan(attack.path);
    if (!plan) {
      EXPECT_EQ(plan.error().code(), ErrorCode::kInvalidArgument)
          << attack.name << ": " << plan.error().message();
      continue;
    }
    CollectingSink sink(plan->output_count());
    const auto summary = Encode(attack.path, *plan, sink);
    EXPECT_FALSE(summary) << attack.name;
    EXPECT_EQ(summary.error().code(), ErrorCode::kInvalidArgument)
        << attack.name << ": " << summary.error().message();
  }
  EXPECT_FALSE(watch.WasOpened());
  EXPECT_FALSE(listener_.WasContacted());
  EXPECT_TRUE(fs::is_empty(scratch()));
}

// The tools alone, as if nothing had stood before them.
TEST_F(AttackTest, FailsEvenWhenNobodyLookedAtTheFileBefore) {
  const OpenWatch watch(victim_);
  for (const support::AttackFile& attack : attacks_) {
    if (attack.name == "sparse.mov") continue;  // A valid file: planning refuses it.
    // What the playlists point at is sound.
    const media::EncodePlan plan =
        IsPlaylist(attack) ? SoundOf(media::Container::kMov) : PicturesOf(media::Container::kMov);
    CollectingSink sink(1);
    const auto summary = Encode(attack.path, plan, sink);
    EXPECT_FALSE(summary) << attack.name;
    EXPECT_TRUE(sink.outputs().front().segments.empty()) << attack.name;
  }
  EXPECT_FALSE(watch.WasOpened());
  EXPECT_FALSE(listener_.WasContacted());
  EXPECT_TRUE(fs::is_empty(scratch()));
}

TEST_F(AttackTest, IsRefusedBySniffingWhenItIsText) {
  for (const support::AttackFile& attack : attacks_) {
    if (IsPlaylist(attack)) EXPECT_FALSE(Sniff(attack.path)) << attack.name;
  }
}

TEST_F(AttackTest, IsAPictureTooLargeForMemory) {
  for (const support::AttackFile& attack : attacks_) {
    if (attack.name != "huge-picture.mov") continue;
    CollectingSink sink(1);
    const auto summary = Encode(attack.path, PicturesOf(media::Container::kMov), sink);
    ASSERT_FALSE(summary);
    EXPECT_NE(summary.error().message().find("larger than we can process"), std::string::npos)
        << summary.error().message();
  }
}

// Without this the self-test would prove nothing.
TEST(SelfTest, UsesAttacksThatSucceedWithoutProtection) {
  const support::TemporaryFolder folder;
  const auto succeeded = Await(AttackWithoutProtection(TestOptions(), folder.path(), Soon()));
  ASSERT_TRUE(succeeded) << succeeded.error().message();
  EXPECT_TRUE(*succeeded);
}

TEST(SelfTest, RefusesAProgramThatGivesFilesAway) {
  const support::TemporaryFolder folder;
  FfmpegOptions options = TestOptions();
  options.ffmpeg = "/bin/echo";  // Prints something for every file.
  const auto tested = Await(AttackOurselves(options, folder.path(), Soon()));
  ASSERT_FALSE(tested);
  EXPECT_EQ(tested.error().code(), ErrorCode::kFailedPrecondition);
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

TEST(SelfTest, SaysWhatIsMissing) {
  const support::TemporaryFolder folder;
  FfmpegOptions options = TestOptions();
  options.ffmpeg = "/usr/bin/no-ffmpeg";
  auto opened = Await(FfmpegTools::Open(options, folder.path(), Soon()));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), ErrorCode::kUnavailable);
  EXPECT_NE(opened.error().message().find("install ffmpeg"), std::string::npos);

  options.ffmpeg = "/bin/echo";
  opened = Await(FfmpegTools::Open(options, folder.path(), Soon()));
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message().find("too old"), std::string::npos);

  opened = Await(FfmpegTools::Open(TestOptions(), "/no/such/folder", Soon()));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace tritontube::ffmpeg
