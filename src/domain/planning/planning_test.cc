#include "domain/planning/planning.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace tritontube::planning {
namespace {

using media::AudioStream;
using media::Container;
using media::Rational;
using media::Source;
using media::VideoStream;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

AudioStream Sound(int index = 1) {
  AudioStream stream;
  stream.index = index;
  stream.channels = 2;
  stream.sample_rate = 48'000;
  stream.duration_seconds = 60;
  return stream;
}

// One minute of 1080p24 with sound, the most ordinary upload.
Source Ordinary() {
  VideoStream picture;
  picture.width = 1920;
  picture.height = 1080;
  picture.average_frame_rate = {24, 1};
  picture.nominal_frame_rate = {24, 1};
  picture.duration_seconds = 60;
  picture.frame_count = 1440;
  Source source;
  source.duration_seconds = 60;
  source.video = {picture};
  source.audio = {Sound()};
  return source;
}

Source WithSize(int width, int height) {
  Source source = Ordinary();
  source.video[0].width = width;
  source.video[0].height = height;
  return source;
}

Source WithRate(Rational average, Rational nominal) {
  Source source = Ordinary();
  source.video[0].average_frame_rate = average;
  source.video[0].nominal_frame_rate = nominal;
  source.video[0].frame_count = 0;
  return source;
}

media::EncodePlan Plan(const Source& source) {
  auto plan = PlanEncode(source);
  EXPECT_TRUE(plan.has_value()) << plan.error().message();
  return plan.value_or(media::EncodePlan{});
}

std::vector<std::string> Sizes(const Source& source) {
  std::vector<std::string> sizes;
  for (const media::VideoRung& rung : Plan(source).video.value().rungs) {
    sizes.push_back(fmt::format("{} {}x{}", rung.id, rung.width, rung.height));
  }
  return sizes;
}

void ExpectRefused(const Source& source, const std::string& reason) {
  const auto plan = PlanEncode(source);
  ASSERT_FALSE(plan.has_value()) << reason;
  EXPECT_EQ(plan.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(plan.error().message(), HasSubstr(reason));
}

TEST(PlanEncode, GivesAnOrdinaryUploadTheWholeLadder) {
  const media::EncodePlan plan = Plan(Ordinary());
  ASSERT_TRUE(plan.video.has_value());
  EXPECT_EQ(plan.output_count(), 6U);
  EXPECT_EQ(plan.video->frame_rate, (Rational{24, 1}));
  EXPECT_EQ(plan.video->frames_per_segment, 96);
  EXPECT_EQ(plan.video->frame_count, 1440);
  EXPECT_EQ(plan.video->timescale, 12'288U);
  EXPECT_FALSE(plan.video->deinterlace || plan.video->tone_map || plan.video->pad_start);
  EXPECT_EQ(plan.duration_seconds, 60);
  EXPECT_EQ(plan.start_seconds, 0);
  EXPECT_EQ(plan.segment_seconds, 4);
  EXPECT_FALSE(plan.remux_first);
}

TEST(PlanEncode, CapsTheRateOfEachRung) {
  std::vector<std::int64_t> caps;
  for (const auto& rung : Plan(Ordinary()).video->rungs) {
    caps.push_back(rung.bits_per_second_max);
    EXPECT_EQ(rung.buffer_bits, 2 * rung.bits_per_second_max);
    EXPECT_EQ(rung.crf, 23);
  }
  EXPECT_THAT(caps, ElementsAre(5'000'000, 2'800'000, 1'400'000, 800'000, 400'000));
}

TEST(PlanEncode, AllowsFastPicturesHalfAsMuchAgain) {
  EXPECT_EQ(Plan(WithRate({50, 1}, {50, 1})).video->rungs[0].bits_per_second_max, 7'500'000);
  EXPECT_EQ(Plan(WithRate({30, 1}, {30, 1})).video->rungs[0].bits_per_second_max, 5'000'000);
}

TEST(Ladder, CountsTheShortSideAndNeverEnlarges) {
  EXPECT_THAT(Sizes(WithSize(1920, 1080)),
              ElementsAre("v1080 1920x1080", "v720 1280x720", "v480 854x480", "v360 640x360",
                          "v240 426x240"));
  EXPECT_THAT(Sizes(WithSize(7680, 4320)).front(), "v1080 1920x1080");
  EXPECT_THAT(Sizes(WithSize(1080, 1920)).front(), "v1080 1080x1920");
  EXPECT_THAT(Sizes(WithSize(960, 540)),
              ElementsAre("v540 960x540", "v360 640x360", "v240 426x240"));
  EXPECT_THAT(Sizes(WithSize(854, 480)).front(), "v480 854x480");
  EXPECT_THAT(Sizes(WithSize(320, 240)), ElementsAre("v240 320x240"));
  EXPECT_THAT(Sizes(WithSize(128, 128)), ElementsAre("v128 128x128"));
  EXPECT_THAT(Sizes(WithSize(3026, 1386)).front(), "v1080 2358x1080");
}

TEST(Ladder, HasNoTwoRungsThatLookAlike) {
  EXPECT_THAT(Sizes(WithSize(448, 252)), ElementsAre("v252 448x252"));
  // A factor of 1.15 is the least; the rungs below the top are always further apart.
  EXPECT_THAT(Sizes(WithSize(490, 276)), ElementsAre("v276 490x276", "v240 426x240"));
  EXPECT_THAT(Sizes(WithSize(488, 274)), ElementsAre("v274 488x274"));
  for (int height = 240; height <= 1200; height += 2) {
    const auto rungs = Plan(WithSize(height * 16 / 9, height)).video.value().rungs;
    for (std::size_t i = 1; i < rungs.size(); ++i) {
      EXPECT_GE(rungs[i - 1].height, rungs[i].height * 1.15) << height;
    }
  }
}

TEST(Ladder, RoundsOddSizesDownToEvenOnes) {
  EXPECT_THAT(Sizes(WithSize(641, 359)), ElementsAre("v358 640x358", "v240 428x240"));
}

TEST(Ladder, KeepsVeryWidePicturesWithinWhatDecodersTake) {
  EXPECT_THAT(Sizes(WithSize(8000, 1000)).front(), "v512 4096x512");
}

TEST(Ladder, HoldsAnOddSizeToTheNextStepsRate) {
  EXPECT_EQ(Plan(WithSize(960, 540)).video->rungs[0].bits_per_second_max, 2'800'000);
  EXPECT_EQ(Plan(WithSize(128, 128)).video->rungs[0].bits_per_second_max, 400'000);
}

TEST(PlanEncode, TurnsAPhoneClipUpright) {
  Source source = WithSize(640, 360);
  for (const int degrees : {90, 270, -90}) {
    source.video[0].rotation_degrees = degrees;
    EXPECT_THAT(Sizes(source), ElementsAre("v360 360x640", "v240 240x426"));
  }
  source.video[0].rotation_degrees = 180;
  EXPECT_THAT(Sizes(source).front(), "v360 640x360");
}

TEST(PlanEncode, MakesPixelsSquare) {
  Source source = WithSize(450, 360);
  source.video[0].sample_aspect = {64, 45};
  EXPECT_THAT(Sizes(source).front(), "v360 640x360");
  source = WithSize(640, 360);
  source.video[0].sample_aspect = {2, 1};
  EXPECT_THAT(Sizes(source).front(), "v360 1280x360");
  source = WithSize(720, 480);
  source.video[0].sample_aspect = {32, 27};
  EXPECT_THAT(Sizes(source).front(), "v480 854x480");
}

TEST(PlanEncode, IgnoresSampleAspectsThatCannotBe) {
  Source source = WithSize(640, 360);
  for (const Rational aspect : {Rational{0, 1}, Rational{0, 0}, Rational{1, 0}, Rational{-4, 3},
                                Rational{4, -3}, Rational{1, 1280}, Rational{1280, 1}}) {
    source.video[0].sample_aspect = aspect;
    EXPECT_THAT(Sizes(source).front(), "v360 640x360");
  }
}

TEST(FrameGrid, MakesWholeTicksAndSegmentsOfAboutFourSeconds) {
  const struct {
    Rational rate;
    std::int64_t frames;
    std::uint32_t timescale;
  } rows[] = {{{24'000, 1001}, 96, 24'000},  {{24, 1}, 96, 12'288},  {{25, 1}, 100, 12'800},
              {{30'000, 1001}, 120, 30'000}, {{30, 1}, 120, 15'360}, {{60, 1}, 240, 30'720},
              {{25, 2}, 50, 12'800},         {{10, 1}, 40, 5'120},   {{5, 1}, 20, 2'560}};
  for (const auto& row : rows) {
    const media::EncodePlan plan = Plan(WithRate(row.rate, row.rate));
    EXPECT_EQ(plan.video->frames_per_segment, row.frames);
    EXPECT_EQ(plan.video->timescale, row.timescale);
    EXPECT_EQ(row.timescale * row.rate.denominator % row.rate.numerator, 0);
    EXPECT_DOUBLE_EQ(plan.segment_seconds, static_cast<double>(row.frames) / row.rate.AsDouble());
  }
}

TEST(PlanEncode, InterlacedAndHdrPicturesAreConverted) {
  Source source = WithRate({25, 1}, {50, 1});
  source.video[0].interlaced = true;
  source.video[0].color_transfer = "smpte2084";
  EXPECT_TRUE(Plan(source).video->deinterlace);
  EXPECT_TRUE(Plan(source).video->tone_map);
  EXPECT_EQ(Plan(source).video->frame_rate, (Rational{25, 1}));
  source.video[0].color_transfer = "arib-std-b67";
  EXPECT_TRUE(Plan(source).video->tone_map);
  source.video[0].color_transfer = "bt709";
  EXPECT_FALSE(Plan(source).video->tone_map);
}

TEST(PlanEncode, PlansVideoWithoutSoundAndSoundWithoutVideo) {
  Source silent = Ordinary();
  silent.audio.clear();
  EXPECT_THAT(Plan(silent).audio, IsEmpty());
  Source song = Ordinary();
  song.video.clear();
  song.cover_picture_index = 0;
  EXPECT_FALSE(Plan(song).video.has_value());
  EXPECT_EQ(Plan(song).segment_seconds, 4);
  EXPECT_EQ(Plan(song).duration_seconds, 60);
  EXPECT_EQ(Plan(song).output_count(), 1U);
}

TEST(PlanEncode, PublishesEveryLanguageAndTheFirstByDefault) {
  Source source = Ordinary();
  source.audio = {Sound(1), Sound(2), Sound(3)};
  source.audio[0].language = "ENG";
  source.audio[0].title = "Director\xE2\x80\x99s comments";
  source.audio[1].language = "fra";
  source.audio[1].is_default = true;
  source.audio[2].language = "und";
  const auto audio = Plan(source).audio;
  ASSERT_EQ(audio.size(), 3U);
  EXPECT_EQ(audio[0].id, "a0");
  EXPECT_EQ(audio[0].language, "eng");
  EXPECT_EQ(audio[0].label, "Director\xE2\x80\x99s comments");
  EXPECT_TRUE(audio[0].is_default);
  EXPECT_EQ(audio[1].id, "a1");
  EXPECT_EQ(audio[1].stream_index, 2);
  EXPECT_EQ(audio[1].language, "fra");
  EXPECT_FALSE(audio[1].is_default);
  EXPECT_EQ(audio[2].language, "");
  EXPECT_EQ(audio[2].channels, 2);
  EXPECT_EQ(audio[2].sample_rate, 48'000);
}

TEST(PlanEncode, CleansWhatTheFileSaysOfItsTracks) {
  Source source = Ordinary();
  const struct {
    std::string language;
    std::string title;
    std::string expected_language;
    std::string expected_label;
  } rows[] = {
      {"en-US", "a\nb\x7f\x01", "en-us", "ab"},
      {"\"><x", "bad \xff\xc3(utf", "", "bad (utf"},
      {"e", "right-to-left \xE2\x80\xAE override", "", "right-to-left  override"},
      {"-en", std::string(300, 'x'), "", std::string(100, 'x')},
      {"en-", "", "", ""},
      {std::string(36, 'a'), "\xEF\xBF\xBF", "", ""},
  };
  for (const auto& row : rows) {
    source.audio[0].language = row.language;
    source.audio[0].title = row.title;
    EXPECT_EQ(Plan(source).audio[0].language, row.expected_language);
    EXPECT_EQ(Plan(source).audio[0].label, row.expected_label);
  }
}

TEST(PlanEncode, UsesAtMostEightAudioTracksAndSkipsBrokenOnes) {
  Source source = Ordinary();
  source.audio.assign(120, Sound());
  source.audio[0].channels = 0;
  source.audio[1].sample_rate = -1;
  source.audio[2].index = -1;
  for (int i = 3; i < 120; ++i) source.audio[static_cast<std::size_t>(i)].index = i;
  const auto audio = Plan(source).audio;
  ASSERT_EQ(audio.size(), 8U);
  EXPECT_EQ(audio[0].stream_index, 3);
  EXPECT_TRUE(audio[0].is_default);
}

TEST(PlanEncode, LeavesOutSoundThatNothingDecodes) {
  Source source = Ordinary();
  source.audio = {Sound(1), Sound(2)};
  source.audio[0].is_decodable = false;
  const media::EncodePlan plan = Plan(source);
  ASSERT_EQ(plan.audio.size(), 1U);
  EXPECT_EQ(plan.audio[0].id, "a0");
  EXPECT_EQ(plan.audio[0].stream_index, 2);
  EXPECT_TRUE(plan.audio[0].is_default);
  EXPECT_EQ(plan.undecodable_audio_count, 1U);

  source.audio[1].is_decodable = false;
  EXPECT_THAT(Plan(source).audio, IsEmpty());
  source.video.clear();
  ExpectRefused(source, "a format that we cannot decode");
}

TEST(PlanEncode, BeginsAtTheFirstStreamAndPadsALaterPicture) {
  Source source = Ordinary();
  source.start_seconds = 1.42;
  source.video[0].start_seconds = 3.42;
  source.audio[0].start_seconds = 1.42;
  const media::EncodePlan plan = Plan(source);
  EXPECT_DOUBLE_EQ(plan.start_seconds, 1.42);
  EXPECT_TRUE(plan.video->pad_start);
  EXPECT_EQ(plan.video->frame_count, 62 * 24);
  EXPECT_DOUBLE_EQ(plan.duration_seconds, 62);
}

TEST(PlanEncode, DoesNotPadWhatIsLessThanHalfAFrame) {
  Source source = Ordinary();
  source.video[0].start_seconds = 0.02;
  EXPECT_FALSE(Plan(source).video->pad_start);
  source.video[0].start_seconds = 0.021;
  EXPECT_TRUE(Plan(source).video->pad_start);
}

TEST(PlanEncode, DoesNotShowTheRunUpOfAnEncoder) {
  Source source = Ordinary();
  source.audio[0].start_seconds = -0.021;
  EXPECT_EQ(Plan(source).start_seconds, 0);
  source.audio[0].start_seconds = -2;
  EXPECT_EQ(Plan(source).start_seconds, -2);
}

TEST(PlanEncode, LastsAsLongAsItsLongestStream) {
  Source source = Ordinary();
  source.video[0].duration_seconds = 2;
  source.video[0].frame_count = 48;
  source.audio[0].duration_seconds = 8;
  EXPECT_EQ(Plan(source).duration_seconds, 8);
  EXPECT_EQ(Plan(source).video->frame_count, 48);
}

TEST(PlanEncode, TakesTheContainersDurationForAStreamThatHasNone) {
  Source source = Ordinary();
  source.video[0].duration_seconds = 0;
  source.duration_seconds = 6.033;
  source.audio.clear();
  source.video[0].frame_count = 0;
  EXPECT_EQ(Plan(source).video->frame_count, 145);
}

TEST(PlanEncode, PlansAFileThatDoesNotKnowItsDuration) {
  Source source = Ordinary();
  source.container = Container::kMatroska;
  source.duration_seconds = 0;
  source.video[0].duration_seconds = 0;
  source.audio[0].duration_seconds = kNan;
  EXPECT_EQ(Plan(source).duration_seconds, 0);
  EXPECT_EQ(Plan(source).video->frame_count, 0);
}

TEST(PlanEncode, OnePictureIsAVideo) {
  Source source = Ordinary();
  source.audio.clear();
  source.duration_seconds = source.video[0].duration_seconds = 0.001;
  source.video[0].frame_count = 1;
  EXPECT_EQ(Plan(source).video->frame_count, 1);
}

TEST(PlanEncode, RemuxesWhatHasNoIndex) {
  Source source = Ordinary();
  for (const Container container : {Container::kMpegTs, Container::kMpegPs, Container::kFlv}) {
    source.container = container;
    EXPECT_TRUE(Plan(source).remux_first) << ToString(container);
    EXPECT_EQ(Plan(source).container, container);
  }
  source.container = Container::kMatroska;
  EXPECT_FALSE(Plan(source).remux_first);
}

TEST(PlanEncode, RefusesWhatHoldsNeitherPictureNorSound) {
  ExpectRefused(Source{}, "neither video nor audio");
  Source source;
  source.audio = {AudioStream{}};
  source.video = {VideoStream{}};
  source.video[0].index = -1;
  ExpectRefused(source, "neither video nor audio");
}

TEST(PlanEncode, RefusesAFewPicturesSpreadOverHours) {
  Source source = Ordinary();
  source.duration_seconds = source.video[0].duration_seconds = 36'000;
  source.video[0].frame_count = 2;
  ExpectRefused(source, "only 2 pictures");
  // Exactly at the limit, then one frame over it.
  source.video[0].frame_count = 42;
  source.video[0].duration_seconds = 60;
  EXPECT_TRUE(PlanEncode(source).has_value());
  source.video[0].frame_count = 41;
  ExpectRefused(source, "only 41 pictures");
}

TEST(PlanEncode, RefusesToPadHoursInFrontOfAPicture) {
  Source source = Ordinary();
  source.video[0].start_seconds = 36'000;
  ExpectRefused(source, "only 1440 pictures");
  source.video[0].frame_count = 0;
  source.video[0].duration_seconds = source.duration_seconds = 0;
  source.video[0].start_seconds = 1e9;
  ExpectRefused(source, "hours");
}

TEST(PlanEncode, RefusesMoreThanTwelveHours) {
  Source source = Ordinary();
  source.video[0].frame_count = 0;
  source.video[0].duration_seconds = 12.0 * 3600;
  EXPECT_TRUE(PlanEncode(source).has_value());
  source.video[0].duration_seconds = 12.2 * 3600;
  ExpectRefused(source, "12.2 hours long; at most 12 hours");
}

TEST(PlanEncode, RefusesPicturesThatAreTooLargeOrNoPictures) {
  EXPECT_TRUE(PlanEncode(WithSize(8000, 5000)).has_value());
  ExpectRefused(WithSize(8001, 5000), "at most 40 megapixels");
  ExpectRefused(WithSize(65'535, 65'535), "megapixels");
  constexpr int kMax = std::numeric_limits<int>::max();
  for (const auto& [width, height] : {std::pair{0, 0},
                                      {0, 360},
                                      {-640, 360},
                                      {kMax, kMax},
                                      {640, std::numeric_limits<int>::min()},
                                      {65'536, 2}}) {
    ExpectRefused(WithSize(width, height), "the video says its pictures are");
  }
  ExpectRefused(WithSize(15, 15), "too small");
  ExpectRefused(WithSize(60'000, 100), "too narrow");
}

// No number may bring the planner down, whatever the outcome.
TEST(PlanEncode, SurvivesEveryCombinationOfAbsurdTimes) {
  const double times[] = {0, -1, 1e-300, -1e300, 1e300, kNan, kInfinity, -kInfinity, 1e9};
  for (const double start : times) {
    for (const double duration : times) {
      for (const double whole : times) {
        for (const std::int64_t count :
             {std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::min()}) {
          Source source = Ordinary();
          source.start_seconds = start;
          source.duration_seconds = whole;
          source.video[0].start_seconds = start;
          source.video[0].duration_seconds = duration;
          source.video[0].frame_count = count;
          source.video[0].average_frame_rate = {0, 0};
          source.audio[0].start_seconds = duration;
          source.audio[0].duration_seconds = start;
          const auto plan = PlanEncode(source);
          if (!plan) continue;
          EXPECT_TRUE(plan->duration_seconds >= 0 && plan->duration_seconds <= 12.0 * 3600);
          EXPECT_TRUE(std::isfinite(plan->start_seconds));
          EXPECT_LE(plan->video->frame_count, 12 * 3600 * 60);
        }
      }
    }
  }
}

}  // namespace
}  // namespace tritontube::planning
