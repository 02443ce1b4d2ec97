#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <fstream>
#include <random>

#include "packaging/source_file.h"
#include "support/fragmented_mp4.h"
#include "support/movie_file.h"
#include "support/rounds.h"
#include "support/temporary_folder.h"

// Files that were made to hurt: each is refused with a reason, and none takes
// more memory than any honest file could need. Every test is a process of its
// own (CTest), so the peak is its own.
namespace tritontube::packaging {
namespace {

namespace fs = std::filesystem;
using support::BigEndian;
using support::MakeBox;

long PeakMemoryMib() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    long kib = 0;
    if (word == "VmHWM:" && status >> kib) return kib / 1024;
  }
  return -1;
}

class HostileSourceTest : public ::testing::Test {
 protected:
  ~HostileSourceTest() override {
    const long peak = PeakMemoryMib();
    fmt::print("peak memory: {} MiB\n", peak);
    if (!support::Rounds::kIsSanitized) EXPECT_LT(peak, 256);
  }

  // Written by a child, so that making the file takes none of our memory.
  template <typename Write>
  fs::path File(const Write& write) const {
    fs::path path = folder_.path() / "hostile.mp4";
    const pid_t child = ::fork();
    if (child == 0) {
      std::ofstream out(path, std::ios::binary);
      write(out);
      out.close();
      ::_exit(0);
    }
    EXPECT_EQ(::waitpid(child, nullptr, 0), child);
    return path;
  }

  static std::string FullBox(std::string_view type, const std::string& body) {
    return MakeBox(type, BigEndian(0, 4) + body);
  }

  const support::TemporaryFolder folder_;
};

// What a server does with any upload, to the end.
void Use(const SourceFile& file) {
  const auto movie = file.Open();
  if (!movie) {
    EXPECT_FALSE(movie.error().message().empty());
    return;
  }
  const auto plan = SourcePlan::Make(*movie, DecideCopy(**movie));
  if (!plan) return;
  for (const SourcePlan::Track& track : plan->tracks()) {
    EXPECT_FALSE(SourcePlan::Init(track).empty());
    for (std::size_t number = 1; number <= track.segments.size(); ++number) {
      const GatherList list = *SourcePlan::Segment(track, number);
      EXPECT_EQ(list.size(), track.rendition.segments[number - 1].size);
    }
  }
}

TEST_F(HostileSourceTest, AMoovAsLargeAsAllowedWithAsManySamplesAsFit) {
  // Five million samples, each a sync sample and a run of its own.
  constexpr std::uint32_t kCount = 5'000'000;
  const fs::path path = File([&](std::ofstream& out) {
    std::string stts = BigEndian(kCount, 4);
    std::string stsz = BigEndian(0, 4) + BigEndian(kCount, 4);
    for (std::uint32_t i = 0; i < kCount; ++i) {
      stts += BigEndian(1, 4) + BigEndian(500 + i % 2, 4);
      stsz += BigEndian(i % 2, 4);
    }
    const std::string entry = support::VideoEntry(1280, 720, support::RealAvcConfig());
    const std::string stbl =
        FullBox("stsd", BigEndian(1, 4) + entry) + FullBox("stts", stts) + FullBox("stsz", stsz) +
        FullBox("stsc",
                BigEndian(1, 4) + BigEndian(1, 4) + BigEndian(kCount, 4) + BigEndian(1, 4)) +
        FullBox("stco", BigEndian(1, 4) + BigEndian(0, 4));
    const auto shell = support::MakeMovieFile({.tracks = {{.samples = {{}}}}});
    const std::size_t at = shell.moov.find("stbl") - 4;
    std::string trak = shell.moov.substr(0, at);
    // The boxes around the stbl grow by as much as it does.
    const std::uint64_t growth = stbl.size() + 8 - (shell.moov.size() - at);
    for (const std::string_view type : {"trak", "mdia", "minf"}) {
      const std::size_t size_at = trak.find(type) - 4;
      bmff::ByteReader reader(AsBytes(trak).subspan(size_at));
      trak.replace(size_at, 4, BigEndian(reader.U32() + growth, 4));
    }
    out << MakeBox("moov", trak + MakeBox("stbl", stbl))
        << MakeBox("mdat", std::string(kCount, 'x'));
  });
  const SourceFile file(path);
  const auto movie = file.Open();
  ASSERT_TRUE(movie) << movie.error().message();
  ASSERT_TRUE((*movie)->candidates()[0].track) << (*movie)->candidates()[0].track.error().message();
  Use(file);
}

TEST_F(HostileSourceTest, FragmentsWithAsManySamplesAsAllowed) {
  const fs::path path = File([&](std::ofstream& out) {
    out << support::MakeInit(
        {.sample_entry = support::VideoEntry(1280, 720, support::RealAvcConfig())});
    // Each sample has every field, all of them different from the one before.
    for (int moof = 0; moof < 15; ++moof) {
      constexpr std::uint32_t kCount = 130'000;
      std::string samples;
      for (std::uint32_t i = 0; i < kCount; ++i) {
        samples +=
            BigEndian(500 + i % 2, 4) + BigEndian(i % 2, 4) + BigEndian(0, 4) + BigEndian(i % 3, 4);
      }
      const std::string trun = MakeBox(
          "trun", BigEndian(0x01000f01, 4) + BigEndian(kCount, 4) + BigEndian(0, 4) + samples);
      const std::string tfhd = MakeBox("tfhd", BigEndian(0x020000, 4) + BigEndian(1, 4));
      out << MakeBox("moof", MakeBox("traf", tfhd + trun));
    }
    out << MakeBox("mdat", std::string(1 << 20U, 'x'));
  });
  const SourceFile file(path);
  const auto movie = file.Open();
  ASSERT_TRUE(movie) << movie.error().message();
  EXPECT_TRUE((*movie)->candidates()[0].track);
  Use(file);
}

TEST_F(HostileSourceTest, SamplesThatAreClaimedInAFewBytes) {
  const fs::path path = File([&](std::ofstream& out) {
    out << support::MakeInit({});
    const std::string tfhd =
        MakeBox("tfhd", BigEndian(0x020038, 4) + BigEndian(1, 4) + BigEndian(1, 4) +
                            BigEndian(0, 4) + BigEndian(0, 4));
    const std::string trun = MakeBox("trun", BigEndian(0, 4) + BigEndian(3'999'999, 4));
    out << MakeBox("moof", MakeBox("traf", tfhd + trun + trun));
  });
  const auto movie = SourceFile(path).Open();
  ASSERT_FALSE(movie);
  EXPECT_THAT(movie.error().message(), testing::HasSubstr("more than 4000000 samples"));
}

TEST_F(HostileSourceTest, EveryCutOfAFile) {
  support::FakeMovie movie{.tracks = {{.samples = support::FakePictures(250, 25, true)}}};
  for (const bool moov_first : {false, true}) {
    movie.moov_first = moov_first;
    const std::string bytes = support::MakeMovieFile(movie).bytes;
    for (std::size_t size = 0; size < bytes.size(); size += 97) {
      const fs::path path = File([&](std::ofstream& out) { out << bytes.substr(0, size); });
      const auto opened = SourceFile(path).Open();
      if (opened) EXPECT_FALSE(SourcePlan::Make(*opened, DecideCopy(**opened))) << size;
    }
  }
}

TEST_F(HostileSourceTest, BytesThatWereChangedAtRandom) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  support::FakeMovie movie{.tracks = {{.edits = {{.media_time = 512}},
                                       .samples = support::FakePictures(100, 25, true)}}};
  movie.moov_first = true;
  const auto good = support::MakeMovieFile(movie);
  const auto rounds = support::Rounds{.sanitized = 300, .usual = 3000, .thorough = 30'000}.Count();
  for (std::uint32_t round = 0; round < rounds; ++round) {
    std::string bytes = good.bytes;
    for (unsigned change = 0; change <= random() % 4; ++change) {
      // A field of four bytes, where most of them are.
      const std::size_t at = random() % (good.moov.size() / 4) * 4;
      const std::uint32_t values[] = {0, 1, 0xffffffff, 0x7fffffff,
                                      static_cast<std::uint32_t>(random())};
      bytes.replace(at, 4, BigEndian(values[random() % 5], 4));
    }
    const fs::path path = File([&](std::ofstream& out) { out << bytes; });
    Use(SourceFile(path));
  }
}

}  // namespace
}  // namespace tritontube::packaging
