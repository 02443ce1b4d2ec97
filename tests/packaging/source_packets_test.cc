#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "core/bmff/box_writer.h"
#include "packaging/source_file.h"
#include "support/media_folder.h"
#include "support/shell.h"
#include "support/temporary_folder.h"

// ffmpeg reads our segments as it reads the file they come from: every packet of
// every track has the same times, size and bytes.
namespace tritontube::packaging {
namespace {

namespace fs = std::filesystem;

using support::Shell;

// Without what ffmpeg makes of the edit list beside the packets; in times since the
// first, because it counts pictures whose offsets fall below zero from another moment.
std::string Packets(const fs::path& file, std::string_view stream) {
  return Shell(
      fmt::format("ffprobe -v error -select_streams {} -show_packets "
                  "-show_data_hash md5 -show_entries packet=pts,dts,size,data_hash "
                  "-of compact {} | sed -z 's/|side_data[^\\n]*\\n|/|/g' | "
                  "awk -F '[|=]' 'NR == 1 {{ shown = $3; decoded = $5 }} "
                  "{{ print $3 - shown, $5 - decoded, $7, $9 }}'",
                  stream, file.string()));
}

class SourcePacketsTest : public ::testing::Test {
 protected:
  fs::path path(std::string_view name) const { return folder_.path() / name; }

  // A clip made by ffmpeg: `arguments` are its inputs and codecs.
  fs::path Clip(std::string_view name, std::string_view arguments) const {
    fs::path file = path(name);
    Shell(fmt::format("cd {} && ffmpeg -v error -nostdin -y {} {}", folder_.path().string(),
                      arguments, file.string()));
    return file;
  }

  // Writes every segment of a track into one file and compares. Audio tracks
  // count as ffmpeg counts them.
  void ExpectSamePackets(const fs::path& file) const {
    SCOPED_TRACE(file);
    const SourceFile source(file);
    const auto movie = source.Open();
    ASSERT_TRUE(movie) << movie.error().message();
    const auto plan = SourcePlan::Make(*movie, DecideCopy(**movie));
    ASSERT_TRUE(plan) << plan.error().message();
    for (const SourcePlan::Track& track : plan->tracks()) ExpectSamePackets(file, source, track);
  }

  void ExpectSamePackets(const fs::path& file, const SourceFile& source,
                         const SourcePlan::Track& track) const {
    const std::string id = track.rendition.id;
    SCOPED_TRACE(id);
    const fs::path ours = path(id + ".mp4");
    std::ofstream out(ours, std::ios::binary);
    out << SourcePlan::Init(track);
    for (std::size_t number = 1; number <= track.segments.size(); ++number) {
      const std::string bytes = source.Read(*SourcePlan::Segment(track, number));
      EXPECT_EQ(bytes.size(), track.rendition.segments[number - 1].size);
      out << bytes;
    }
    out.close();
    const std::string expected = Packets(file, id == "vsrc" ? "v:0" : "a:" + id.substr(4));
    EXPECT_FALSE(expected.empty());
    // Not EXPECT_EQ: it would print a film.
    EXPECT_TRUE(Packets(ours, "0") == expected) << fs::file_size(ours);
  }

  const support::TemporaryFolder folder_;
};

constexpr std::string_view kPictures = "-f lavfi -i testsrc2=s=320x180:r=24:d=13 ";
constexpr std::string_view kSound = "-f lavfi -i sine=d=13:r=48000 ";
constexpr std::string_view kEncoders =
    "-c:v libx264 -preset ultrafast -pix_fmt yuv420p -g 48 -c:a aac ";

std::string Arguments(std::string_view more) {
  return std::string(kPictures) + std::string(kSound) + std::string(kEncoders) + std::string(more);
}

TEST_F(SourcePacketsTest, OfPicturesInOrderAndSound) {
  ExpectSamePackets(Clip("plain.mp4", Arguments("-bf 0")));
}

TEST_F(SourcePacketsTest, OfBPicturesWithAnEditList) {
  ExpectSamePackets(Clip("b.mp4", Arguments("-bf 3 -b_strategy 0 -x264-params open-gop=0")));
  ExpectSamePackets(Clip("b.mov", Arguments("-bf 3 -b_strategy 0 -movflags +faststart")));
}

TEST_F(SourcePacketsTest, OfASoundThatBeginsLate) {
  ExpectSamePackets(Clip("late.mp4", std::string(kPictures) + "-itsoffset 0.07 " +
                                         std::string(kSound) + std::string(kEncoders)));
}

TEST_F(SourcePacketsTest, OfVariableFrameRates) {
  ExpectSamePackets(
      Clip("vfr.mp4", Arguments("-vf select='not(mod(n\\,3))+gt(t\\,6)' -fps_mode vfr -bf 2")));
}

TEST_F(SourcePacketsTest, OfFragmentedFiles) {
  ExpectSamePackets(
      Clip("cut.mp4", Arguments("-movflags +frag_keyframe+empty_moov+default_base_moof")));
  ExpectSamePackets(
      Clip("old.mp4", Arguments("-bf 2 -movflags +frag_keyframe+separate_moof+delay_moov")));
}

// As fragments in and fragments out: ffmpeg 5.1 shows negative offsets of
// fragments a picture later than those of a file in one piece.
TEST_F(SourcePacketsTest, OfNegativeCompositionOffsets) {
  ExpectSamePackets(
      Clip("negative.mp4", Arguments("-bf 2 -b_strategy 0 -movflags "
                                     "+frag_keyframe+delay_moov+negative_cts_offsets")));
}

TEST_F(SourcePacketsTest, OfSeveralSoundTracks) {
  ExpectSamePackets(
      Clip("two.mp4", Arguments("-map 0 -map 1 -map 1 -metadata:s:a:1 language=fra")));
}

// Copies boxes, with every 'stco' made a 'co64' whose offsets are `gap` higher.
void Shift(std::span<const std::byte> boxes, ByteCount gap, bmff::BoxWriter& writer) {
  bmff::BoxWalker walker(boxes);
  while (const auto box = *walker.Next()) {
    const std::string type = bmff::ToString(box->type);
    if (type == "moov" || type == "trak" || type == "mdia" || type == "minf" || type == "stbl") {
      writer.Box(box->type, [&] { Shift(box->payload, gap, writer); });
    } else if (type == "stco") {
      bmff::ByteReader reader(box->payload);
      reader.Skip(4);
      writer.FullBox(bmff::MakeFourCc("co64"), 0, 0, [&] {
        const std::uint32_t count = reader.U32();
        writer.U32(count);
        for (std::uint32_t i = 0; i < count; ++i) writer.U64(reader.U32() + gap);
      });
    } else {
      writer.Box(box->type, [&] { writer.Append(box->payload); });
    }
  }
}

// The same film behind a box of 5 GiB, which takes no room on the disk.
void MakeLarge(const fs::path& small, const fs::path& large) {
  constexpr ByteCount kGap = ByteCount{5} << 30U;
  std::ifstream stream(small, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(stream)), {});
  const std::size_t moov = bytes.rfind("moov") - 4;
  bmff::BoxWriter head;
  head.U32(1);
  head.U32(bmff::MakeFourCc("free"));
  head.U64(kGap);
  bmff::BoxWriter tail;
  tail.Append(AsBytes(bytes).first(moov));
  Shift(AsBytes(bytes).subspan(moov), kGap, tail);
  std::ofstream out(large, std::ios::binary);
  out << head.Take();
  out.seekp(static_cast<std::streamoff>(kGap));
  out << tail.Take();
}

TEST_F(SourcePacketsTest, OfAFileOfMoreThanFourGibibytes) {
  MakeLarge(Clip("small.mp4", Arguments("-bf 2")), path("large.mp4"));
  ASSERT_GT(fs::file_size(path("large.mp4")), ByteCount{5} << 30U);
  ExpectSamePackets(path("large.mp4"));
}

TEST_F(SourcePacketsTest, OfAFilmOfTwoHours) {
  Clip("minute.mp4", "-f lavfi -i testsrc2=s=64x64:r=24:d=60 -f lavfi -i sine=d=60:r=48000 " +
                         std::string(kEncoders) + "-bf 0");
  ExpectSamePackets(Clip("film.mp4", "-stream_loop 119 -i minute.mp4 -c copy"));
}

// Every file of many makers that is safe; says how many that were.
TEST_F(SourcePacketsTest, OfRealFiles) {
  const fs::path folder = support::MediaFolder();
  if (!fs::exists(folder)) {
    GTEST_SKIP() << "NOT TESTED: " << folder << " is missing; set TRITONTUBE_MEDIA_DIR";
  }
  int compared = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const fs::path extension = entry.path().extension();
    if (extension != ".mp4" && extension != ".mov") continue;
    const SourceFile source(entry.path());
    const auto movie = source.Open();
    ASSERT_TRUE(movie) << entry.path() << ": " << movie.error().message();
    const CopyReport report = DecideCopy(**movie);
    fmt::print("{}:", entry.path().filename().string());
    for (const TrackVerdict& verdict : report.tracks) {
      fmt::print(" {}", verdict.is_video ? "video" : "audio");
      fmt::print("{}", report.is_safe(verdict.track_id) ? " safe" : "");
    }
    for (const CopyReason& reason : report.AllReasons()) {
      fmt::print(" {} ({})", reason.code, reason.message);
    }
    fmt::print("\n");
    if (!SourcePlan::Make(*movie, report)) continue;
    ExpectSamePackets(entry.path());
    ++compared;
  }
  EXPECT_GE(compared, 12);
}

}  // namespace
}  // namespace tritontube::packaging
