#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <optional>
#include <string>

#include "services/scratch/source_copies.h"
#include "services/scratch/stored_source_test.h"
#include "support/counting_blob_store.h"
#include "support/media_folder.h"
#include "support/memory_blob_store.h"
#include "support/shell.h"
#include "support/temporary_folder.h"

// The pictures that ffmpeg decodes of a copy with holes are those of the whole file.
namespace tritontube::scratch {
namespace {

namespace fs = std::filesystem;

using support::Shell;
using support::TextOf;

// Frames [begin, end) of the grid.
struct Chunk {
  std::int64_t begin = 0;
  std::int64_t end = 0;
};

// Pictures of a file as planning has them.
struct Pictures {
  int stream_index = 0;
  std::string rate;  // As a fraction.
  double frames_per_second = 0;
  double start_seconds = 0;
  double duration_seconds = 0;
};

// Nothing of a file without pictures.
std::optional<Pictures> TryProbe(const fs::path& file, std::string_view stream) {
  const std::string told =
      Shell(fmt::format("ffprobe -v error -f mov -select_streams {} -of default=nw=1 -show_entries "
                        "stream=index,r_frame_rate,duration:format=start_time {}",
                        stream, file.string()));
  const auto value = [&told](std::string_view name) {
    const std::size_t at = told.find(fmt::format("{}=", name)) + name.size() + 1;
    return told.substr(at, told.find('\n', at) - at);
  };
  if (!told.contains("index=")) return std::nullopt;
  Pictures pictures{.stream_index = std::stoi(value("index")),
                    .rate = value("r_frame_rate"),
                    .start_seconds = std::stod(value("start_time")),
                    .duration_seconds = std::stod(value("duration"))};
  const std::size_t slash = pictures.rate.find('/');
  pictures.frames_per_second =
      std::stod(pictures.rate.substr(0, slash)) / std::stod(pictures.rate.substr(slash + 1));
  // Ticks, of a variable rate.
  if (pictures.frames_per_second > 61) {
    pictures.rate = "30";
    pictures.frames_per_second = 30;
  }
  return pictures;
}

Pictures Probe(const fs::path& file, std::string_view stream = "v:0") {
  return TryProbe(file, stream).value();
}

// As a chunk is made, but for what is made of its pictures.
std::string Frames(const fs::path& file, const Pictures& pictures, const Chunk& chunk) {
  std::string seek;
  if (chunk.begin > 0) {
    const double begin = static_cast<double>(chunk.begin) / pictures.frames_per_second;
    seek = fmt::format("-noaccurate_seek -seek_timestamp 1 -ss {:.6f}",
                       pictures.start_seconds + begin - 0.5);
  }
  return Shell(fmt::format(
      "ffmpeg -hide_banner -v fatal -nostdin -copyts -threads 2 {} -f mov -protocol_whitelist file "
      "-i {} -filter_complex '[0:{}]setpts=round(PTS-({:.6f})/TB),fps=fps={}:eof_action=pass,"
      "trim=start_pts={}:end_pts={},scale=128:72,format=yuv420p[v]' -map '[v]' -fps_mode vfr "
      "-f framemd5 -",
      seek, file.string(), pictures.stream_index, pictures.start_seconds, pictures.rate,
      chunk.begin, chunk.end));
}

class PicturesOfACopyTest : public testing::Test {
 protected:
  static constexpr ByteCount kCapacity = ByteCount{1} << 32U;

  fs::path Clip(std::string_view name, std::string_view arguments) const {
    fs::path file = folder_.path() / name;
    Shell(fmt::format("cd {} && ffmpeg -v error -nostdin -y {} {}", folder_.path().string(),
                      arguments, file.string()));
    return file;
  }

  // Every chunk out of a copy of its own. Tells what share of the file was read for one at most.
  double ExpectSameFrames(const fs::path& file, const Pictures& pictures,
                          const std::vector<Chunk>& chunks) {
    SCOPED_TRACE(file);
    const sources::SourceKey source = StoreSource(store_, TextOf(file), ++number_);
    double share_max = 0;
    std::string shares;
    for (const Chunk& chunk : chunks) {
      SCOPED_TRACE(chunk.begin);
      const support::TemporaryFolder folder;
      support::CountingBlobStore counted(store_);
      const auto space = ScratchSpace::Open(folder.path() / "scratch", kCapacity, blocking_);
      SourceCopies copies(**space, counted, {.record_bytes = record_bytes_});
      async::BlockOn(io_.executor(0), Compare(copies, counted, source, file, pictures, chunk));
      const double share =
          static_cast<double>(counted.read_bytes()) / static_cast<double>(source.size);
      shares += fmt::format(" {}-{}: {:.1f}%", chunk.begin, chunk.end, 100 * share);
      share_max = std::max(share_max, share);
    }
    fmt::print("{} ({} bytes), frames and share that is read:{}\n", file.filename().string(),
               source.size, shares);
    return share_max;
  }

  static async::Task<void> Compare(SourceCopies& copies, const support::CountingBlobStore& counted,
                                   sources::SourceKey source, fs::path file, Pictures pictures,
                                   Chunk chunk) {
    auto copy = co_await copies.Open(source, media::Container::kMov, Deadline::Never());
    EXPECT_TRUE(copy);
    const PictureWindow window{
        .stream_index = pictures.stream_index,
        .from_seconds =
            pictures.start_seconds + static_cast<double>(chunk.begin) / pictures.frames_per_second,
        .to_seconds =
            pictures.start_seconds + static_cast<double>(chunk.end) / pictures.frames_per_second};
    const auto needed = co_await copy->NeedPictures(window, Deadline::Never());
    EXPECT_TRUE(needed) << needed.error().message();
    // What is whole is the same file.
    if (counted.read_bytes() >= source.size) co_return;
    const std::string expected = Frames(file, pictures, chunk);
    EXPECT_NE(expected.find("\n0, "), std::string::npos) << expected;
    // Not EXPECT_EQ: it would print all frames.
    EXPECT_TRUE(Frames(copy->path(), pictures, chunk) == expected);
  }

  // The beginning, the middle and the end of a file.
  static std::vector<Chunk> ThreeOf(const Pictures& pictures, double seconds = 4) {
    const auto count =
        static_cast<std::int64_t>(pictures.duration_seconds * pictures.frames_per_second);
    const auto length = static_cast<std::int64_t>(seconds * pictures.frames_per_second);
    const std::int64_t middle = std::max<std::int64_t>(0, (count - length) / 2);
    return {{.begin = 0, .end = length},
            {.begin = middle, .end = middle + length},
            {.begin = std::max<std::int64_t>(0, count - length), .end = count}};
  }

  const support::TemporaryFolder folder_;
  async::IoPool io_{1};
  async::BlockingPool blocking_{2, 64};
  support::MemoryBlobStore store_;
  int number_ = 0;
  // The files are small, and shall have holes.
  ByteCount record_bytes_ = ByteCount{16} << 10U;
};

constexpr std::string_view kSources =
    "-f lavfi -i testsrc2=s=320x180:r={0}:d=48 -f lavfi -i sine=d=48:r=48000 ";
constexpr std::string_view kEncoders =
    "-c:v libx264 -preset ultrafast -pix_fmt yuv420p -qp 10 -c:a aac ";

std::string Film(std::string_view rate, std::string_view more) {
  return fmt::format(fmt::runtime(kSources), rate) + std::string(kEncoders) + std::string(more);
}

TEST_F(PicturesOfACopyTest, AreTheSameWhereverTheMoovIs) {
  const fs::path last = Clip("last.mp4", Film("24", "-g 48 -bf 2"));
  const Pictures pictures = Probe(last);
  EXPECT_LT(ExpectSameFrames(last, pictures, ThreeOf(pictures)), 0.5);
  const fs::path first = Clip("first.mp4", "-i last.mp4 -c copy -movflags +faststart");
  EXPECT_LT(ExpectSameFrames(first, pictures, {{.begin = 768, .end = 864}}), 0.5);
}

TEST_F(PicturesOfACopyTest, AreTheSameWithLongGroupsAtRatesThatAreNoWholeNumbers) {
  const fs::path film = Clip("film.mp4", Film("24000/1001",
                                              "-g 240 -keyint_min 240 -bf 3 "
                                              "-sc_threshold 0 -b_strategy 0"));
  const Pictures pictures = Probe(film);
  ExpectSameFrames(film, pictures,
                   {{.begin = 0, .end = 96},
                    {.begin = 239, .end = 300},
                    {.begin = 480, .end = 576},
                    {.begin = 900, .end = 950}});
}

TEST_F(PicturesOfACopyTest, AreTheSameWhereAnEditListHidesTheBeginning) {
  Clip("whole.mp4", Film("25", "-g 100 -keyint_min 100 -sc_threshold 0 -bf 2"));
  const fs::path cut = Clip("cut.mp4", "-ss 11.3 -i whole.mp4 -c copy");
  const Pictures pictures = Probe(cut);
  ExpectSameFrames(cut, pictures, ThreeOf(pictures));
}

// Pictures of which each is a key, open groups, and an own timescale for what is late.
TEST_F(PicturesOfACopyTest, AreTheSameHoweverTheyAreCoded) {
  const fs::path open = Clip("open.mp4", Film("30", "-g 60 -bf 3 -x264-params open-gop=1"));
  const Pictures pictures = Probe(open);
  ExpectSameFrames(open, pictures, {{.begin = 600, .end = 720}});
  const fs::path late = Clip("late.mov",
                             "-itsoffset 2.5 -i open.mp4 -i open.mp4 -map 0:v -map 1:a "
                             "-c copy");
  const Pictures later = Probe(late);
  ExpectSameFrames(late, later, {{.begin = 0, .end = 120}, {.begin = 900, .end = 1000}});
}

// Twelve seconds of each track behind one another, and keys of the other pictures far apart.
TEST_F(PicturesOfACopyTest, AreTheSameWhereTracksAreBadlyInterleaved) {
  Clip("film.mp4", Film("24", "-g 48 -bf 2"));
  const fs::path file =
      Clip("apart.mp4",
           "-i film.mp4 -map 0:v -map 0:a -map 0:v -c copy -c:v:1 libx264 -preset ultrafast -g 400 "
           "-keyint_min 400 -sc_threshold 0 -chunk_duration 12000000 -max_interleave_delta 0 "
           "-movflags +faststart");
  const Pictures first = Probe(file);
  ExpectSameFrames(file, first, {{.begin = 480, .end = 576}});
  const Pictures second = Probe(file, "v:1");
  EXPECT_NE(first.stream_index, second.stream_index);
  ExpectSameFrames(file, second, {{.begin = 480, .end = 576}});
}

// Files of many makers, whatever is in them.
TEST_F(PicturesOfACopyTest, AreTheSameOfRealFiles) {
  const fs::path folder = support::MediaFolder();
  if (!fs::exists(folder)) {
    GTEST_SKIP() << "NOT TESTED: " << folder << " is missing; set TRITONTUBE_MEDIA_DIR";
  }
  record_bytes_ = ByteCount{4} << 10U;
  int compared = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const fs::path extension = entry.path().extension();
    if (extension != ".mp4" && extension != ".mov") continue;
    const std::optional<Pictures> pictures = TryProbe(entry.path(), "v:0");
    if (!pictures) continue;
    ExpectSameFrames(entry.path(), *pictures, {ThreeOf(*pictures, 1).at(1)});
    ++compared;
  }
  EXPECT_GE(compared, 20);
}

}  // namespace
}  // namespace tritontube::scratch
