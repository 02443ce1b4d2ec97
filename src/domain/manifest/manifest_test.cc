#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "domain/manifest/hls.h"
#include "domain/manifest/mpd.h"
#include "domain/manifest/presentation_json.h"
#include "support/fake_presentation.h"

namespace tritontube::manifest {
namespace {

using media::Presentation;
using support::MakePresentation;
using ::testing::HasSubstr;
using ::testing::Not;

Presentation VideoAndAudio() { return MakePresentation().presentation; }

// Compares with tests/golden/<name>; with TRITONTUBE_UPDATE_GOLDEN=1 it writes
// that file instead, for a person to review.
void ExpectGolden(const std::string& name, const std::string& actual) {
  const std::filesystem::path path = std::filesystem::path(TRITONTUBE_GOLDEN_DIR) / name;
  if (std::getenv("TRITONTUBE_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path, std::ios::binary) << actual;
    return;
  }
  std::ifstream file(path, std::ios::binary);
  const std::string expected((std::istreambuf_iterator<char>(file)), {});
  EXPECT_EQ(actual, expected) << "set TRITONTUBE_UPDATE_GOLDEN=1 to rewrite " << path;
}

struct GoldenCase {
  std::string name;
  support::FakePresentationOptions options;
};

class Golden : public testing::TestWithParam<GoldenCase> {};

TEST_P(Golden, ManifestsAreWhatWasReviewed) {
  const Presentation presentation = MakePresentation(GetParam().options).presentation;
  const std::string& name = GetParam().name;
  ExpectGolden(name + ".mpd", WriteMpd(presentation));
  ExpectGolden(name + ".m3u8", WriteMasterPlaylist(presentation));
  ExpectGolden(name + "." + presentation.renditions.back().id + ".m3u8",
               WriteMediaPlaylist(presentation.renditions.back()));
}

const std::vector<media::TextTrack> kCaptions = {
    {.language = "de", .label = "Deutsch & mehr", .version = "AAAAAAAAAAA"},
    {.language = "en", .label = "English", .version = "BBBBBBBBBBB"},
    {.language = "en-x-2", .label = "English", .version = "BBBBBBBBBBB"}};

TEST(Captions, AreInEveryManifestAsWasReviewed) {
  const Presentation presentation = VideoAndAudio();
  ExpectGolden("captions.mpd", WriteMpd(presentation, kCaptions));
  ExpectGolden("captions.m3u8", WriteMasterPlaylist(presentation, kCaptions));
  ExpectGolden("captions.en.m3u8", WriteCaptionPlaylist(kCaptions[1], 12.5));
}

TEST(Captions, GoWithSoundAlone) {
  const Presentation presentation = MakePresentation({.video_renditions = 0}).presentation;
  EXPECT_THAT(WriteMasterPlaylist(presentation, kCaptions), HasSubstr("SUBTITLES=\"captions\""));
}

INSTANTIATE_TEST_SUITE_P(
    Manifest, Golden,
    testing::Values(GoldenCase{"video-audio", {}}, GoldenCase{"video-only", {.audio_tracks = 0}},
                    GoldenCase{"audio-only", {.video_renditions = 0}},
                    GoldenCase{"two-audio-tracks", {.video_renditions = 1, .audio_tracks = 2}}),
    [](const auto& info) {
      std::string name = info.param.name;
      std::erase(name, '-');
      return name;
    });

// The whole is known; so much of it can be had.
TEST(Growing, ListsTheBeginningAsWasReviewed) {
  const Presentation presentation = VideoAndAudio();
  const std::vector<std::size_t> listed = {2, 1, 2};
  ExpectGolden("growing.mpd", WriteMpd(presentation, kCaptions, {.listed = listed}));
  ExpectGolden("growing.v720.m3u8", WriteMediaPlaylist(presentation.renditions[0], 2));
}

// What is said once stays: the manifest that lists everything differs in its
// type alone.
TEST(Growing, EndsWithTheManifestThatWouldHaveBeenWrittenAtOnce) {
  const Presentation presentation = VideoAndAudio();
  const std::vector<std::size_t> listed = {3, 3, 3};
  std::string last = WriteMpd(presentation, {}, {.listed = listed});
  const std::size_t from = last.find("type=\"dynamic\"");
  const std::size_t to = last.find(" mediaPresentationDuration");
  last.replace(from, to - from, "type=\"static\"");
  EXPECT_EQ(last, WriteMpd(presentation));
}

TEST(Growing, KeepsATargetThatTheRestWillKeep) {
  media::Rendition rendition = VideoAndAudio().renditions[0];
  rendition.timescale = 1000;
  rendition.segments = {{.start = 0, .duration = 2000, .size = 1},
                        {.start = 2000, .duration = 9000, .size = 1}};
  EXPECT_THAT(WriteMediaPlaylist(rendition, 1), HasSubstr("TARGETDURATION:9\n"));
  rendition.segments.pop_back();
  EXPECT_THAT(WriteMediaPlaylist(rendition, 1), HasSubstr("TARGETDURATION:4\n"));
}

TEST(WriteMpd, PutsPicturesThatAreCutElsewhereIntoASetOfTheirOwnBehindTheSound) {
  Presentation presentation = VideoAndAudio();
  presentation.renditions[1].segments[1].start += 2 * presentation.renditions[1].timescale / 24 + 1;
  const std::string mpd = WriteMpd(presentation);
  EXPECT_THAT(mpd, HasSubstr("<AdaptationSet id=\"2\" contentType=\"video\""));
  EXPECT_LT(mpd.find("id=\"v720\""), mpd.find("id=\"a0\""));
  EXPECT_LT(mpd.find("id=\"a0\""), mpd.find("id=\"v360\""));
}

// A source counts in other ticks, and not every picture of it is as long.
TEST(WriteMpd, KeepsPicturesTogetherThatAreCutWithinAFrame) {
  Presentation presentation = VideoAndAudio();
  presentation.renditions[1].segments[1].start += presentation.renditions[1].timescale / 25;
  EXPECT_THAT(WriteMpd(presentation), Not(HasSubstr("<AdaptationSet id=\"2\"")));
}

TEST(WriteMpd, WritesATimeWhereTheTimelineBeginsAndWhereItJumps) {
  Presentation presentation =
      MakePresentation({.video_renditions = 1, .audio_tracks = 0}).presentation;
  auto& segments = presentation.renditions[0].segments;
  segments[0].start = 1000;
  segments[1].start = segments[0].start + segments[0].duration;
  segments[2].start = 500'000;
  const std::string text = WriteMpd(presentation);
  EXPECT_THAT(text, HasSubstr("<S t=\"1000\" d=\"49152\" r=\"1\"/>"));
  EXPECT_THAT(text, HasSubstr("<S t=\"500000\" d=\"24576\"/>"));
}

TEST(WriteMpd, WritesFractionalFrameRatesExactly) {
  Presentation presentation = VideoAndAudio();
  presentation.renditions[0].frame_rate = {30'000, 1001};
  EXPECT_THAT(WriteMpd(presentation), HasSubstr("frameRate=\"30000/1001\""));
  EXPECT_THAT(WriteMasterPlaylist(presentation), HasSubstr("FRAME-RATE=29.970"));
}

TEST(Manifests, KeepLabelsFromBecomingMarkup) {
  Presentation presentation = VideoAndAudio();
  presentation.renditions[2].label = "a\"b<c>&d\n#EXTINF,\x01";
  presentation.renditions[2].language = "x\"y";
  const std::string mpd = WriteMpd(presentation);
  EXPECT_THAT(mpd, HasSubstr("<Label>a&quot;b&lt;c&gt;&amp;d#EXTINF,</Label>"));
  EXPECT_THAT(mpd, HasSubstr("lang=\"x&quot;y\""));
  const std::string master = WriteMasterPlaylist(presentation);
  EXPECT_THAT(master, HasSubstr("NAME=\"a b<c>&d #EXTINF, \""));
  EXPECT_THAT(master, Not(HasSubstr("\n#EXTINF")));
}

TEST(WriteMasterPlaylist, GivesTracksOfOneNameDifferentNames) {
  Presentation presentation = MakePresentation({.audio_tracks = 2}).presentation;
  presentation.renditions[3].label = "eng";
  const std::string master = WriteMasterPlaylist(presentation);
  EXPECT_THAT(master, HasSubstr("NAME=\"eng\""));
  EXPECT_THAT(master, HasSubstr("NAME=\"eng (a1)\""));
}

TEST(WriteMasterPlaylist, NamesTracksThatHaveNeitherLabelNorLanguage) {
  Presentation presentation = VideoAndAudio();
  presentation.renditions[2].language = "";
  const std::string master = WriteMasterPlaylist(presentation);
  EXPECT_THAT(master, HasSubstr("NAME=\"Audio 1\""));
  EXPECT_THAT(master, Not(HasSubstr("LANGUAGE")));
}

TEST(WriteMediaPlaylist, HasATargetThatNoSegmentExceedsWhenRounded) {
  media::Rendition rendition = VideoAndAudio().renditions[0];
  rendition.timescale = 1000;
  rendition.segments = {{.start = 0, .duration = 4600, .size = 1},
                        {.start = 4600, .duration = 100, .size = 1}};
  EXPECT_THAT(WriteMediaPlaylist(rendition), HasSubstr("TARGETDURATION:5\n"));
  EXPECT_THAT(WriteMediaPlaylist(rendition), HasSubstr("#EXTINF:0.100000,\n"));
  rendition.segments = {{.start = 0, .duration = 40, .size = 1}};
  EXPECT_THAT(WriteMediaPlaylist(rendition), HasSubstr("TARGETDURATION:1\n"));
}

TEST(PresentationJson, ReadsBackWhatItWrites) {
  for (const int tracks : {0, 1, 2}) {
    Presentation presentation = MakePresentation({.audio_tracks = tracks}).presentation;
    presentation.renditions[0].segments[0].start = 0;
    presentation.duration_seconds = 10.0 / 3;
    const auto read = PresentationFromJson(PresentationToJson(presentation));
    ASSERT_TRUE(read.has_value()) << read.error().message();
    EXPECT_EQ(*read, presentation);
  }
}

TEST(PresentationJson, ReadsARenditionWithoutSegments) {
  Presentation presentation = VideoAndAudio();
  presentation.renditions[0].segments.clear();
  EXPECT_EQ(PresentationFromJson(PresentationToJson(presentation)).value(), presentation);
}

TEST(PresentationJson, WritesLabelsThatAreNotUnicodeAsSomethingReadable) {
  Presentation presentation = VideoAndAudio();
  presentation.renditions[2].label = "bad \xff";
  EXPECT_TRUE(PresentationFromJson(PresentationToJson(presentation)).has_value());
}

TEST(PresentationJson, RefusesANewerFormatWithoutCallingItDamaged) {
  const auto read = PresentationFromJson(R"({"format":2,"anything":[]})");
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().code(), ErrorCode::kFailedPrecondition);
}

void ExpectCorrupt(const std::string& json) {
  const auto read = PresentationFromJson(json);
  ASSERT_FALSE(read.has_value()) << json;
  EXPECT_EQ(read.error().code(), ErrorCode::kCorrupt) << json;
}

TEST(PresentationJson, RefusesEverythingThatItWouldNotWrite) {
  const std::string good = PresentationToJson(
      MakePresentation({.video_renditions = 1, .segment_count = 1}).presentation);
  const std::pair<std::string, std::string> changes[] = {
      {R"("format":1)", R"("format":0)"},
      {R"("format":1)", R"("format":"1")"},
      {R"("format":1)", R"("format":1.5)"},
      {R"("format":1)", R"("fromat":1)"},
      {R"("duration":)", R"("duration":-)"},
      {R"("duration":)", R"("duration":"x","was":)"},
      {R"("renditions":)", R"("renditions":{},"was":)"},
      {R"("renditions":[)", R"("renditions":[5,)"},
      {R"("id":"v720")", R"("id":"../v720")"},
      {R"("id":"v720")", R"("id":"")"},
      {R"("id":"v720")", R"("id":"a0")"},
      {R"("kind":"video")", R"("kind":"smell")"},
      {R"("codecs":"avc1.64001f")", R"("codecs":"avc1\""  )"},
      {R"("codecs":"avc1.64001f")", R"("codecs":null)"},
      {R"("width":1280)", R"("width":-1)"},
      {R"("width":1280)", R"("width":65536)"},
      {R"("height":720)", R"("height":18446744073709551615)"},
      {R"("height":720)", R"("height":7.5)"},
      {R"("rate":[24,1])", R"("rate":[24])"},
      {R"("rate":[24,1])", R"("rate":[24,0])"},
      {R"("rate":[24,1])", R"("rate":["24",1])"},
      {R"("rate":[24,1])", R"("rate":[18446744073709551615,1])"},
      {R"("rate":[24,1])", R"("rate":24)"},
      {R"("channels":0)", R"("channels":256)"},
      {R"("language":"")", R"("language":7)"},
      {R"("label":"")", R"("label":")" + std::string(1001, 'x') + '"'},
      {R"("default":false)", R"("default":0)"},
      {R"("timescale":12288)", R"("timescale":0)"},
      {R"("timescale":12288)", R"("timescale":4294967296)"},
      {R"("offset":0)", R"("offset":-1)"},
      {R"("start":0)", R"("start":9007199254740993)"},
      {R"("segments":[)", R"("segments":[1,)"},
      {R"("segments":[)", R"("segments":[0,5,)"},
      {R"("segments":[)", R"("segments":[5,0,)"},
      {R"("segments":[)", R"("segments":[-5,5,)"},
      {R"("segments":[)", R"("segments":["5",5,)"},
      {R"("segments":[)", R"("segments":[9007199254740992,5,9007199254740992,5,)"},
      {R"("segments":[)", R"("segments":[5,1099511627777,)"},
  };
  for (const auto& [from, to] : changes) {
    const std::size_t at = good.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    ExpectCorrupt(std::string(good).replace(at, from.size(), to));
  }
  for (const std::string& text :
       {std::string(), std::string("null"), std::string("[]"), std::string("{}"),
        std::string("{\"format\":1}"), std::string(100'000, '[')}) {
    ExpectCorrupt(text);
  }
  for (std::size_t size = 0; size < good.size(); ++size) ExpectCorrupt(good.substr(0, size));
}

}  // namespace
}  // namespace tritontube::manifest
