#include "domain/planning/plan_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

#include "domain/planning/planning.h"

namespace tritontube::planning {
namespace {

// No member has its default.
media::EncodePlan FullPlan() {
  media::EncodePlan plan;
  plan.container = media::Container::kMpegTs;
  plan.duration_seconds = 60.1;
  plan.start_seconds = -1.0 / 3;
  plan.segment_seconds = 4.004;
  plan.video = media::VideoPlan{.stream_index = 3,
                                .frame_rate = {30'000, 1001},
                                .frames_per_segment = 120,
                                .frame_count = 1801,
                                .first_frame = 240,
                                .end_frame = 480,
                                .cuts = {96, 240, 480},
                                .timescale = 30'000,
                                .deinterlace = true,
                                .tone_map = true,
                                .pad_start = true,
                                .rungs = {{.id = "v720",
                                           .width = 1280,
                                           .height = 720,
                                           .crf = 22,
                                           .bits_per_second_max = 2'800'000,
                                           .buffer_bits = 5'600'000},
                                          {.id = "v360",
                                           .width = 640,
                                           .height = 360,
                                           .crf = 24,
                                           .bits_per_second_max = 800'000,
                                           .buffer_bits = 1'600'000}}};
  plan.audio = {{.id = "a0",
                 .stream_index = 1,
                 .track_id = 2,
                 .bits_per_second = 96'000,
                 .sample_rate = 44'100,
                 .channels = 1,
                 .language = "de",
                 .label = "Kommentar \"1\" — laut",
                 .is_default = true}};
  plan.undecodable_audio_count = 2;
  plan.subtitles = {{.stream_index = 5, .language = "fr", .label = "Forcés"}};
  plan.cover_picture_index = 7;
  plan.remux_first = true;
  return plan;
}

std::optional<ErrorCode> FaultOf(std::string_view text) {
  const auto read = PlanFromJson(text);
  if (read) return std::nullopt;
  return read.error().code();
}

TEST(PlanJson, KeepsEveryMember) {
  const auto read = PlanFromJson(PlanToJson(FullPlan()));
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(*read, FullPlan());
}

TEST(PlanJson, KeepsAPlanOfPicturesAloneAndOneOfSoundAlone) {
  media::EncodePlan pictures = FullPlan();
  pictures.audio.clear();
  pictures.subtitles.clear();
  pictures.cover_picture_index.reset();
  pictures.video->cuts.clear();
  pictures.video->end_frame = 0;
  EXPECT_EQ(PlanFromJson(PlanToJson(pictures)).value(), pictures);
  media::EncodePlan sound = FullPlan();
  sound.video.reset();
  EXPECT_EQ(PlanFromJson(PlanToJson(sound)).value(), sound);
}

TEST(PlanJson, KeepsWhatIsPlannedOfASource) {
  media::Source source;
  source.duration_seconds = 12.3456789;
  media::VideoStream video;
  video.width = 1921;
  video.height = 1081;
  video.average_frame_rate = video.nominal_frame_rate = {24'000, 1001};
  video.duration_seconds = 12.3;
  source.video.push_back(video);
  const media::EncodePlan plan = PlanEncode(source).value();
  EXPECT_EQ(PlanFromJson(PlanToJson(plan)).value(), plan);
}

TEST(PlanJson, IsOneLineWithItsFormat) {
  const std::string text = PlanToJson(FullPlan());
  EXPECT_THAT(text, ::testing::HasSubstr(R"("format":1)"));
  EXPECT_EQ(text.find('\n'), std::string::npos);
}

std::string WithQuotes(std::string text) {
  std::ranges::replace(text, '\'', '"');
  return text;
}

// Each in place of what it would have written; quotes are single ones here.
TEST(PlanJson, IsCorruptWhenItWouldNotHaveBeenWritten) {
  const std::string text = PlanToJson(FullPlan());
  const std::vector<std::pair<std::string, std::string>> changes = {
      {"'format':1", "'format':2"},
      {"'format':1", "'format':1.0"},
      {"'format':1,", ""},
      {"'format':1", "'format':1,'more':1"},
      {"'format':1", "'format':1,'format':1"},
      {"{", " {"},
      {"60.1", "60.10"},
      {"60.1", "-60.1"},
      {"60.1", "1e11"},
      {"60.1", "null"},
      {"4.004", "-4.004"},
      {"mpegts", "hls"},
      {"'frame_rate':[30000,1001]", "'frame_rate':[30000]"},
      {"'frame_rate':[30000,1001]", "'frame_rate':[0,1001]"},
      {"'frame_rate':[30000,1001]", "'frame_rate':[30000,0]"},
      {"'frame_rate':[30000,1001]", "'frame_rate':[30000,-1001]"},
      {"'frames_per_segment':120", "'frames_per_segment':0"},
      {"'frame_count':1801", "'frame_count':-1"},
      {"'frame_count':1801", "'frame_count':9223372036854775807"},
      {"'end_frame':480", "'end_frame':240"},
      {"'cuts':[96,240,480]", "'cuts':[96,96,480]"},
      {"'cuts':[96,240,480]", "'cuts':[0,240,480]"},
      {"'cuts':[96,240,480]", "'cuts':[96,'240',480]"},
      {"'timescale':30000", "'timescale':0"},
      {"'timescale':30000", "'timescale':29999"},
      {"'timescale':30000", "'timescale':4294967296"},
      {"'tone_map':true", "'tone_map':1"},
      {"'id':'v720'", "'id':'../x'"},
      {"'id':'v720'", "'id':''"},
      {"'id':'v720'", "'id':'v360'"},
      {"'id':'v720'", "'id':'a0'"},
      {"'width':1280", "'width':1281"},
      {"'width':1280", "'width':0"},
      {"'width':1280", "'width':638"},
      {"'crf':22", "'crf':52"},
      {"'buffer_bits':5600000", "'buffer_bits':0"},
      {"'channels':1", "'channels':0"},
      {"'language':'de'", "'language':null"},
      {"'language':'de'", "'language':'" + std::string(1001, 'x') + "'"},
      {"'cover_picture_index':7", "'cover_picture_index':-1"},
      {"'undecodable_audio_count':2", "'undecodable_audio_count':-2"},
      {"'remux_first':true", "'remux_first':null"},
  };
  ASSERT_EQ(FaultOf(text), std::nullopt);
  for (const auto& [from, to] : changes) {
    const std::string written = WithQuotes(from);
    const std::size_t at = text.find(written);
    ASSERT_NE(at, std::string::npos) << from << " in " << text;
    std::string changed = text;
    changed.replace(at, written.size(), WithQuotes(to));
    EXPECT_EQ(FaultOf(changed), ErrorCode::kCorrupt) << to;
  }
  for (std::size_t size = 0; size < text.size(); ++size) {
    EXPECT_EQ(FaultOf(text.substr(0, size)), ErrorCode::kCorrupt) << size;
  }
}

TEST(PlanJson, IsCorruptWithoutARungOrWithTooMuch) {
  media::EncodePlan bare = FullPlan();
  bare.video->rungs.clear();
  EXPECT_EQ(FaultOf(PlanToJson(bare)), ErrorCode::kCorrupt);
  media::EncodePlan wide = FullPlan();
  for (std::int64_t cut = 1; cut <= 10'001; ++cut) wide.video->cuts.push_back(480 + cut);
  EXPECT_EQ(FaultOf(PlanToJson(wide)), ErrorCode::kCorrupt);
  media::EncodePlan loud = FullPlan();
  loud.audio.resize(101, loud.audio.front());
  EXPECT_EQ(FaultOf(PlanToJson(loud)), ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace tritontube::planning
