#include <cmath>

#include "adapters/ffmpeg/extra_tools.h"
#include "adapters/ffmpeg/tools_fixture_test.h"
#include "domain/timed_text/caption_parser.h"

// The real ffmpeg makes extras, and hostile ones.
namespace tritontube::ffmpeg {
namespace {

class ExtrasTest : public ToolsTest {
 protected:
  // Pictures as bright as the second they are shown in, times eight, as one of
  // our renditions: fragments of four seconds that begin at `start_seconds`.
  media::MediaFile Rendition(double seconds, double start_seconds = 0) {
    std::filesystem::path file =
        Clip("rendition.mp4",
             fmt::format("-f lavfi -i \"color=black:s=320x180:r=24:d={0},"
                         "geq=lum='16+floor(T+{1})*8':cb=128:cr=128,setpts=PTS+{1}/TB\" -copyts "
                         "-c:v libx264 -crf 10 -g 96 -keyint_min 96 -sc_threshold 0 -bf 2 "
                         "-pix_fmt yuv420p -avoid_negative_ts disabled -muxdelay 0 "
                         "-movflags +cmaf+frag_keyframe+frag_discont+delay_moov -f mp4",
                         seconds, start_seconds));
    return {.path = std::move(file), .duration_seconds = seconds};
  }
  media::MediaFile Sound(std::string_view filter) {
    return {.path = Clip("sound.mp4", fmt::format("-f lavfi -i \"{}\" -c:a aac -movflags "
                                                  "+delay_moov+default_base_moof "
                                                  "-frag_duration 4000000 -f mp4",
                                                  filter)),
            .duration_seconds = 8};
  }

  // "width,height" of a JPEG.
  std::string SizeOf(const blob::Bytes& jpeg) {
    Save(jpeg);
    const std::string size =
        Shell(fmt::format("ffprobe -v error -f jpeg_pipe -show_entries "
                          "stream=width,height -of csv=p=0 {}",
                          path("picture").string()));
    return size.substr(0, size.find('\n'));
  }
  // How bright a spot of a JPEG is, in the seconds of Rendition().
  double SecondAt(const blob::Bytes& jpeg, int x, int y) {
    Save(jpeg);
    const std::string bytes = Shell(
        fmt::format("ffmpeg -v error -nostdin -f jpeg_pipe -i {} -vf crop=8:8:{}:{},scale=1:1:"
                    "out_range=pc -f rawvideo -pix_fmt gray pipe:1",
                    path("picture").string(), x, y));
    // Full range again: 16 to 235 have become 0 to 255.
    return static_cast<unsigned char>(bytes[0]) * (219.0 / 255) / 8;
  }

  FfmpegExtraTools extras_{TestOptions()};

 private:
  void Save(const blob::Bytes& jpeg) {
    std::ofstream(path("picture"), std::ios::binary) << jpeg.Flatten();
  }
};

TEST_F(ExtrasTest, ShowsInEachTileThePictureOfItsSecond) {
  const auto sheet = Await(extras_.MakeSheet(
      Rendition(12),
      {.tile_width = 160, .tile_height = 90, .tile_count = 12, .interval_seconds = 1}, Soon()));
  ASSERT_TRUE(sheet.has_value()) << sheet.error().message();
  EXPECT_EQ(SizeOf(*sheet), "1600,180");
  for (int tile = 0; tile < 12; ++tile) {
    EXPECT_NEAR(SecondAt(*sheet, tile % 10 * 160 + 80, tile / 10 * 90 + 45), tile, 0.4) << tile;
  }
}

TEST_F(ExtrasTest, ShowsTheFirstPictureOfEachSegmentWhenOnlyThoseAreDecoded) {
  const auto sheet = Await(extras_.MakeSheet(
      Rendition(12, 8), {.tile_width = 160, .tile_height = 90, .tile_count = 3}, Soon()));
  ASSERT_TRUE(sheet.has_value()) << sheet.error().message();
  EXPECT_EQ(SizeOf(*sheet), "1600,90");
  for (int tile = 0; tile < 3; ++tile) {
    EXPECT_NEAR(SecondAt(*sheet, tile * 160 + 80, 45), 8 + tile * 4, 0.4) << tile;
  }
}

TEST_F(ExtrasTest, TakesTheStillOfAMomentOnTheClockOfThePresentation) {
  const auto still = Await(extras_.MakeStill(Rendition(4, 12), 14.5, Soon()));
  ASSERT_TRUE(still.has_value()) << still.error().message();
  EXPECT_EQ(SizeOf(*still), "320,180");
  EXPECT_NEAR(SecondAt(*still, 100, 100), 14, 0.4);
}

TEST_F(ExtrasTest, MeasuresLoudnessAndFindsNoneInSilence) {
  const auto loud =
      Await(extras_.MeasureLoudness(Sound("sine=frequency=1000:duration=8,volume=4"), Soon()));
  ASSERT_TRUE(loud.has_value()) << loud.error().message();
  ASSERT_TRUE(loud->has_value());
  EXPECT_NEAR((*loud)->integrated_lufs, -9.1, 1.5);
  // The sine has -6 dB; the encoder overshoots where it sets in.
  EXPECT_GT((*loud)->true_peak_dbfs, -7);
  EXPECT_LT((*loud)->true_peak_dbfs, 0.5);
  const auto silence = Await(extras_.MeasureLoudness(Sound("anullsrc=duration=8"), Soon()));
  ASSERT_TRUE(silence.has_value()) << silence.error().message();
  EXPECT_EQ(*silence, std::nullopt);
}

TEST_F(ExtrasTest, ReadsTheSubtitlesThatContainersCarry) {
  std::ofstream(path("in.srt")) << "1\n00:00:01,000 --> 00:00:02,000\n<i>Hello</i> & <b>you</b>\n";
  for (const auto& [name, arguments] : {
           std::pair("a.mp4", "-c:s mov_text"),
           std::pair("b.mkv", "-c:s srt"),
           std::pair("c.mkv", "-c:s ass"),
       }) {
    const std::filesystem::path file = Clip(
        name,
        fmt::format(
            "-f lavfi -i testsrc2=s=320x180:d=4 -i {} -c:v libx264 {} -metadata:s:s language=eng",
            path("in.srt").string(), arguments));
    const auto plan = Plan(file);
    ASSERT_TRUE(plan.has_value()) << plan.error().message();
    ASSERT_EQ(plan->subtitles.size(), 1U) << name;
    EXPECT_EQ(plan->subtitles[0].language, "eng") << name;
    const auto text = Await(extras_.ReadSubtitles({.path = file, .container = plan->container},
                                                  plan->subtitles[0].stream_index, Soon()));
    ASSERT_TRUE(text.has_value()) << text.error().message();
    const auto cues = timed_text::ParseCaptions(*text);
    ASSERT_TRUE(cues.has_value()) << cues.error().message() << *text;
    EXPECT_EQ(cues->front().start, std::chrono::milliseconds(1000)) << name;
    EXPECT_TRUE(cues->front().text.contains("Hello")) << cues->front().text;
  }
}

TEST_F(ExtrasTest, MakesPicturesOfEveryKindAnewAndNoLargerThanAPoster) {
  for (const auto& [name, format] : {std::pair("a.jpg", media::PictureFormat::kJpeg),
                                     std::pair("a.png", media::PictureFormat::kPng),
                                     std::pair("a.webp", media::PictureFormat::kWebp)}) {
    const auto picture = Await(extras_.MakePicture(
        Clip(name, "-f lavfi -i testsrc2=s=2000x1000:d=1 -frames:v 1"), format, Soon()));
    ASSERT_TRUE(picture.has_value()) << name << ": " << picture.error().message();
    EXPECT_EQ(SizeOf(*picture), "1280,640") << name;
  }
}

TEST_F(ExtrasTest, RefusesPicturesThatAreNoneOrTooLarge) {
  std::ofstream(path("noise.jpg"), std::ios::binary) << "\xFF\xD8\xFF" << std::string(5000, 'x');
  const auto noise =
      Await(extras_.MakePicture(path("noise.jpg"), media::PictureFormat::kJpeg, Soon()));
  EXPECT_FALSE(noise.has_value());
  const auto bomb = Await(
      extras_.MakePicture(Clip("bomb.png", "-f lavfi -i color=black:s=16000x16000:d=1 -frames:v 1"),
                          media::PictureFormat::kPng, Soon()));
  EXPECT_FALSE(bomb.has_value());
}

TEST_F(ExtrasTest, ShowsSoundByItsCoverOrItsWaveform) {
  const std::filesystem::path sound = Clip("sound.m4a", "-f lavfi -i sine=d=4 -c:a aac");
  auto plan = Plan(sound);
  ASSERT_TRUE(plan.has_value()) << plan.error().message();
  const auto waveform = Await(tools().MakePoster(sound, scratch(), *plan, Soon()));
  ASSERT_TRUE(waveform.has_value()) << waveform.error().message();
  EXPECT_EQ(SizeOf(*waveform), "1280,720");

  Clip("cover.png", "-f lavfi -i testsrc2=s=400x400:d=1 -frames:v 1");
  const std::filesystem::path song = Clip(
      "song.m4a", fmt::format("-i {} -i {} -map 0 -map 1 -c copy -disposition:v:0 attached_pic",
                              sound.string(), path("cover.png").string()));
  plan = Plan(song);
  ASSERT_TRUE(plan.has_value()) << plan.error().message();
  ASSERT_TRUE(plan->cover_picture_index.has_value());
  const auto cover = Await(tools().MakePoster(song, scratch(), *plan, Soon()));
  ASSERT_TRUE(cover.has_value()) << cover.error().message();
  EXPECT_EQ(SizeOf(*cover), "400,400");
}

}  // namespace
}  // namespace tritontube::ffmpeg
