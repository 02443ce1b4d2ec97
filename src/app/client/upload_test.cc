#include "app/client/upload.h"

#include <fstream>

#include "app/client/client_test_support.h"

namespace tritontube::client {
namespace {

using testing::HasSubstr;

class UploadTest : public ClientTest {
 protected:
  // Who looks while it is sent sees nothing yet.
  UploadTest() { aside_.WillElseAnswer(R"({"state":"uploading"})"); }

  std::filesystem::path File(const std::string& name, const std::string& bytes = "bytes") {
    std::ofstream(folder_.path() / name) << bytes;
    return folder_.path() / name;
  }
  // Of five bytes.
  void WillTake(const std::string& id) {
    server_.WillAnswer(
        {.status = 201,
         .headers = {{"Location", "/api/v1/uploads/" + id}, {"TritonTube-Video", id}},
         .body = {}});
    server_.WillAnswer({.status = 204, .headers = {{"Upload-Ranges", "0-4"}}, .body = {}});
  }
  static std::string Video(const std::string& id, const std::string& state, bool playable = false) {
    return nlohmann::json{{"id", id}, {"state", state}, {"playable", playable}, {"progress", 0.5}}
        .dump();
  }
};

TEST_F(UploadTest, PrintsTheAddressAsSoonAsTheVideoIsReady) {
  WillTake("video-00001");
  server_.WillAnswer(Video("video-00001", "processing"));
  server_.WillAnswer(Video("video-00001", "ready", true));
  ASSERT_TRUE(Upload(context_, {File("-a ü.mp4")}).has_value());
  EXPECT_EQ(out(), "http://tube/videos/video-00001\n");
  EXPECT_EQ(err(), "");
  EXPECT_EQ(server_.asked[0].method, "POST");
  EXPECT_EQ(server_.asked[0].path, "/api/v1/uploads");
  EXPECT_EQ(server_.asked[0].headers.Get("Upload-Length"), "5");
  EXPECT_EQ(server_.asked[0].headers.Get("Upload-Metadata"), "filename LWEgw7wubXA0");
  EXPECT_EQ(server_.asked[1].method, "PUT");
  EXPECT_EQ(server_.asked[1].path, "/api/v1/uploads/video-00001");
  EXPECT_EQ(server_.asked[1].headers.Get("Content-Range"), "bytes 0-4/5");
  EXPECT_EQ(server_.asked[1].body, "bytes");
}

TEST_F(UploadTest, PrintsTheAddressOfAVideoThatCanBeWatchedBeforeItIsReady) {
  WillTake("video-00001");
  server_.WillAnswer(Video("video-00001", "processing", true));
  ASSERT_TRUE(Upload(context_, {File("a.mp4")}).has_value());
  EXPECT_EQ(out(), "http://tube/videos/video-00001\n");
}

TEST_F(UploadTest, PrintsTheAddressOfAVideoThatCanBeWatchedWhileItsFileIsSent) {
  WillTake("video-00001");
  aside_.WillAnswer(Video("video-00001", "uploading", true));
  EXPECT_TRUE(Upload(context_, {File("a.mp4")}).has_value());
  EXPECT_EQ(out(), "http://tube/videos/video-00001\n");
  EXPECT_EQ(server_.asked.size(), 2U);  // Nobody looked again behind the file.
}

TEST_F(UploadTest, PrintsTheAddressOfAVideoWhileTheNextFileIsSent) {
  WillTake("video-00001");
  server_.WillAnswer(Video("video-00001", "processing"));
  WillTake("video-00002");
  server_.WillAnswer(Video("video-00002", "ready"));
  aside_.WillAnswer(Video("video-00001", "uploading"));
  aside_.WillAnswer(Video("video-00001", "ready"));
  EXPECT_TRUE(Upload(context_, {File("a.mp4"), File("b.mp4")}).has_value()) << err();
  EXPECT_EQ(out(), "http://tube/videos/video-00001\nhttp://tube/videos/video-00002\n");
}

TEST_F(UploadTest, GoesOnWithTheOtherFilesWhenOneIsRefused) {
  server_.WillAnswer(Problem(415, "This is not a video."));
  WillTake("video-00002");
  server_.WillAnswer(Video("video-00002", "ready"));
  const auto done = Upload(
      context_, {File("text.mp4"), folder_.path() / "none", folder_.path(), File("good.mp4")});
  ASSERT_FALSE(done.has_value());
  EXPECT_EQ(done.error().message(), "3 of 4 uploads failed");
  EXPECT_EQ(out(), "http://tube/videos/video-00002\n");
  EXPECT_THAT(err(), HasSubstr("text.mp4: This is not a video.\n"));
  EXPECT_THAT(err(), HasSubstr("none: No such file"));
  EXPECT_THAT(err(), HasSubstr("is no file"));
}

TEST_F(UploadTest, SaysWhyAVideoFailed) {
  WillTake("video-00001");
  server_.WillAnswer(
      R"({"id":"video-00001","state":"failed","error":{"message":"It has no pictures."}})");
  EXPECT_FALSE(Upload(context_, {File("a.mp4")}).has_value());
  EXPECT_EQ(out(), "");
  EXPECT_THAT(err(), HasSubstr("It has no pictures."));
}

TEST_F(UploadTest, WaitsForAServerThatRestartsButNotForEver) {
  WillTake("video-00001");
  for (int i = 0; i < 100; ++i) server_.WillFail(ErrorCode::kUnavailable, "no server");
  server_.WillAnswer(Video("video-00001", "ready"));
  EXPECT_TRUE(Upload(context_, {File("a.mp4")}).has_value());
  WillTake("video-00002");
  for (int i = 0; i < 120; ++i) server_.WillFail(ErrorCode::kUnavailable, "no server");
  EXPECT_FALSE(Upload(context_, {File("b.mp4")}).has_value());
  EXPECT_THAT(err(), HasSubstr("b.mp4: no server"));
}

TEST_F(UploadTest, StopsAndSaysWhereItGoesOn) {
  waits_left_ = 0;
  WillTake("video-00001");
  for (int i = 0; i < 3; ++i) server_.WillAnswer(Video("video-00001", "processing"));
  EXPECT_FALSE(Upload(context_, {File("a.mp4")}).has_value());
  EXPECT_THAT(err(), HasSubstr("it goes on at http://tube/videos/video-00001"));
}

TEST_F(UploadTest, SendsNothingMoreAfterCtrlC) {
  server_.WillFail(ErrorCode::kCancelled, "stopped");
  EXPECT_FALSE(Upload(context_, {File("a.mp4"), File("b.mp4")}).has_value());
  EXPECT_EQ(server_.asked.size(), 1U);
}

TEST_F(UploadTest, SpeaksJson) {
  context_.json = true;
  WillTake("video-00001");
  server_.WillAnswer(Video("video-00001", "ready"));
  server_.WillAnswer(Problem(507, "There is no room."));
  EXPECT_FALSE(Upload(context_, {File("a.mp4"), File("b.mp4")}).has_value());
  std::istringstream lines(out());
  std::string first;
  std::string second;
  std::getline(lines, first);
  std::getline(lines, second);
  const auto good = nlohmann::json::parse(first);
  EXPECT_EQ(good["url"], "http://tube/videos/video-00001");
  EXPECT_EQ(good["video"]["state"], "ready");
  EXPECT_EQ(nlohmann::json::parse(second)["error"]["message"], "There is no room.");
}

}  // namespace
}  // namespace tritontube::client
