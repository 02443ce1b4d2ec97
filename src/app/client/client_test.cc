#include "app/client/backup.h"
#include "app/client/client_test_support.h"
#include "app/client/verify.h"
#include "app/client/videos.h"
#include "domain/archive/record.h"
#include "domain/catalog/codec.h"

namespace tritontube::client {
namespace {

using nlohmann::json;
using testing::HasSubstr;

json Video(const std::string& id, const std::string& title) {
  return {{"id", id},
          {"title", title},
          {"state", "ready"},
          {"progress", 1.0},
          {"duration_seconds", 61.5},
          {"size_bytes", 2048},
          {"width", 1280},
          {"height", 720},
          {"error", nullptr},
          {"renditions", {{{"id", "v720"}, {"state", "ready"}}}},
          {"urls", {{"watch", "/videos/" + id}, {"original", nullptr}}}};
}

TEST_F(ClientTest, ListsEveryPage) {
  server_.WillAnswer(json{{"items", {Video("video-00001", "One\x1b")}}, {"next", "c+1"}}.dump());
  server_.WillAnswer(json{{"items", {Video("video-00002", "Two")}}, {"next", nullptr}}.dump());
  ASSERT_TRUE(List(context_, "a b").has_value());
  EXPECT_EQ(out(),
            "video-00001  ready                1:01    2.0 KiB  One\\x1B\n"
            "video-00002  ready                1:01    2.0 KiB  Two\n");
  EXPECT_EQ(server_.asked[0].path, "/api/v1/videos?limit=100&q=a%20b");
  EXPECT_EQ(server_.asked[1].path, "/api/v1/videos?limit=100&q=a%20b&cursor=c%2B1");
}

TEST_F(ClientTest, ListsOneObjectOnEachLine) {
  context_.json = true;
  server_.WillAnswer(
      json{{"items", {Video("video-00001", "One\nline"), Video("video-00002", "Two")}}}.dump());
  ASSERT_TRUE(List(context_, "").has_value());
  const std::string text = out();
  EXPECT_EQ(std::ranges::count(text, '\n'), 2);
  EXPECT_EQ(json::parse(text.substr(0, text.find('\n'))), Video("video-00001", "One\nline"));
}

TEST_F(ClientTest, ShowsWhatIsKnownOfAVideo) {
  server_.WillAnswer(Video("video-00001", "One").dump());
  ASSERT_TRUE(Show(context_, "video-00001").has_value());
  EXPECT_THAT(out(), HasSubstr("title        One\n"));
  EXPECT_THAT(out(), HasSubstr("picture      1280x720\n"));
  EXPECT_THAT(out(), HasSubstr("watch        http://tube/videos/video-00001\n"));
  EXPECT_THAT(out(), testing::Not(HasSubstr("original")));
}

TEST_F(ClientTest, SaysWhatTheServerSaid) {
  server_.WillAnswer(Problem(404, "there is no video video-00001"));
  EXPECT_EQ(Show(context_, "video-00001").error().message(), "there is no video video-00001");
  server_.WillAnswer("<html>a router's login page</html>");
  EXPECT_THAT(Show(context_, "video-00001").error().message(), HasSubstr("TritonTube"));
  server_.WillFail(ErrorCode::kUnavailable, "there is no server");
  EXPECT_EQ(List(context_, "").error().message(), "there is no server");
}

TEST_F(ClientTest, AsksForNothingThatCannotBeAnId) {
  for (const char* id : {"", "../../etc/passwd", "http://tube/videos/video-00001"}) {
    EXPECT_EQ(Show(context_, id).error().code(), ErrorCode::kNotFound);
    EXPECT_THAT(Delete(context_, {id}).error().message(), HasSubstr("1 of 1"));
  }
  EXPECT_EQ(Verify(context_, "../x").error().code(), ErrorCode::kNotFound);
  EXPECT_TRUE(server_.asked.empty());
}

TEST_F(ClientTest, DeletesWhatItCan) {
  server_.WillAnswer(Problem(404, "there is no video video-00001"));
  server_.WillAnswer({.status = 204, .headers = {}, .body = {}});
  const auto done = Delete(context_, {"video-00001", "video-00002"});
  ASSERT_FALSE(done.has_value());
  EXPECT_EQ(done.error().message(), "1 of 2 deletions failed");
  EXPECT_EQ(out(), "deleted video-00002\n");
  EXPECT_EQ(err(), "tritontube: video-00001: there is no video video-00001\n");
  EXPECT_EQ(server_.asked[1].method, "DELETE");
  EXPECT_EQ(server_.asked[1].path, "/api/v1/videos/video-00002");
}

const std::string kProgressLine = R"({"checked_bytes":10,"total_bytes":20,"damaged_blobs":0})"
                                  "\n";

TEST_F(ClientTest, VerifiesAndSaysThatAllIsWell) {
  server_.WillAnswer(kProgressLine +
                     R"({"checked_bytes":20,"checked_blobs":3,"damaged_blobs":0,"corrupt":[],)"
                     R"("missing":[]})"
                     "\n");
  ASSERT_TRUE(Verify(context_, "video-00001").has_value());
  EXPECT_EQ(server_.asked[0].path, "/api/v1/verification?video=video-00001");
  EXPECT_EQ(out(), "checked 3 files, 20 bytes: 0 damaged\n");
}

TEST_F(ClientTest, FailsWhenAnythingIsDamaged) {
  server_.WillAnswer(
      R"({"checked_bytes":20,"checked_blobs":3,"damaged_blobs":2,)"
      R"("corrupt":[{"video":"video-00001","file":"a.m4s","reason":"another digest"}],)"
      R"("missing":[{"video":"video-00001","file":"b.m4s","reason":"it is not there"}]})"
      "\n");
  const auto done = Verify(context_, "");
  ASSERT_FALSE(done.has_value());
  EXPECT_EQ(done.error().code(), ErrorCode::kCorrupt);
  EXPECT_EQ(server_.asked[0].path, "/api/v1/verification");
  EXPECT_THAT(out(), HasSubstr("video video-00001: a.m4s is damaged: another digest\n"));
  EXPECT_THAT(out(), HasSubstr("video video-00001: b.m4s is missing: it is not there\n"));
}

TEST_F(ClientTest, DoesNotTakeAVerificationThatBrokeOffForAGoodOne) {
  server_.WillAnswer(kProgressLine);
  EXPECT_EQ(Verify(context_, "").error().code(), ErrorCode::kUnavailable);
  server_.WillAnswer(std::string(R"({"error":{"code":"unavailable","message":"stopping"}})"
                                 "\n"));
  EXPECT_EQ(Verify(context_, "").error().message(), "stopping");
}

class ClientBackupTest : public ClientTest {
 protected:
  // A backup of one video that has no blobs.
  static std::string Stream(bool with_end = true) {
    const catalog::VideoRow row{.id = *VideoId::Parse("videovideo0"),
                                .upload = *UploadId::Parse("uploadload0"),
                                .title = "a",
                                .created = {},
                                .failure = catalog::Failure{.code = "c", .message = "m"}};
    std::string stream(archive::kBeginning);
    stream += archive::Write(archive::Video{row.id, catalog::Encode(row)}).Flatten();
    stream += archive::Write(archive::Gone{*VideoId::Parse("othervideo0"), "damaged"}).Flatten();
    if (with_end) stream += archive::Write(archive::End{1, 1}).Flatten();
    return stream;
  }
  std::filesystem::path path_ = folder_.path() / "backup";
};

TEST_F(ClientBackupTest, WritesWhatComesAndSaysWhatIsLeftOut) {
  server_.WillAnswer(Stream());
  const auto done = Backup(context_, path_);
  ASSERT_FALSE(done.has_value());
  EXPECT_THAT(done.error().message(), HasSubstr("1 videos are damaged"));
  EXPECT_THAT(err(), HasSubstr("video othervideo0: damaged"));
  EXPECT_THAT(out(), HasSubstr("1 videos are in " + path_.string()));
  EXPECT_TRUE(std::filesystem::exists(path_ / "videos"));
  EXPECT_EQ(server_.asked[0].path, "/api/v1/backup");
}

TEST_F(ClientBackupTest, SaysThatTheEarlierOneIsAsItWasWhenItBreaksOff) {
  server_.WillAnswer(Stream(false));
  EXPECT_EQ(Backup(context_, path_).error().code(), ErrorCode::kDataLoss);
  server_.WillFail(ErrorCode::kUnavailable, "there is no server");
  EXPECT_THAT(Backup(context_, path_).error().message(), HasSubstr("is as it was"));
  EXPECT_FALSE(std::filesystem::exists(path_ / "videos"));
}

}  // namespace
}  // namespace tritontube::client
