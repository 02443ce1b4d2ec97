#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <sstream>

#include "adapters/ffmpeg/tools_fixture_test.h"
#include "core/bmff/fragment.h"
#include "domain/packaging/copy_safety.h"
#include "domain/packaging/progressive_file.h"
#include "domain/packaging/source_plan.h"

// What the real ffmpeg says of a file that was put together of segments.
namespace tritontube::ffmpeg {
namespace {

namespace fs = std::filesystem;
using packaging::ProgressiveFileBuilder;
using support::CollectingSink;
using Output = CollectingSink::Output;

// A rendition as its segments tell it.
media::Rendition RenditionOf(const Output& output) {
  media::Rendition rendition;
  const auto init = bmff::ParseInit(AsBytes(output.init));
  EXPECT_TRUE(init) << init.error().message();
  if (!init) return rendition;
  const bmff::Track& track = init->tracks.front();
  rendition.kind = track.is_video() ? media::Kind::kVideo : media::Kind::kAudio;
  rendition.timescale = track.timescale;
  for (const std::string& segment : output.segments) {
    const auto fragment = bmff::ParseFragment(AsBytes(segment), track);
    EXPECT_TRUE(fragment) << fragment.error().message();
    if (!fragment) break;
    rendition.segments.push_back({.start = fragment->base_decode_time,
                                  .duration = fragment->duration,
                                  .size = segment.size()});
  }
  return rendition;
}

std::string Assemble(const std::vector<Output>& outputs) {
  std::vector<media::Rendition> renditions;
  renditions.reserve(outputs.size());
  for (const Output& output : outputs) renditions.push_back(RenditionOf(output));
  std::vector<ProgressiveFileBuilder::Input> inputs;
  inputs.reserve(outputs.size());
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    inputs.push_back({.rendition = &renditions[i], .init = outputs[i].init});
  }
  auto builder = ProgressiveFileBuilder::Make(inputs);
  EXPECT_TRUE(builder) << builder.error().message();
  if (!builder) return "";
  for (const auto& segment : builder->segments()) {
    const auto added =
        builder->Add(AsBytes(outputs[segment.rendition].segments[segment.number - 1]));
    EXPECT_TRUE(added) << added.error().message();
    if (!added) return "";
  }
  const auto file = std::move(*builder).Finish();
  EXPECT_TRUE(file) << file.error().message();
  if (!file) return "";
  std::string bytes = file->header().Flatten();
  for (const auto& piece : file->Pieces({0, file->size() - bytes.size()})) {
    bytes += outputs[piece.rendition].segments[piece.segment - 1].substr(piece.range.offset,
                                                                         piece.range.length);
  }
  EXPECT_EQ(bytes.size(), file->size());
  return bytes;
}

class ProgressiveTest : public ToolsTest {
 protected:
  fs::path Save(const std::string& bytes, std::string_view name) const {
    std::ofstream(path(name), std::ios::binary) << bytes;
    return path(name);
  }
  // Every decoded frame with its time. Of pictures counted from the first: in
  // fragments ffmpeg shifts those whose composition offsets are negative. Of sound
  // without what is hidden before time zero, which it skips in whole files only.
  static std::string Frames(const fs::path& file, std::string_view stream) {
    const bool is_video = stream == "v";
    std::istringstream lines(
        Shell(fmt::format("ffmpeg -v error -xerror -nostdin {} -i {} -map 0:{} {} -f framemd5 -",
                          is_video ? "" : "-copyts", file.string(), stream,
                          is_video ? "-fps_mode passthrough" : "-af atrim=start=0")));
    std::string frames;
    for (std::string line; std::getline(lines, line);) {
      if (!line.starts_with("#")) frames += line + "\n";
    }
    return frames;
  }
  static std::string Probe(const fs::path& file, std::string_view stream, std::string_view field) {
    return Shell(
        fmt::format("ffprobe -v error -count_frames -select_streams {}:0 -show_entries "
                    "stream={} -of csv=p=0 {}",
                    stream, field, file.string()));
  }
  static double Number(const fs::path& file, std::string_view stream, std::string_view field) {
    return std::atof(Probe(file, stream, field).c_str());
  }

  // The file decodes without a word, and is what the segments are, one behind the other.
  void Compare(const std::vector<Output>& outputs, int frames, double seconds) const {
    const fs::path whole = Save(Assemble(outputs), "whole.mp4");
    EXPECT_EQ(
        Shell(fmt::format("ffmpeg -v error -xerror -nostdin -i {} -f null - 2>&1", whole.string())),
        "");
    EXPECT_EQ(Number(whole, "v", "nb_read_frames"), frames);
    EXPECT_EQ(Number(whole, "v", "nb_frames"), frames);
    const fs::path pictures = Save(outputs.front().File(), "pictures.mp4");
    EXPECT_EQ(Frames(whole, "v"), Frames(pictures, "v"));
    EXPECT_NEAR(Number(whole, "v", "duration"), seconds, 0.001);
    EXPECT_EQ(Number(whole, "v", "start_time"), 0);
    if (outputs.size() == 1) return;
    const fs::path sound = Save(outputs.back().File(), "sound.mp4");
    EXPECT_EQ(Frames(whole, "a"), Frames(sound, "a"));
    EXPECT_NEAR(Number(whole, "a", "duration"), seconds, 0.05);
    EXPECT_EQ(Number(whole, "a", "start_time"), 0);
  }
};

TEST_F(ProgressiveTest, IsWhatTheSegmentsOfATranscodeAre) {
  const fs::path file = Clip("a.mp4",
                             "-f lavfi -i testsrc2=s=320x180:r=25:d=11 -f lavfi -i sine=d=11 "
                             "-c:v libx264 -preset ultrafast -c:a aac");
  const auto plan = Plan(file);
  ASSERT_TRUE(plan) << plan.error().message();
  CollectingSink sink(plan->output_count());
  ASSERT_TRUE(Encode(file, *plan, sink));
  const Output& pictures = sink.outputs().front();
  const Output& sound = sink.outputs().back();
  Compare({pictures, sound}, 275, 11);
  Compare({pictures}, 275, 11);
  const fs::path alone = Save(Assemble({sound}), "alone.m4a");
  EXPECT_EQ(Frames(alone, "a"), Frames(Save(sound.File(), "sound.mp4"), "a"));
}

// B pictures that are shown before they would be by their decoding, and sound with a run-up.
TEST_F(ProgressiveTest, IsWhatTheSegmentsOfAnOriginalAre) {
  const fs::path file =
      Clip("b.mp4",
           "-f lavfi -i testsrc2=s=320x180:r=30000/1001:d=9 -f lavfi -i sine=d=9:r=44100 "
           "-c:v libx264 -bf 3 -g 60 -keyint_min 60 -sc_threshold 0 -c:a aac");
  std::ifstream stream(file, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(stream)), {});
  bmff::SourceScanner scanner(bytes.size());
  while (const auto range = scanner.wanted()) {
    ASSERT_TRUE(scanner.Feed(AsBytes(bytes).subspan(range->offset, range->length)));
  }
  const auto source = packaging::SourceMovie::Open(std::move(scanner).Take(), bytes.size());
  ASSERT_TRUE(source) << source.error().message();
  const auto plan = packaging::SourcePlan::Make(*source, packaging::DecideCopy(**source));
  ASSERT_TRUE(plan) << plan.error().message();
  std::vector<Output> outputs;
  for (const packaging::SourcePlan::Track& track : plan->tracks()) {
    Output output{.init = packaging::SourcePlan::Init(track), .segments = {}};
    for (std::size_t number = 1; number <= track.segments.size(); ++number) {
      const auto list = packaging::SourcePlan::Segment(track, number);
      output.segments.push_back(list->head);
      for (const bmff::ByteRange& range : list->ranges) {
        output.segments.back() += bytes.substr(range.offset, range.length);
      }
    }
    outputs.push_back(std::move(output));
  }
  ASSERT_EQ(outputs.size(), 2U);
  const auto frames = static_cast<int>(Number(file, "v", "nb_read_frames"));
  Compare(outputs, frames, frames * 1001.0 / 30'000);
  EXPECT_EQ(Frames(path("whole.mp4"), "v"), Frames(file, "v"));
}

}  // namespace
}  // namespace tritontube::ffmpeg
