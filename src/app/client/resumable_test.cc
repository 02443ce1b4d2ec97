#include "app/client/resumable.h"

#include <fstream>

#include "app/client/client_test_support.h"
#include "app/client/upload.h"
#include "support/movie_file.h"

namespace tritontube::client {
namespace {

using bmff::ByteRange;
using testing::HasSubstr;

class ResumableTest : public ClientTest {
 protected:
  // Who looks while it is sent sees nothing yet.
  ResumableTest() { aside_.WillElseAnswer(R"({"state":"uploading"})"); }

  std::filesystem::path File(const std::string& bytes) {
    std::ofstream(folder_.path() / "a.mp4", std::ios::binary) << bytes;
    return folder_.path() / "a.mp4";
  }
  void WillCreate() {
    server_.WillAnswer({.status = 201,
                        .headers = {{"Location", "/api/v1/uploads/video-00001"},
                                    {"TritonTube-Video", "video-00001"}},
                        .body = {}});
  }
  void WillHave(const std::string& ranges) {
    server_.WillAnswer({.status = 204, .headers = {{"Upload-Ranges", ranges}}, .body = {}});
  }
  void WillBePlayable() {
    server_.WillAnswer(R"({"id":"video-00001","state":"processing","playable":true})");
  }
};

TEST_F(ResumableTest, GoesOnWithWhatIsMissingWhenTheConnectionBreaks) {
  WillCreate();
  server_.WillFail(ErrorCode::kUnavailable, "the connection broke off");
  server_.WillFail(ErrorCode::kUnavailable, "there is no server");
  WillHave("2-3");
  WillHave("0-3");
  WillHave("0-7");
  WillBePlayable();
  const auto done = Upload(context_, {File("01234567")});
  EXPECT_TRUE(done.has_value()) << err();
  ASSERT_EQ(server_.asked.size(), 7U);
  EXPECT_EQ(server_.asked[2].method, "HEAD");
  EXPECT_EQ(server_.asked[4].headers.Get("Content-Range"), "bytes 0-1/8");
  EXPECT_EQ(server_.asked[4].body, "01");
  EXPECT_EQ(server_.asked[5].headers.Get("Content-Range"), "bytes 4-7/8");
  EXPECT_EQ(server_.asked[5].body, "4567");
  EXPECT_EQ(out(), "http://tube/videos/video-00001\n");
}

TEST_F(ResumableTest, GivesUpAServerThatDoesNotComeBack) {
  WillCreate();
  for (int i = 0; i < 1000; ++i) server_.WillFail(ErrorCode::kUnavailable, "there is no server");
  EXPECT_FALSE(Upload(context_, {File("01234567")}).has_value());
  EXPECT_LT(server_.asked.size(), 200U);
  EXPECT_THAT(err(), HasSubstr("there is no server"));
}

TEST_F(ResumableTest, GoesOnWhenThereIsRoomOnTheDiskAgain) {
  WillCreate();
  server_.WillAnswer(Problem(507, "The disk is full: delete videos."));
  WillHave("0-3");
  WillHave("0-7");
  WillBePlayable();
  const auto done = Upload(context_, {File("01234567")});
  EXPECT_TRUE(done.has_value()) << err();
  EXPECT_EQ(server_.asked[3].headers.Get("Content-Range"), "bytes 4-7/8");
}

TEST_F(ResumableTest, SaysWhatToDoWhenNobodyMakesRoomOnTheDisk) {
  WillCreate();
  for (int i = 0; i < 1000; ++i) {
    server_.WillAnswer(Problem(507, "The disk is full: delete videos."));
    // Of the upload, and in the end of the video.
    server_.WillAnswer(
        {.status = 200, .headers = {{"Upload-Ranges", "0-3"}}, .body = R"({"state":"uploading"})"});
  }
  EXPECT_FALSE(Upload(context_, {File("01234567")}).has_value());
  EXPECT_LT(server_.asked.size(), 200U);
  EXPECT_THAT(err(), HasSubstr("delete videos"));
}

TEST_F(ResumableTest, LeavesNothingAfterCtrlC) {
  WillCreate();
  server_.WillFail(ErrorCode::kCancelled, "stopped");
  EXPECT_FALSE(Upload(context_, {File("01234567")}).has_value());
  ASSERT_GE(server_.asked.size(), 3U);
  EXPECT_EQ(server_.asked[2].method, "DELETE");
  EXPECT_EQ(server_.asked[2].path, "/api/v1/uploads/video-00001");
}

TEST_F(ResumableTest, SaysOnceWhyTheServerDoesNotWantTheFile) {
  WillCreate();
  WillHave("");
  server_.WillAnswer(Problem(409, "the upload has failed"));
  server_.WillAnswer(
      R"({"id":"video-00001","state":"failed","error":{"message":"This is not a video."}})");
  const auto done = Upload(context_, {File("01234567")});
  EXPECT_EQ(done.error().message(), "1 of 1 uploads failed");
  EXPECT_EQ(err(),
            "tritontube: " + (folder_.path() / "a.mp4").string() + ": This is not a video.\n");
}

TEST_F(ResumableTest, SaysThatAnUploadHasExpired) {
  WillCreate();
  server_.WillFail(ErrorCode::kUnavailable, "the connection broke off");
  server_.WillAnswer(Problem(404, "there is no video"));
  server_.WillAnswer(Problem(404, "there is no video"));
  EXPECT_FALSE(Upload(context_, {File("01234567")}).has_value());
}

std::string LargeMovie(bool moov_first) {
  std::vector<support::FakeSample> pictures = support::FakePictures(500, 25);
  for (support::FakeSample& sample : pictures) sample.size = 20'000;
  return support::MakeMovieFile(
             {.tracks = {{.samples = std::move(pictures)}}, .moov_first = moov_first})
      .bytes;
}

TEST_F(ResumableTest, SendsTheIndexBehindThePicturesFirst) {
  const std::string movie = LargeMovie(false);
  const std::size_t moov = movie.rfind("moov") - 4;
  const std::size_t size = movie.size();
  WillCreate();
  WillHave(fmt::format("{}-{}", moov, size - 1));
  WillHave(fmt::format("0-{}", size - 1));
  WillBePlayable();
  const auto done = Upload(context_, {File(movie)});
  EXPECT_TRUE(done.has_value()) << err();
  EXPECT_EQ(server_.asked[1].headers.Get("Content-Range"),
            fmt::format("bytes {}-{}/{}", moov, size - 1, size));
  EXPECT_EQ(server_.asked[2].headers.Get("Content-Range"),
            fmt::format("bytes 0-{}/{}", moov - 1, size));
  EXPECT_TRUE(server_.asked[1].body == movie.substr(moov));
}

TEST_F(ResumableTest, SendsOtherFilesFromTheirBeginning) {
  std::string no_movie;
  no_movie.resize(10'000'000, 'x');
  for (const std::string& bytes : {LargeMovie(true), no_movie}) {
    const auto file = LocalFile::Open(File(bytes));
    ASSERT_TRUE(file.has_value());
    EXPECT_EQ(IndexBehind(*file).length, 0U);
  }
}

TEST(UploadRanges, AreReadOrRefused) {
  EXPECT_EQ(*ParseUploadRanges("0-9,20-20"), (std::vector<ByteRange>{{0, 10}, {20, 1}}));
  EXPECT_TRUE(ParseUploadRanges("")->empty());
  for (const char* text : {"0", "a-b", "9-0", "5-9,0-3", "0-3,2-5", "0-3,,5-6", "-"}) {
    EXPECT_FALSE(ParseUploadRanges(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace tritontube::client
