#include "domain/catalog/codec.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "domain/catalog/keys.h"

namespace tritontube::catalog {
namespace {

using nlohmann::json;

constexpr auto kCreated = WallTime(std::chrono::milliseconds(1'760'000'000'123));

VideoId Video() { return *VideoId::Parse("videovideo0"); }
UploadId Upload() { return *UploadId::Parse("uploadload0"); }

VideoRow FullRow() {
  return {
      .id = Video(),
      .upload = Upload(),
      .title = "Ein \"Titel\" mit ü",
      .description = "line\nline",
      .tags = {"a", "b"},
      .chapters = {{.start_seconds = 0, .title = "One"}, {.start_seconds = 1.5, .title = "Two"}},
      .created = kCreated,
      .file_name = "../x.mp4",
      .source = SourceFile{.size = 20'000'000,
                           .part_count = 3,
                           .digest = blob::Digest{.high = 1, .low = 2},
                           .container = media::Container::kMatroska},
      .copy = CopyVerdict{.reasons = {{.code = "code", .message = "why"}}, .tracks = {1, 7}},
      .facts = {.duration_seconds = 12.5,
                .width = 1920,
                .height = 1080,
                .frame_rate = media::Rational{30000, 1001}},
      .renditions = {{.id = "a0", .kind = media::Kind::kAudio, .bandwidth = 128'000}},
      .presentation =
          StoredPresentation{.output = Upload(), .digest = {.high = 3}, .has_poster = true},
      .failure = Failure{.code = "code", .message = "message"},
      .failed_at_progress = 0.5,
      .extras = {
          .captions = {{.language = "en", .label = "\"E\"", .upload = Upload()},
                       {.language = "und", .label = "", .upload = Upload(), .from_person = false}},
          .poster = Upload(),
          .storyboard = Upload(),
          .storyboard_sheets = 10,
          .loudness = media::Loudness{.integrated_lufs = -23.5, .true_peak_dbfs = 0.25},
          .ssim = {{"v360", 0.9375}, {"v720", 1}}}};
}

TEST(Codec, GivesBackEveryRowThatItWrote) {
  const VideoRow bare{.id = Video(), .upload = Upload(), .title = "", .created = kCreated};
  for (const VideoRow& row : {FullRow(), bare}) {
    const Result<VideoRow> read = DecodeVideoRow(Encode(row));
    ASSERT_TRUE(read.has_value()) << read.error().message();
    EXPECT_EQ(*read, row);
  }
  const OpenUpload open{.upload = Upload(), .received = 1ULL << 60U, .total = std::nullopt};
  EXPECT_EQ(DecodeOpenUpload(Encode(open)).value(), open);
  const JobClaim claim{.output = Upload()};
  EXPECT_EQ(DecodeJobClaim(Encode(claim)).value(), claim);
  const JobRow job{.video = Video(),
                   .created = kCreated,
                   .attempts = 2,
                   .setbacks = 3,
                   .not_before = kCreated,
                   .last_error = "why"};
  EXPECT_EQ(DecodeJobRow(Encode(job)).value(), job);
  const ExtrasBegun begun{.uploads = {Upload()}};
  EXPECT_EQ(DecodeExtrasBegun(Encode(begun)).value(), begun);
  Progress progress{.fraction = 0.1};
  EXPECT_EQ(DecodeProgress(Encode(progress)).value(), progress);
  progress.growth = Growth{.output = Upload(), .steps = 7, .complete = true};
  progress.chunks = Upload();
  progress.indexed = Upload();
  EXPECT_EQ(DecodeProgress(Encode(progress)).value(), progress);
  const OpenUpload resumable{
      .upload = Upload(),
      .received = 5,
      .total = 20'000'000,
      .resumable = Resumable{.arrival = {.pieces_upload = Upload(),
                                         .parts = {{.first = 1, .count = 2}},
                                         .pieces = {{.offset = 3, .length = 4}}},
                             .expires = kCreated},
      .playable = true};
  EXPECT_EQ(DecodeOpenUpload(Encode(resumable)).value(), resumable);
}

TEST(Codec, ReadsRowsFromBeforeThereWereChapters) {
  json row = json::parse(Encode(FullRow()));
  row.erase("chapters");
  EXPECT_TRUE(DecodeVideoRow(row.dump()).value().chapters.empty());
}

TEST(Codec, ReadsRowsFromBeforeSourcesWereShown) {
  json row = json::parse(Encode(FullRow()));
  row.erase("copy");
  EXPECT_EQ(DecodeVideoRow(row.dump()).value().copy, std::nullopt);
}

TEST(Codec, RepairsNamesThatAreNotUtf8) {
  VideoRow row = FullRow();
  row.file_name = "x\xff";
  EXPECT_EQ(DecodeVideoRow(Encode(row)).value().file_name, "x\ufffd");
}

// Each change makes a row that this version would never have written.
TEST(Codec, RefusesARowThatIsNotExactlyAsItShouldBe) {
  const auto changes = std::vector<std::pair<const char*, void (*)(json&)>>{
      {"a newer format", [](json& row) { row["format"] = 2; }},
      {"no format", [](json& row) { row.erase("format"); }},
      {"an unknown field", [](json& row) { row["more"] = 1; }},
      {"a missing field", [](json& row) { row.erase("title"); }},
      {"a bad id", [](json& row) { row["id"] = "../../etc/p"; }},
      {"a number for a text", [](json& row) { row["title"] = 1; }},
      {"a text for a time", [](json& row) { row["created"] = "now"; }},
      {"a negative size", [](json& row) { row["source"]["size"] = -1; }},
      {"half a byte", [](json& row) { row["source"]["size"] = 0.5; }},
      {"an unknown container", [](json& row) { row["source"]["container"] = "exe"; }},
      {"a short digest", [](json& row) { row["source"]["digest"] = "00"; }},
      {"an unknown field of the source", [](json& row) { row["source"]["more"] = 1; }},
      {"a track that is no number", [](json& row) { row["copy"]["tracks"] = {"1"}; }},
      {"a reason without a code", [](json& row) { row["copy"]["reasons"][0].erase("code"); }},
      {"a width beyond int", [](json& row) { row["facts"]["width"] = 1LL << 40U; }},
      {"a rate of one term", [](json& row) { row["facts"]["frame_rate"] = {1}; }},
      {"an unknown kind", [](json& row) { row["renditions"][0]["kind"] = "smell"; }},
      {"a rendition that is none", [](json& row) { row["renditions"][0] = 1; }},
      {"tags that are no texts", [](json& row) { row["tags"] = {1}; }},
      {"chapters that are no list", [](json& row) { row["chapters"] = 1; }},
      {"a chapter without a title", [](json& row) { row["chapters"][0].erase("title"); }},
      {"a poster that is no boolean", [](json& row) { row["presentation"]["has_poster"] = 1; }},
      {"a failure without message", [](json& row) { row["failure"].erase("message"); }},
      {"an object for a list", [](json& row) { row["renditions"] = json::object(); }},
      {"a list for an object", [](json& row) { row["facts"] = json::array(); }},
      {"a progress that is a text", [](json& row) { row["failed_at_progress"] = "1"; }},
  };
  for (const auto& [what, change] : changes) {
    json row = json::parse(Encode(FullRow()));
    change(row);
    const Result<VideoRow> read = DecodeVideoRow(row.dump());
    ASSERT_FALSE(read.has_value()) << what;
    EXPECT_EQ(read.error().code(), ErrorCode::kCorrupt) << what;
  }
  EXPECT_FALSE(DecodeVideoRow("{").has_value());
  EXPECT_FALSE(DecodeVideoRow("[]").has_value());
  EXPECT_FALSE(DecodeVideoRow("").has_value());
}

TEST(Codec, RefusesOtherValuesThatAreWrong) {
  EXPECT_FALSE(DecodeProgress(R"({"format":1,"fraction":1.5})").has_value());
  EXPECT_FALSE(DecodeOpenUpload(R"({"format":1,"upload":"x","received":0,"total":null})"));
  EXPECT_FALSE(DecodeOpenUpload(
      R"({"format":1,"upload":"uploadload0","received":0,"total":null,"resumable":)"
      R"({"expires":0,"pieces_upload":"uploadload0","parts":[[1]],"pieces":[]}})"));
  EXPECT_FALSE(DecodeJobClaim(R"({"format":1})").has_value());
  EXPECT_FALSE(DecodeJobRow("null").has_value());
}

TEST(Codec, SaysWhichFieldIsWrong) {
  EXPECT_EQ(DecodeJobClaim(R"({"format":9,"output":"uploadload0"})").error().message(),
            "the claim of a job cannot be read: its format is 9, this version of TritonTube "
            "reads 1");
  EXPECT_EQ(DecodeJobClaim(R"({"format":1,"output":"uploadload0","x":1})").error().message(),
            "the claim of a job cannot be read: its field \"x\" is not known");
}

TEST(Keys, ListNewerVideosBeforeOlderOnesAndOlderJobsBeforeNewerOnes) {
  const WallTime later = kCreated + std::chrono::milliseconds(1);
  EXPECT_LT(OrderKey(later, Video()), OrderKey(kCreated, Video()));
  EXPECT_LT(JobKey(kCreated, Video()), JobKey(later, Video()));
}

TEST(Keys, TakeNoCursorButTheirOwn) {
  const std::string cursor = CursorOf(kCreated, Video());
  EXPECT_EQ(OrderKeyOfCursor(cursor), OrderKey(kCreated, Video()));
  EXPECT_EQ(CursorOfOrderKey(OrderKey(kCreated, Video())), cursor);
  for (const std::string& text :
       {std::string("x"), cursor + "x", "X" + cursor.substr(1), cursor.substr(0, 27) + "/",
        cursor.substr(0, 16) + "/" + cursor.substr(17)}) {
    EXPECT_EQ(OrderKeyOfCursor(text), std::nullopt) << text;
  }
  EXPECT_EQ(CursorOfOrderKey("order/x"), std::nullopt);
}

TEST(Keys, EndWithTheirVideo) {
  EXPECT_EQ(VideoOf(JobKey(kCreated, Video())), Video());
  EXPECT_EQ(VideoOf("video/row/short"), std::nullopt);
  EXPECT_EQ(VideoOf("videovideo0"), std::nullopt);
}

}  // namespace
}  // namespace tritontube::catalog
