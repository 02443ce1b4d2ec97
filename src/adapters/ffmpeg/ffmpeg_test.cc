#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "adapters/ffmpeg/command.h"
#include "adapters/ffmpeg/explain.h"
#include "adapters/ffmpeg/extra_command.h"
#include "adapters/ffmpeg/loudness_output.h"
#include "adapters/ffmpeg/probe_output.h"
#include "adapters/ffmpeg/progress.h"
#include "adapters/ffmpeg/segment_cutter.h"
#include "adapters/ffmpeg/similarity_output.h"
#include "support/fragmented_mp4.h"

namespace tritontube::ffmpeg {
namespace {

using std::chrono_literals::operator""s;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

media::VideoPlan ThreeRungs() {
  return {.stream_index = 2,
          .frame_rate = {30'000, 1001},
          .frames_per_segment = 120,
          .timescale = 30'000,
          .rungs = {{.id = "v1080", .width = 1920, .height = 1080},
                    {.id = "v720", .width = 1280, .height = 720},
                    {.id = "v360", .width = 640, .height = 360}}};
}

media::AudioPlan AudioTrack(int stream_index) {
  media::AudioPlan track;
  track.stream_index = stream_index;
  return track;
}

TEST(VideoFilter, MakesEachRungFromTheOneAbove) {
  EXPECT_EQ(VideoFilter(ThreeRungs(), 0, media::Container::kMov),
            "[0:2]fps=fps=30000/"
            "1001:eof_action=pass,trim=start_pts=0,scale=1920:1080,setsar=1,format=yuv420p,"
            "split=2[v0][s0];[s0]scale=1280:720,setsar=1,split=2[v1][s1];"
            "[s1]scale=640:360,setsar=1[v2]");
}

TEST(VideoFilter, ShiftsDeinterlacesPadsAndMapsTonesInThatOrder) {
  media::VideoPlan plan = ThreeRungs();
  plan.rungs.resize(1);
  plan.deinterlace = plan.tone_map = plan.pad_start = true;
  const std::string filter = VideoFilter(plan, 1.4, media::Container::kMov);
  std::size_t last = 0;
  for (const char* const part : {"bwdif", "setpts=round(PTS-(1.400000)/TB)", "start_time=0",
                                 "scale=1920:1080", "zscale", "tonemap", "format=yuv420p[v0]"}) {
    const std::size_t at = filter.find(part);
    ASSERT_NE(at, std::string::npos) << part << " in " << filter;
    EXPECT_GE(at, last) << part << " in " << filter;
    last = at;
  }
}

TEST(VideoFilter, LeavesOutWhatHasBeenMade) {
  media::VideoPlan plan = ThreeRungs();
  plan.pad_start = true;
  plan.first_frame = 240;
  EXPECT_THAT(VideoFilter(plan, 0, media::Container::kMatroska),
              ::testing::StartsWith("[0:2]fps=fps=30000/1001,trim=start_pts=240,"));
}

TEST(VideoFilter, EndsWhereTheRangeDoes) {
  media::VideoPlan plan = ThreeRungs();
  plan.end_frame = 480;
  const auto filter = [&plan] { return VideoFilter(plan, 0, media::Container::kMatroska); };
  EXPECT_THAT(filter(), HasSubstr("fps=fps=30000/1001,trim=start_pts=0:end_pts=480,scale"));
  plan.pad_start = true;
  EXPECT_THAT(filter(), HasSubstr("fps=fps=30000/1001:start_time=0,trim=end_pts=480,scale"));
  plan.first_frame = 240;
  EXPECT_THAT(filter(), HasSubstr("fps=fps=30000/1001,trim=start_pts=240:end_pts=480,scale"));
}

// The key pictures that an encoder is told to make.
std::vector<std::string> ForcedTimes(const media::VideoPlan& video) {
  media::EncodePlan plan;
  plan.video = video;
  const std::vector<std::string> arguments = EncodeCommand({}, "/in", plan);
  std::vector<std::string> times;
  for (std::size_t i = 0; i + 1 < arguments.size(); ++i) {
    if (arguments[i] == "-force_key_frames") times.push_back(arguments[i + 1]);
  }
  return times;
}

TEST(EncodeCommand, CutsInsideItsRangeOnly) {
  media::VideoPlan plan = ThreeRungs();
  plan.frame_rate = {25, 1};
  plan.rungs.resize(1);
  plan.cuts = {50, 100, 150, 200};
  using ::testing::ElementsAre;
  EXPECT_THAT(ForcedTimes(plan), ElementsAre("1.990,3.990,5.990,7.990"));
  plan.end_frame = 150;
  EXPECT_THAT(ForcedTimes(plan), ElementsAre("1.990,3.990"));
  plan.first_frame = 50;
  EXPECT_THAT(ForcedTimes(plan), ElementsAre("3.990"));
  plan.end_frame = 100;
  EXPECT_THAT(ForcedTimes(plan), ElementsAre());
}

TEST(EncodeCommand, BeginsABitBeforeTheFirstFrameInTheFilesOwnTime) {
  media::EncodePlan plan;
  plan.start_seconds = 1.5;
  plan.video = ThreeRungs();
  for (const std::int64_t frame : {0, 1, 14}) {
    plan.video->first_frame = frame;
    EXPECT_EQ(std::ranges::count(EncodeCommand({}, "/in", plan), "-ss"), 0) << frame;
  }
  plan.video->first_frame = 240;
  const std::vector<std::string> arguments = EncodeCommand({}, "/in", plan);
  const auto seek = std::ranges::find(arguments, "-ss");
  ASSERT_NE(seek, arguments.end());
  EXPECT_EQ(*(seek + 1), "9.008000");
  EXPECT_LT(seek, std::ranges::find(arguments, "-i"));
}

TEST(EncodeCommand, ForcesTheDemuxerAndAllowsFilesOnly) {
  media::EncodePlan plan;
  plan.container = media::Container::kMatroska;
  plan.audio = {AudioTrack(1)};
  const std::vector<std::string> arguments = EncodeCommand({}, "/in", plan);
  const auto input = std::ranges::find(arguments, "-i");
  ASSERT_NE(input, arguments.end());
  const std::vector<std::string> before(arguments.begin(), input);
  EXPECT_THAT(before, ::testing::IsSupersetOf({"-f", "matroska", "-protocol_whitelist", "file",
                                               "-max_pixels", "-nostdin"}));
  EXPECT_EQ(*(input + 1), "/in");
  EXPECT_EQ(std::ranges::count(arguments, "-map_metadata"), 1);
  EXPECT_EQ(arguments.back(), "pipe:3");
}

TEST(CompareCommand, ComparesEachRungWithWhatAnEncoderWouldMakeItOf) {
  media::EncodePlan plan;
  plan.start_seconds = 1.5;
  plan.video = ThreeRungs();
  plan.video->rungs.resize(2);
  plan.video->first_frame = 240;
  plan.video->end_frame = 480;
  const std::vector<std::string> arguments =
      CompareCommand(FfmpegOptions(), "/in", plan, {"/one", "/two"});
  const auto after = [&arguments](std::string_view option) {
    std::vector<std::string> values;
    for (std::size_t i = 0; i + 1 < arguments.size(); ++i) {
      if (arguments[i] == option) values.push_back(arguments[i + 1]);
    }
    return values;
  };
  EXPECT_THAT(after("-i"), ElementsAre("/in", "/one", "/two"));
  EXPECT_THAT(after("-f"), ElementsAre("mov", "mov", "mov", "null"));
  EXPECT_THAT(after("-protocol_whitelist"), ElementsAre("file", "file", "file"));
  EXPECT_THAT(after("-ss"), ElementsAre("9.008000")) << "a bit before frame 240";
  EXPECT_THAT(after("-map"), ElementsAre("[c0]", "[c1]"));
  EXPECT_THAT(after("-filter_complex"),
              ElementsAre(VideoFilter(*plan.video, 1.5, plan.container) +
                          ";[1:v:0]settb=1001/30000,setpts=PTS-STARTPTS+240,trim=end_pts=480[m0];"
                          "[m0][v0]ssim@0=repeatlast=0[c0]"
                          ";[2:v:0]settb=1001/30000,setpts=PTS-STARTPTS+240,trim=end_pts=480[m1];"
                          "[m1][v1]ssim@1=repeatlast=0[c1]"));
}

TEST(RemuxedPlan, CountsTheStreamsThatWereCopied) {
  media::EncodePlan plan;
  plan.video = ThreeRungs();
  plan.audio = {AudioTrack(7), AudioTrack(4)};
  plan.start_seconds = 1.4;
  plan.remux_first = true;
  const media::EncodePlan copy = RemuxedPlan(plan);
  EXPECT_EQ(copy.video->stream_index, 0);
  EXPECT_EQ(copy.audio[0].stream_index, 1);
  EXPECT_EQ(copy.audio[1].stream_index, 2);
  EXPECT_EQ(copy.start_seconds, 0);
  EXPECT_FALSE(copy.remux_first);
}

TEST(ProbeOutput, ReadsWhatAPhoneRecorded) {
  const auto source = ParseProbeOutput(R"({"streams": [
    {"index": 0, "codec_name": "hevc", "profile": "Main 10", "codec_type": "video",
     "width": 1920, "height": 1080, "sample_aspect_ratio": "64:45", "pix_fmt": "yuv420p10le",
     "color_transfer": "arib-std-b67", "field_order": "tt", "r_frame_rate": "60/1",
     "avg_frame_rate": "60000/1001", "start_time": "-0.5", "duration": "12.25",
     "nb_frames": "734", "side_data_list": [{}, {"rotation": -90}]},
    {"index": 1, "codec_name": "aac", "codec_type": "audio", "sample_rate": "44100", "sample_fmt": "fltp",
     "channels": 2, "start_time": "0.021", "disposition": {"default": 1},
     "tags": {"language": "eng", "title": "Comment"}},
    {"index": 2, "codec_name": "mjpeg", "codec_type": "video",
     "disposition": {"attached_pic": 1}},
    {"index": 3, "codec_name": "mov_text", "codec_type": "subtitle",
     "tags": {"language": "und"}},
    {"index": 4, "codec_type": "data"}],
    "format": {"start_time": "-0.500000", "duration": "12.500000"}})",
                                       media::Container::kMov);
  ASSERT_TRUE(source);
  EXPECT_EQ(source->start_seconds, -0.5);
  EXPECT_EQ(source->duration_seconds, 12.5);
  ASSERT_EQ(source->video.size(), 1U);
  const media::VideoStream& video = source->video[0];
  EXPECT_EQ(video.rotation_degrees, 90);
  EXPECT_EQ(video.sample_aspect, (media::Rational{64, 45}));
  EXPECT_EQ(video.average_frame_rate, (media::Rational{60'000, 1001}));
  EXPECT_EQ(video.bit_depth, 10);
  EXPECT_TRUE(video.interlaced);
  EXPECT_EQ(video.frame_count, 734);
  ASSERT_EQ(source->audio.size(), 1U);
  EXPECT_EQ(source->audio[0].sample_rate, 44'100);
  EXPECT_TRUE(source->audio[0].is_decodable);
  EXPECT_EQ(source->audio[0].language, "eng");
  EXPECT_TRUE(source->audio[0].is_default);
  EXPECT_EQ(source->cover_picture_index, 2);
  ASSERT_EQ(source->subtitles.size(), 1U);
  EXPECT_EQ(source->subtitles[0].language, "");
}

TEST(ProbeOutput, KnowsSoundThatHasNoDecoderByItsSamples) {
  const auto source = ParseProbeOutput(R"({"streams": [
    {"index": 1, "codec_type": "audio", "codec_name": "mpegh_3d_audio", "sample_fmt": "unknown",
     "sample_rate": "48000", "channels": 2},
    {"index": 2, "codec_type": "audio", "sample_rate": "48000", "channels": 2}]})",
                                       media::Container::kMov);
  ASSERT_TRUE(source);
  ASSERT_EQ(source->audio.size(), 2U);
  EXPECT_FALSE(source->audio[0].is_decodable);
  EXPECT_FALSE(source->audio[1].is_decodable);
}

TEST(ProbeOutput, BelievesNoTypeAndNoSize) {
  const auto source = ParseProbeOutput(R"({"streams": [
    {"index": 0, "codec_type": "video", "width": "wide", "height": -5, "pix_fmt": 7,
     "avg_frame_rate": "1/0", "r_frame_rate": "x", "sample_aspect_ratio": "0:1",
     "start_time": "nan", "duration": "1e999", "nb_frames": "-3", "tags": [],
     "side_data_list": [{"rotation": 1e300}, 5, {"rotation": "x"}], "disposition": "no"},
    {"index": 99999999999, "codec_type": "audio", "channels": 18446744073709551615},
    {"codec_type": "audio"}, 17, null], "format": []})",
                                       media::Container::kMov);
  ASSERT_TRUE(source);
  ASSERT_EQ(source->video.size(), 1U);
  const media::VideoStream& video = source->video[0];
  EXPECT_EQ(video.width, 0);
  EXPECT_EQ(video.height, 0);
  EXPECT_EQ(video.sample_aspect, (media::Rational{1, 1}));
  EXPECT_EQ(video.average_frame_rate.numerator, 0);
  EXPECT_EQ(video.start_seconds, 0);
  EXPECT_EQ(video.duration_seconds, 0);
  EXPECT_EQ(video.frame_count, 0);
  EXPECT_EQ(video.rotation_degrees, 0);
  ASSERT_EQ(source->audio.size(), 1U);
  EXPECT_EQ(source->audio[0].channels, 0);
}

TEST(ProbeOutput, LooksAtSoManyStreamsOnly) {
  std::string streams;
  for (int i = 0; i < 120; ++i) {
    streams += fmt::format(R"({}{{"index": {}, "codec_type": "audio"}})", i > 0 ? "," : "", i);
  }
  const auto source = ParseProbeOutput(R"({"streams": [)" + streams + "]}", media::Container::kMov);
  ASSERT_TRUE(source);
  EXPECT_EQ(source->audio.size(), kStreamsPerKindMax);
}

TEST(ProbeOutput, IsRefusedWhenItIsNoSuchJson) {
  for (const std::string_view text : {"", "{", "[]", "{}", R"({"streams": 5})", "\xff\xfe"}) {
    const auto source = ParseProbeOutput(text, media::Container::kMov);
    ASSERT_FALSE(source) << text;
    EXPECT_EQ(source.error().code(), ErrorCode::kInternal);
  }
}

TEST(ProbeOutput, TurnsByWhatIsShownNotByWhatIsStored) {
  for (const auto& [rotation, clockwise] : std::vector<std::pair<int, int>>{
           {0, 0}, {-90, 90}, {90, 270}, {180, 180}, {-180, 180}, {-270, 270}, {3, 0}, {-88, 90}}) {
    const auto source =
        ParseProbeOutput(fmt::format(R"({{"streams": [{{"index": 0, "codec_type": "video",
                         "side_data_list": [{{"rotation": {}}}]}}]}})",
                                     rotation),
                         media::Container::kMov);
    EXPECT_EQ(source->video[0].rotation_degrees, clockwise) << rotation;
  }
}

TEST(BitDepth, IsInThePixelFormatsName) {
  for (const auto& [name, bits] : std::vector<std::pair<std::string_view, int>>{{"yuv420p", 8},
                                                                                {"yuv420p10le", 10},
                                                                                {"p010le", 10},
                                                                                {"yuv444p12be", 12},
                                                                                {"gray10le", 10},
                                                                                {"nv12", 8},
                                                                                {"rgb48le", 16},
                                                                                {"gbrp16le", 16},
                                                                                {"x2rgb10le", 10},
                                                                                {"yuvj422p", 8},
                                                                                {"", 8},
                                                                                {"gbrpf32le", 32},
                                                                                {"yuva444p9le", 9},
                                                                                {"y210le", 10},
                                                                                {"rgb24", 8},
                                                                                {"pal8", 8}}) {
    EXPECT_EQ(BitDepthOf(name), bits) << name;
  }
}

struct Failure {
  std::string errors;
  process::ExitStatus status;
  ErrorCode code;
  std::string_view says;
};

TEST(ExplainFailure, TellsTheFilesFaultFromTheMachines) {
  const process::ExitStatus one = {.exit_code = 1};
  const auto killed_by = [](int signal, double cpu_seconds) {
    return process::ExitStatus{.signal = signal, .cpu_seconds = cpu_seconds};
  };
  const auto kFile = ErrorCode::kInvalidArgument;
  const std::vector<Failure> failures = {
      {"[mov,mp4,m4a @ 0x5] moov atom not found\n/in: Invalid data found when processing input\n",
       one, kFile, "its index is missing"},
      {"/in: Invalid data found when processing input\n", one, kFile, "damaged"},
      {"Picture size 16000x16000 exceeds specified max pixel count 40000000", one, kFile, "larger"},
      {"[x @ 1] Picture size 0x16 is invalid", one, kFile, "usual size"},
      {"Decoding requested, but no decoder found for: none", one, kFile, "cannot decode"},
      {"Cannot allocate memory", one, kFile, "more memory"},
      {"Stream map '0:7' matches no streams.", one, kFile, "track"},
      {"Output file #0 does not contain any stream", one, kFile, "no picture and no sound"},
      {"stream 0, offset 0x30: partial file", one, kFile, "its end is missing"},
      {"Cannot determine format of input stream 0:0 after EOF\nError marking filters as finished",
       one, kFile, "could be decoded"},
      {"/in: End of file\n", one, kFile, "before there is anything to play"},
      {"[mp3 @ 0x5] Failed to read frame size: Could not seek to 1026.\n/in: Invalid argument\n",
       one, kFile, "not the sound"},
      {"EBML header parsing failed", one, kFile, "very beginning"},
      {"av_interleaved_write_frame(): File too large", one, kFile, "room"},
      {"no path between colorspaces", one, kFile, "colours"},
      {"av_interleaved_write_frame(): No space left on device", one, ErrorCode::kResourceExhausted,
       "disk of this machine is full"},
      {"Too many open files", one, ErrorCode::kResourceExhausted, "too many files"},
      {"/in: Permission denied", one, ErrorCode::kInternal, "kept from reading"},
      {"/in: No such file or directory", one, ErrorCode::kInternal, "gone"},
      {"error while loading shared libraries: libx264.so",
       {.exit_code = 127},
       ErrorCode::kUnavailable,
       "administrator"},
      {"Unknown encoder 'libx264'", one, ErrorCode::kUnavailable, "encoder"},
      {"", killed_by(SIGKILL, 90), kFile, "computing time"},
      {"", killed_by(SIGKILL, 10), ErrorCode::kResourceExhausted, "ran out of memory"},
      {"Invalid data found", killed_by(SIGSEGV, 1), ErrorCode::kInternal, "crashes"},
      {"", killed_by(SIGXFSZ, 1), kFile, "room"},
      {"", killed_by(SIGTERM, 1), ErrorCode::kInternal, "signal 15"},
      {"[a @ 0x1] something new\n", one, ErrorCode::kInternal, "(something new)"},
      {"/in: Something new\n", one, ErrorCode::kInternal, "(Something new)"},
      {"", one, ErrorCode::kInternal, "no reason given"},
  };
  for (const Failure& failure : failures) {
    const Error error = ExplainFailure(failure.errors, failure.status, 90s);
    EXPECT_EQ(error.code(), failure.code) << failure.errors << ": " << error.message();
    EXPECT_THAT(error.message(), HasSubstr(failure.says)) << failure.errors;
    EXPECT_THAT(error.message(), Not(HasSubstr("/in")));
  }
}

TEST(Progress, ReadsLinesInPiecesAndNeverFalls) {
  ProgressReader progress;
  progress.Push("frame=1");
  EXPECT_EQ(progress.frame(), 0);
  progress.Push("2\nfps=3\nout_time_us=N/A\nout_time_us=40");
  EXPECT_EQ(progress.frame(), 12);
  progress.Push("0000\nprogress=continue\nframe=11\n");
  EXPECT_EQ(progress.out_time_microseconds(), 400'000);
  EXPECT_EQ(progress.frame(), 12);
  progress.Push(std::string(10'000, 'x'));
  progress.Push("\nframe=13\n");
  EXPECT_EQ(progress.frame(), 13);
}

TEST(Progress, IsOfTheRangeThatIsMade) {
  ProgressReader progress;
  progress.Push("frame=60\nout_time_us=6000000\n");
  media::EncodePlan plan;
  EXPECT_EQ(FractionMade(plan, progress), 0);
  plan.duration_seconds = 12;
  EXPECT_EQ(FractionMade(plan, progress), 0.5) << "of sound";
  plan.video = ThreeRungs();
  plan.video->frame_rate = {30, 1};
  EXPECT_EQ(FractionMade(plan, progress), 0.5) << "of pictures whose number is not known";
  plan.video->first_frame = 120;
  EXPECT_EQ(FractionMade(plan, progress), 0.25);
  plan.video->frame_count = 360;
  EXPECT_EQ(FractionMade(plan, progress), 0.25);
  plan.video->end_frame = 200;
  EXPECT_EQ(FractionMade(plan, progress), 0.75);
  plan.video->end_frame = 150;
  EXPECT_EQ(FractionMade(plan, progress), 1);
  EXPECT_EQ(FractionMade(plan, ProgressReader()), 0);
}

TEST(SegmentCutter, HandsOnTheInitAndThenWholeSegments) {
  const std::string init = support::MakeInit({});
  const std::string first = support::MakeFragment({.sequence_number = 1});
  const std::string second = support::MakeFragment({.sequence_number = 2});
  const std::string file = init + first + second + support::MakeBox("mfra", "index");
  for (const std::size_t piece_size : {std::size_t{1}, std::size_t{100}, file.size()}) {
    SegmentCutter cutter;
    std::vector<SegmentCutter::Piece> pieces;
    for (std::size_t at = 0; at < file.size(); at += piece_size) {
      auto more = cutter.Push(blob::Bytes(file.substr(at, piece_size)));
      ASSERT_TRUE(more);
      std::ranges::move(*more, std::back_inserter(pieces));
    }
    ASSERT_EQ(pieces.size(), 3U);
    EXPECT_TRUE(pieces[0].is_init);
    EXPECT_EQ(pieces[0].bytes.Flatten(), init);
    EXPECT_EQ(pieces[1].bytes.Flatten(), first);
    EXPECT_EQ(pieces[2].bytes.Flatten(), second);
    EXPECT_TRUE(cutter.Finish());
    EXPECT_EQ(cutter.segment_count(), 2U);
  }
}

TEST(SegmentCutter, RefusesBoxesOutOfOrder) {
  const std::string init = support::MakeInit({});
  const std::string moof = support::MakeBox("moof", "");
  const std::string mdat = support::MakeBox("mdat", "");
  const std::string two_moofs = moof + moof;
  for (const std::string& file :
       {moof, mdat, init + mdat, init + two_moofs, init + init, support::MakeBox("moov", "")}) {
    SegmentCutter cutter;
    EXPECT_FALSE(cutter.Push(blob::Bytes(file)));
  }
  for (const std::string& file : {init + moof, init.substr(0, 30)}) {
    SegmentCutter cutter;
    EXPECT_TRUE(cutter.Push(blob::Bytes(file)));
    EXPECT_FALSE(cutter.Finish());
  }
  SegmentCutter cutter;
  EXPECT_FALSE(cutter.Push(blob::Bytes(std::string(8, '\xff'))));
}

TEST(ParseLoudness, ReadsTheSummaryAndNothingOfSilence) {
  const auto text = [](std::string_view integrated, std::string_view peak) {
    return fmt::format(
        "I: 5 LUFS\n[Parsed_ebur128_0 @ 0x1] Summary:\n\n  Integrated loudness:\n"
        "    I:         {} LUFS\n    Threshold: -31.8 LUFS\n\n  True peak:\n    Peak:      {} "
        "dBFS\n",
        integrated, peak);
  };
  const auto loud = ParseLoudness(text("-21.8", "-12.1"));
  ASSERT_TRUE(loud.has_value() && loud->has_value());
  EXPECT_EQ(**loud, (media::Loudness{.integrated_lufs = -21.8, .true_peak_dbfs = -12.1}));
  EXPECT_EQ(ParseLoudness(text("-70.0", "-90.1")).value(), std::nullopt);
  EXPECT_EQ(ParseLoudness(text("-20.0", "-inf")).value(), std::nullopt);
  EXPECT_EQ(ParseLoudness("Conversion failed!").error().code(), ErrorCode::kInternal);
}

TEST(ParseSimilarities, ReadsWhatEachFilterHasPrintedLast) {
  const std::string text =
      "    title : [ssim@0 @ 0x0] SSIM Y:0 U:0 V:0 All:0.5 (3)\n"
      "[ssim@1 @ 0x2] SSIM Y:0.891559 (9.6) U:0.8 (9.5) V:0.8 (9.5) All:0.890693 (9.613503)\n"
      "[ssim@0 @ 0x1] SSIM Y:1.000000 (inf) U:1.000000 (inf) V:1.000000 (inf) All:1.000000 (inf)\n";
  EXPECT_THAT(ParseSimilarities(text, 2).value(), ElementsAre(1, 0.890693));
  EXPECT_EQ(ParseSimilarities(text, 3).error().code(), ErrorCode::kInternal);
  EXPECT_FALSE(ParseSimilarities("[ssim@0 @ 0x1] SSIM All:nonsense\n", 1));
  EXPECT_FALSE(ParseSimilarities("[ssim@0 @ 0x1] SSIM All:nan\n", 1));
  EXPECT_FALSE(ParseSimilarities("[ssim@0 @ 0x1] SSIM\nAll:0.5\n", 1));
}

}  // namespace
}  // namespace tritontube::ffmpeg
