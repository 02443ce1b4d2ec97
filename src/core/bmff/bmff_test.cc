#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/bmff/box_splitter.h"
#include "core/bmff/fragment.h"
#include "core/bmff/init_segment.h"
#include "support/fragmented_mp4.h"

namespace tritontube::bmff {
namespace {

using support::BigEndian;
using support::FakeFragment;
using support::FakeTrack;
using support::MakeBox;
using support::MakeFragment;
using support::MakeInit;
using ::testing::HasSubstr;

// The bytes with the first occurrence of `from` replaced; both of one length.
std::string Replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos);
  return text.replace(at, from.size(), to);
}

Track VideoTrack() { return ParseInit(AsBytes(MakeInit({})))->tracks.front(); }

template <typename T>
void ExpectRefused(const Result<T>& result, std::string_view reason) {
  ASSERT_FALSE(result.has_value()) << reason;
  EXPECT_EQ(result.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(result.error().message(), HasSubstr(std::string(reason)));
}

TEST(BoxSplitter, GivesTheSameBoxesHoweverTheStreamIsCut) {
  const std::string wide = BigEndian(1, 4) + "free" + BigEndian(20, 8) + "four";
  const std::string stream = MakeInit({}) + MakeFragment({}) + wide + MakeBox("free", "");
  for (const std::size_t step : {1UL, 3UL, 7UL, 64UL, stream.size()}) {
    BoxSplitter splitter(1 << 20);
    std::string types;
    std::string joined;
    for (std::size_t at = 0; at < stream.size(); at += step) {
      const auto boxes =
          splitter.Push(AsBytes(stream).subspan(at).first(std::min(step, stream.size() - at)));
      ASSERT_TRUE(boxes.has_value());
      for (const TopLevelBox& box : *boxes) {
        types += ToString(box.type) + " ";
        joined += box.bytes.Flatten();
      }
    }
    EXPECT_EQ(types, "ftyp moov moof mdat free free ") << step;
    EXPECT_EQ(joined, stream) << step;
    EXPECT_TRUE(splitter.Finish().has_value());
  }
}

TEST(BoxSplitter, RefusesSizesThatCannotBeAndStaysBroken) {
  const std::vector<std::string> streams = {
      BigEndian(0, 4) + "mdat", BigEndian(7, 4) + "mdat", BigEndian(1001, 4) + "mdat",
      BigEndian(1, 4) + "mdat" + BigEndian(15, 8), BigEndian(1, 4) + "mdat" + BigEndian(~0ULL, 8)};
  for (const std::string& stream : streams) {
    BoxSplitter splitter(1000);
    ExpectRefused(splitter.Push(AsBytes(stream)), "'mdat' claims");
    ExpectRefused(splitter.Push(AsBytes("more")), "already broken");
    ExpectRefused(splitter.Finish(), "already broken");
  }
}

TEST(BoxSplitter, NoticesAStreamThatEndsWithinABox) {
  BoxSplitter splitter(1000);
  ASSERT_TRUE(splitter.Push(AsBytes(MakeBox("free", "abc")).first(9)).has_value());
  ExpectRefused(splitter.Finish(), "ended 9 bytes into a box");
}

TEST(BoxWalker, RefusesABoxThatLeavesItsParent) {
  const std::string bytes = BigEndian(17, 4) + "free" + "12345678";
  BoxWalker walker(AsBytes(bytes));
  ExpectRefused(walker.Next(), "claims 17 of 16 bytes");
  EXPECT_FALSE(walker.Next()->has_value());
}

TEST(ParseInit, ReadsAVideoTrack) {
  const Track track = VideoTrack();
  EXPECT_EQ(track.codecs, "avc1.64001f");
  EXPECT_TRUE(track.is_video());
  EXPECT_EQ(track.id, 1U);
  EXPECT_EQ(track.timescale, 12'288U);
  EXPECT_EQ(track.width, 1280);
  EXPECT_EQ(track.height, 720);
  EXPECT_EQ(track.edit_media_time, 0U);
}

TEST(ParseInit, ReadsAnAudioTrackAndWhatItSkips) {
  const auto init =
      ParseInit(AsBytes(MakeInit({.video = false, .timescale = 48'000, .edit_media_time = 1024})));
  ASSERT_TRUE(init.has_value()) << init.error().message();
  const Track& track = init->tracks.front();
  EXPECT_EQ(track.codecs, "mp4a.40.2");
  EXPECT_FALSE(track.is_video());
  EXPECT_EQ(track.channels, 2);
  EXPECT_EQ(track.sample_rate, 48'000);
  EXPECT_EQ(track.edit_media_time, 1024U);
}

TEST(ParseInit, ReadsTheEscapedAudioObjectTypes) {
  // Five ones, then 42 - 32 = 10 in six bits: xHE-AAC.
  const std::string bytes = Replaced(MakeInit({.video = false}), std::string("\x05\x02\x11\x90", 4),
                                     std::string("\x05\x02\xf9\x40", 4));
  EXPECT_EQ(ParseInit(AsBytes(bytes))->tracks.front().codecs, "mp4a.40.42");
}

TEST(ParseInit, SaysWhichBoxIsAtFault) {
  const std::string video = MakeInit({});
  const std::string audio = MakeInit({.video = false, .edit_media_time = 1024});
  const std::string rate = BigEndian(1024, 4) + BigEndian(0x10000, 4);
  const struct {
    std::string bytes;
    std::string_view reason;
  } rows[] = {
      {"", "no 'ftyp' box"},
      {video.substr(28), "no 'ftyp' box"},
      {video.substr(0, 28), "no 'moov' box"},
      {video + video.substr(28), "two 'moov' boxes"},
      {video.substr(0, video.size() - 1), "claims"},
      {Replaced(video, "trak", "free"), "no track"},
      {Replaced(video, "mvex", "free"), "no 'mvex' box"},
      {Replaced(video, "trex", "free"), "0 'trex' boxes for 1 tracks"},
      {Replaced(video, "mdhd", "free"), "no 'mdhd' box"},
      {Replaced(video, BigEndian(12'288, 4), BigEndian(0, 4)), "no timescale"},
      {Replaced(video, "vide", "text"), "neither video nor audio"},
      {Replaced(video, "avc1", "hvc1"), "no 'avc1' box"},
      {Replaced(video, "avcC", "free"), "no 'avcC' box"},
      {Replaced(video, BigEndian(1280, 2) + BigEndian(720, 2), BigEndian(0, 4)), "'avc1'"},
      {Replaced(video, std::string("avcC\x01"), std::string("avcC\x02")), "'avcC'"},
      {Replaced(video, "stts" + BigEndian(0, 8), "stts" + BigEndian(1, 8)), "holds samples"},
      {Replaced(video, "stsd" + BigEndian(1, 8), "stsd" + BigEndian(2, 8)), "2 entries"},
      {Replaced(audio, std::string("\x04\x11\x40", 3), std::string("\x04\x11\x6b", 3)), "not AAC"},
      {Replaced(audio, std::string("\x03\x16", 2), std::string("\x03\x7f", 2)), "'esds'"},
      {Replaced(audio, std::string("\x04\x11\x40", 3), std::string("\x05\x11\x40", 3)), "'esds'"},
      {Replaced(audio, BigEndian(48'000, 2), BigEndian(0, 2)), "'mp4a'"},
      {Replaced(audio, rate, BigEndian(1024, 4) + BigEndian(0x20000, 4)), "'elst'"},
      {Replaced(audio, rate, BigEndian(0xffffffff, 4) + BigEndian(0x10000, 4)), "'elst'"},
      {Replaced(audio, "elst" + BigEndian(1, 8), "elst" + BigEndian(2, 8)), "'elst'"},
  };
  for (const auto& row : rows) ExpectRefused(ParseInit(AsBytes(row.bytes)), row.reason);
}

TEST(ParseInit, RefusesTwoTracksOfOneId) {
  const std::string video = MakeInit({});
  const std::string moov = video.substr(28 + 8);
  const std::string again = Replaced(moov, "mvhd", "free");
  ExpectRefused(ParseInit(AsBytes(video.substr(0, 28) + MakeBox("moov", moov + again))),
                "two of id 1");
}

TEST(ParseFragment, ReadsWhatTheEncoderWrites) {
  const std::string bytes = MakeFragment({.sequence_number = 7, .base_decode_time = 49'152});
  const auto fragment = ParseFragment(AsBytes(bytes), VideoTrack());
  ASSERT_TRUE(fragment.has_value()) << fragment.error().message();
  EXPECT_EQ(fragment->sequence_number, 7U);
  EXPECT_EQ(fragment->track_id, 1U);
  EXPECT_EQ(fragment->base_decode_time, 49'152U);
  EXPECT_EQ(fragment->sample_count, 96U);
  EXPECT_EQ(fragment->duration, 96U * 512U);
  EXPECT_TRUE(fragment->starts_with_sync_sample);
  EXPECT_EQ(fragment->earliest_presentation_time, 49'152);
}

TEST(ParseFragment, TellsWhenTheFirstSampleIsNoSyncSample) {
  EXPECT_FALSE(
      ParseFragment(AsBytes(MakeFragment({.sync = false})), VideoTrack())->starts_with_sync_sample);
}

// One fragment of two samples whose fields all stand in the run.
std::string ExplicitRun(std::int32_t first_offset, std::int32_t second_offset, int version) {
  const std::string samples = BigEndian(500, 4) + BigEndian(3, 4) + BigEndian(0, 4) +
                              BigEndian(static_cast<std::uint32_t>(first_offset), 4) +
                              BigEndian(600, 4) + BigEndian(5, 4) + BigEndian(0x10000, 4) +
                              BigEndian(static_cast<std::uint32_t>(second_offset), 4);
  const std::string head = MakeBox("mfhd", BigEndian(1, 8));
  const std::string tfhd = MakeBox("tfhd", BigEndian(0x020000, 4) + BigEndian(1, 4));
  const std::string tfdt = MakeBox("tfdt", BigEndian(0, 4) + BigEndian(1000, 4));
  const std::string trun =
      MakeBox("trun", BigEndian(0xf01U | static_cast<unsigned>(version) << 24U, 4) +
                          BigEndian(2, 4) + BigEndian(124, 4) + samples);
  const std::string moof = MakeBox("moof", head + MakeBox("traf", tfhd + tfdt + trun));
  EXPECT_EQ(moof.size(), 116U);
  return moof + MakeBox("mdat", "12345678");
}

TEST(ParseFragment, ReadsFieldsOfEverySampleAndSignedCompositionOffsets) {
  const auto fragment = ParseFragment(AsBytes(ExplicitRun(200, -700, 1)), VideoTrack());
  ASSERT_TRUE(fragment.has_value()) << fragment.error().message();
  EXPECT_EQ(fragment->duration, 1100U);
  EXPECT_TRUE(fragment->starts_with_sync_sample);
  EXPECT_EQ(fragment->earliest_presentation_time, 1000 + 500 - 700);
}

TEST(ParseFragment, ReadsUnsignedCompositionOffsetsInVersionZero) {
  const auto fragment = ParseFragment(AsBytes(ExplicitRun(200, -700, 0)), VideoTrack());
  EXPECT_EQ(fragment->earliest_presentation_time, 1200);
}

TEST(ParseFragment, RefusesWhatIsNotSelfContained) {
  const std::string good = MakeFragment({});
  const std::string counts = BigEndian(96, 4);
  const struct {
    std::string bytes;
    std::string_view reason;
  } rows[] = {
      {"", "not one 'moof' and one 'mdat'"},
      {good + MakeBox("free", ""), "not one 'moof' and one 'mdat'"},
      {MakeBox("styp", "msdh") + good, "not one 'moof' and one 'mdat'"},
      {good.substr(0, good.size() - 1), "claims"},
      {MakeFragment({.track_id = 2}), "fragment is of track 2, not 1"},
      {MakeFragment({.sample_count = 0}), "empty"},
      {MakeFragment({.sample_duration = 0}), "no duration"},
      {Replaced(good, "mfhd", "free"), "no 'mfhd'"},
      {Replaced(good, "traf", "free"), "no 'traf'"},
      {Replaced(good, "tfhd", "free"), "no 'tfhd'"},
      {Replaced(good, "tfdt", "free"), "no 'tfdt'"},
      {Replaced(good, "trun", "free"), "empty"},
      {Replaced(good, BigEndian(0x020038, 4), BigEndian(0x020009, 4)), "beginning of a file"},
      {Replaced(good, "tfdt" + BigEndian(0x01000000, 4) + BigEndian(0, 4),
                "tfdt" + BigEndian(0x01000000, 4) + BigEndian(0xf0000000, 4)),
       "'tfdt'"},
      // One sample more than there is data, data before and behind the mdat.
      {Replaced(good, counts, BigEndian(97, 4)), "outside the 'mdat'"},
      {Replaced(good, counts, BigEndian(0xffffffff, 4)), "too many samples"},
      {Replaced(good, counts + BigEndian(112, 4), counts + BigEndian(111, 4)), "outside"},
      {Replaced(good, counts + BigEndian(112, 4), counts + BigEndian(113, 4)), "outside"},
      {Replaced(good, counts + BigEndian(112, 4), counts + BigEndian(0xfffffff0, 4)), "before"},
      {Replaced(good, BigEndian(0x01000005, 4), BigEndian(0x01000105, 4)), "'trun'"},
      {Replaced(good, BigEndian(0x01000005, 4), BigEndian(0x01000001, 4)), "'trun'"},
  };
  for (const auto& row : rows) {
    ExpectRefused(ParseFragment(AsBytes(row.bytes), VideoTrack()), row.reason);
  }
}

TEST(ParseFragmentHead, FindsTheSamplesWithoutTheirData) {
  const std::string fragment = MakeFragment({.base_decode_time = 512, .sample_count = 3});
  const auto size = HeadSize(AsBytes(fragment).first(16), fragment.size());
  ASSERT_TRUE(size.has_value()) << size.error().message();
  const auto head =
      ParseFragmentHead(AsBytes(fragment).first(*size), fragment.size(), VideoTrack());
  ASSERT_TRUE(head.has_value()) << head.error().message();
  EXPECT_EQ(head->base_decode_time, 512U);
  EXPECT_EQ(head->data_size, 30U);
  EXPECT_EQ(head->data_offset + head->data_size, fragment.size());
  ASSERT_EQ(head->samples.size(), 3U);
  EXPECT_TRUE(head->samples[0].is_sync());
  EXPECT_FALSE(head->samples[1].is_sync());
}

TEST(ParseFragmentHead, RefusesSamplesThatDoNotFillTheSegment) {
  const std::string fragment = MakeFragment({});
  const auto parse = [](const std::string& bytes, ByteCount segment_size) {
    return ParseFragmentHead(AsBytes(bytes), segment_size, VideoTrack());
  };
  ExpectRefused(parse(fragment, fragment.size() + 1), "'mdat'");
  ExpectRefused(parse(Replaced(fragment, "mdat", "free"), fragment.size()), "'mdat'");
  ExpectRefused(parse(Replaced(fragment, "moof", "free"), fragment.size()), "'moof'");
  const std::string fewer = Replaced(fragment, "trun" + BigEndian(0x01000005, 4) + BigEndian(96, 4),
                                     "trun" + BigEndian(0x01000005, 4) + BigEndian(95, 4));
  ExpectRefused(parse(fewer, fragment.size()), "do not fill");
  const std::string more = Replaced(fragment, "trun" + BigEndian(0x01000005, 4) + BigEndian(96, 4),
                                    "trun" + BigEndian(0x01000005, 4) + BigEndian(97, 4));
  ExpectRefused(parse(more, fragment.size()), "outside");
}

TEST(HeadSize, RefusesWhatIsNoSegment) {
  const auto of = [](const std::string& beginning, ByteCount segment_size) {
    return HeadSize(AsBytes(beginning), segment_size);
  };
  ExpectRefused(of("short", 5), "'moof'");
  ExpectRefused(of(BigEndian(0, 4) + "moof", 100), "'moof'");
  ExpectRefused(of(BigEndian(100, 4) + "moof", 100), "'moof'");
  ExpectRefused(of(BigEndian(kMoofBytesMax + 1, 4) + "moof", kMoofBytesMax * 2), "'moof'");
  EXPECT_EQ(of(BigEndian(100, 4) + "moof", 1000), ByteCount{116});
  EXPECT_EQ(of(BigEndian(100, 4) + "moof", 108), ByteCount{108});
}

TEST(SetSequenceNumber, ChangesNothingElse) {
  std::string bytes = MakeFragment({.sequence_number = 1});
  ASSERT_TRUE(SetSequenceNumber(std::as_writable_bytes(std::span(bytes)), 77).has_value());
  EXPECT_EQ(bytes, MakeFragment({.sequence_number = 77}));
  std::string broken = bytes.substr(0, 20);
  ExpectRefused(SetSequenceNumber(std::as_writable_bytes(std::span(broken)), 1), "claims");
}

}  // namespace
}  // namespace tritontube::bmff
