#include "support/presentation_checker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "domain/manifest/hls.h"
#include "domain/manifest/mpd.h"
#include "support/fake_presentation.h"
#include "support/fragmented_mp4.h"
#include "support/xml_reader.h"

namespace tritontube::support {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Files = std::map<std::string, std::string>;

// What a server would hold for the presentation.
Files Published(const FakePresentation& fake) {
  Files files = fake.files;
  files["manifest.mpd"] = manifest::WriteMpd(fake.presentation);
  files["master.m3u8"] = manifest::WriteMasterPlaylist(fake.presentation);
  for (const media::Rendition& rendition : fake.presentation.renditions) {
    files[media::PlaylistFileName(rendition.id)] = manifest::WriteMediaPlaylist(rendition);
  }
  return files;
}

PresentationReport Check(const Files& files) {
  return CheckPresentation([&](const std::string& name) -> std::optional<std::string> {
    const auto found = files.find(name);
    if (found == files.end()) return std::nullopt;
    return found->second;
  });
}

// The files with `from` replaced in one of them.
Files Changed(Files files, const std::string& name, std::string_view from, std::string_view to) {
  std::string& text = files.at(name);
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << name << " has no " << from;
  if (at != std::string::npos) text.replace(at, from.size(), to);
  return files;
}

TEST(PresentationChecker, AcceptsWhatOurWritersMake) {
  for (const FakePresentationOptions& options :
       {FakePresentationOptions{}, FakePresentationOptions{.audio_tracks = 0},
        FakePresentationOptions{.video_renditions = 0, .audio_tracks = 2},
        FakePresentationOptions{.video_renditions = 3, .audio_tracks = 2, .segment_count = 20},
        FakePresentationOptions{.segment_count = 1}}) {
    EXPECT_THAT(Check(Published(MakePresentation(options))).faults, IsEmpty());
  }
}

TEST(PresentationChecker, ReportsWhatIsListed) {
  const PresentationReport report = Check(Published(MakePresentation()));
  ASSERT_EQ(report.renditions.size(), 3U);
  EXPECT_EQ(report.renditions[0].id, "v720");
  EXPECT_EQ(report.renditions[0].content_type, "video");
  EXPECT_EQ(report.renditions[0].width, 1280);
  EXPECT_EQ(report.renditions[0].segment_count, 3U);
  EXPECT_DOUBLE_EQ(report.renditions[0].duration_seconds, 10);
  EXPECT_EQ(report.renditions[2].language, "eng");
  EXPECT_NEAR(report.duration_seconds, 10.027, 0.001);
}

TEST(PresentationChecker, NoticesEveryMissingFile) {
  const Files files = Published(MakePresentation());
  for (const auto& [name, bytes] : files) {
    Files fewer = files;
    fewer.erase(name);
    EXPECT_THAT(Check(fewer).faults, Contains(name + " is listed but does not exist"));
  }
}

TEST(PresentationChecker, ObjectsToEachLieInTheManifests) {
  const Files files = Published(MakePresentation());
  const std::string mpd = "manifest.mpd";
  const struct {
    std::string name;
    std::string from;
    std::string to;
    std::string fault;
  } rows[] = {
      {mpd, "<Period", "<Peroid", "bad end tag"},
      {mpd, "type=\"static\"", "type=\"dynamic\"", "not static"},
      {mpd, "isoff-live", "isoff-main", "isoff-live"},
      {mpd, ":mpd:2011\"", ":mpd:2012\"", "namespace"},
      {mpd, "PT10.0", "PT11.0", "the MPD lasts 11.0"},
      {mpd, "PT10.0", "P1D", "mediaPresentationDuration"},
      {mpd, "segmentAlignment=\"true\"", "", "segmentAlignment"},
      {mpd, "mimeType=\"video/mp4\"", "mimeType=\"video/webm\"", "of type video/webm"},
      {mpd, "media=\"$", "media=\"../$", "is not a flat name"},
      {mpd, "media=\"$", "media=\"http://x/$", "is not a flat name"},
      {mpd, "-init.mp4\"", "-init.mp4?a=1\"", "is not a flat name"},
      {mpd, "%05d", "%04d", "v720-0001.m4s is listed but"},
      {mpd, "$Number", "$Nubmer", "template has the key"},
      {mpd, "startNumber=\"1\"", "startNumber=\"2\"", "v720-00002.m4s is at 49152"},
      {mpd, "avc1.64001f", "avc1.640028", "the MPD says codecs avc1.640028"},
      {mpd, "width=\"1280\"", "width=\"1920\"", "the MPD says width 1920"},
      {mpd, "height=\"720\"", "height=\"x\"", "@height is 'x'"},
      {mpd, "timescale=\"12288\"", "timescale=\"12289\"", "the MPD says timescale 12289"},
      {mpd, "frameRate=\"24\"", "frameRate=\"30\"", "holds 96 pictures"},
      {mpd, "audioSamplingRate=\"48000\"", "audioSamplingRate=\"44100\"", "sampling rate 44100"},
      {mpd, "value=\"2\"/>", "value=\"6\"/>", "the MPD says channels 6"},
      {mpd, R"(timescale="48000")", R"(timescale="48000" presentationTimeOffset="1024")",
       "an edit list and a presentationTimeOffset"},
      {mpd, R"(<S t="0" d="49152" r="1"/>)", R"(<S t="512" d="49152" r="1"/>)",
       "v720-00001.m4s is at 0, the timeline says 512"},
      {mpd, R"(<S t="0" d="49152" r="1"/>)", R"(<S t="0" d="49152"/><S t="60000" d="5"/>)",
       "v720-00002.m4s does not begin where"},
      {mpd, "r=\"1\"/>", "/>", "v360 and v720 are cut at different times"},
      {mpd, "<S d=\"24576\"/>", "<S d=\"24064\"/>", "v720-00003.m4s lasts 24576"},
      {mpd, R"(bandwidth=")", R"(bandwidth="1" was=")", "the MPD promises 1"},
      {mpd, "id=\"v360\"", "id=\"v720\"", "two Representations are called v720"},
      {mpd, "lang=\"eng\"", "lang=\"deu\"", "'deu' in DASH, 'eng' in HLS"},
      {"master.m3u8", "#EXTM3U", "#EXTM3V", "first line"},
      {"master.m3u8", "VERSION:7", "VERSION:9", "unknown '#EXT-X-VERSION:9'"},
      {"master.m3u8", "v360.m3u8", "v720.m3u8", "HLS does not list v360"},
      {"master.m3u8", "\nv360.m3u8", "", "HLS: "},
      {"master.m3u8", "DEFAULT=YES", "DEFAULT=NO", "0 audio tracks are the default"},
      {"master.m3u8", "AUDIO=\"audio\"", "AUDIO=\"adio\"", "no audio group is called 'adio'"},
      {"master.m3u8", ",AUDIO=\"audio\"", "", "is silent"},
      {"master.m3u8", "avc1.64001f", "avc1.640028", "lack avc1.64001f"},
      {"master.m3u8", "RESOLUTION=1280x720", "RESOLUTION=1280x721", "RESOLUTION is 1280x721"},
      {"master.m3u8", "INF:BANDWIDTH=", "INF:BANDWIDTH=1,WAS=", "HLS promises 1"},
      {"master.m3u8", "TYPE=AUDIO", "TYPE=VIDEO", "not a named track"},
      {"master.m3u8", "URI=\"a0.m3u8\"", "URI=\"/a0.m3u8\"", "is not a flat name"},
      {"v720.m3u8", "EXTINF:4.000000", "EXTINF:4.000002", "EXTINF of v720-00001.m4s is 4.000002"},
      {"v720.m3u8", "EXTINF:4.000000,", "EXTINF:4.000000", "bad '#EXTINF"},
      {"v720.m3u8", "TARGETDURATION:4", "TARGETDURATION:3", "longer than the target"},
      {"v720.m3u8", "#EXT-X-ENDLIST\n", "", "has no end"},
      {"v720.m3u8", ":VOD", ":EVENT", "unknown"},
      {"v720.m3u8", "-00002.m4s", "-00003.m4s", "lists v720-00003.m4s where DASH has"},
      {"v720.m3u8", "#EXTINF:4.000000,\nv720-00001.m4s\n", "", "lists 2 segments, DASH 3"},
      {"v720.m3u8", "v720-init.mp4", "x-init.mp4", "which DASH does not know"},
      {"v720.m3u8", "#EXT-X-MAP:URI=\"v720-init.mp4\"\n", "", "no EXT-X-MAP"},
  };
  for (const auto& row : rows) {
    EXPECT_THAT(Check(Changed(files, row.name, row.from, row.to)).faults,
                Contains(HasSubstr(row.fault)))
        << row.name << ": " << row.from << " -> " << row.to;
  }
}

TEST(PresentationChecker, ObjectsToSegmentsThatAreNotWhatTheyShouldBe) {
  const Files files = Published(MakePresentation());
  const struct {
    FakeFragment fragment;
    std::string fault;
  } rows[] = {
      {{.base_decode_time = 49'664}, "v720-00002.m4s is at 49664, the timeline says 49152"},
      {{.base_decode_time = 49'152, .sample_count = 95}, "v720-00002.m4s lasts 48640"},
      {{.base_decode_time = 49'152, .sync = false}, "does not begin with a sync sample"},
      {{.track_id = 2, .base_decode_time = 49'152}, "of track 2"},
      {{.base_decode_time = 49'152, .sample_size = 5000}, "bits per second, the MPD promises"},
      {{.base_decode_time = 49'152, .sample_count = 48, .sample_duration = 1024},
       "holds 48 pictures"},
  };
  for (const auto& row : rows) {
    Files changed = files;
    changed["v720-00002.m4s"] = MakeFragment(row.fragment);
    EXPECT_THAT(Check(changed).faults, Contains(HasSubstr(row.fault)));
  }
  Files changed = files;
  changed["v720-00002.m4s"].resize(500);
  EXPECT_THAT(Check(changed).faults, Contains(HasSubstr("v720-00002.m4s: box")));
  changed = files;
  changed["a0-init.mp4"] = files.at("v720-init.mp4");
  EXPECT_THAT(Check(changed).faults, Contains(HasSubstr("a0: the MPD says type audio")));
}

TEST(XmlReader, RefusesWhatIsNotWellFormed) {
  EXPECT_TRUE(
      ReadXml("<?xml version=\"1.0\"?>\n<a b=\"&lt;\"><!-- c --><d/>text</a>\n").has_value());
  for (const char* text :
       {"", "a", "<a>", "<a></b>", "<a b=1/>", R"(<a b="1" b="2"/>)", "<a/><b/>", R"(<a b="<"/>)",
        "<a>&nbsp;</a>", "<a>\x01</a>", R"(<a b="1"c="2"/>)", "<a", R"(<a b=")", "<!DOCTYPE a><a/>",
        "<a><!-- </a>", "<?xml", "< a/>"}) {
    EXPECT_FALSE(ReadXml(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace tritontube::support
