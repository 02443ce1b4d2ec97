#include "app/client/download.h"

#include <fstream>
#include <sstream>

#include "app/client/client_test_support.h"
#include "core/blob/blob_store.h"

namespace tritontube::client {
namespace {

using testing::HasSubstr;

constexpr const char* kBytes = "the original bytes";

class DownloadTest : public ClientTest {
 protected:
  void WillDescribe(const std::string& digest_of = kBytes) {
    WillDescribe(
        digest_of.size(),
        {{"TritonTube-Digest", "xxh3-128=" + blob::DigestOf(blob::Bytes(digest_of)).ToHex()}});
  }
  void WillDescribe(std::size_t size, http::Headers headers) {
    server_.WillAnswer(
        R"({"id":"video-00001","urls":{"original":"/content/video-00001/original.mp4"}})");
    headers.Add("Content-Length", fmt::format("{}", size));
    headers.Add("ETag", "\"tag\"");
    headers.Add("Content-Disposition", "attachment; filename=\"a.mp4\"");
    server_.WillAnswer({.status = 200, .headers = std::move(headers), .body = {}});
  }
  Result<void> Run(local_files::Overwrite overwrite = local_files::Overwrite::kNo) {
    return Download(context_, {.id = "video-00001", .output = target_, .overwrite = overwrite});
  }
  static std::string Content(const std::filesystem::path& path) {
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return std::move(text).str();
  }
  static void Write(const std::filesystem::path& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
  }

  std::filesystem::path target_ = folder_.path() / "out.mp4";
  std::filesystem::path partial_ = folder_.path() / "out.mp4.video-00001.part";
};

TEST_F(DownloadTest, SavesWhatWasUploaded) {
  WillDescribe();
  server_.WillAnswer(kBytes);
  const auto done = Run();
  ASSERT_TRUE(done.has_value()) << done.error().message();
  EXPECT_EQ(Content(target_), kBytes);
  EXPECT_EQ(out(), target_.string() + "\n");
  EXPECT_FALSE(std::filesystem::exists(partial_));
}

TEST_F(DownloadTest, PutsItIntoAFolderUnderItsOwnName) {
  WillDescribe();
  server_.WillAnswer(kBytes);
  ASSERT_TRUE(Download(context_, {.id = "video-00001", .output = folder_.path()}).has_value());
  EXPECT_EQ(Content(folder_.path() / "a.mp4"), kBytes);
}

TEST_F(DownloadTest, GoesOnWhereItWasStopped) {
  Write(partial_, "the orig");
  WillDescribe();
  server_.WillAnswer({.status = 206, .headers = {}, .body = "inal bytes"});
  ASSERT_TRUE(Run().has_value());
  EXPECT_EQ(Content(target_), kBytes);
  EXPECT_EQ(server_.asked.back().headers.Get("Range"), "bytes=8-");
  EXPECT_EQ(server_.asked.back().headers.Get("If-Range"), "\"tag\"");
}

TEST_F(DownloadTest, BeginsAnewWhenTheServerSendsAllOfIt) {
  Write(partial_, "other");
  WillDescribe();
  server_.WillAnswer(kBytes);
  ASSERT_TRUE(Run().has_value());
  EXPECT_EQ(Content(target_), kBytes);
}

TEST_F(DownloadTest, BeginsAnewWhenNobodyCanTellWhoseBeginningItIs) {
  Write(partial_, "other");
  WillDescribe(std::string_view(kBytes).size(), {});
  server_.WillAnswer(kBytes);
  ASSERT_TRUE(Run().has_value());
  EXPECT_EQ(Content(target_), kBytes);
  EXPECT_EQ(server_.asked.back().headers.Get("Range"), std::nullopt);
}

TEST_F(DownloadTest, AsksForNothingWhenAllIsThere) {
  Write(partial_, kBytes);
  WillDescribe();
  ASSERT_TRUE(Run().has_value());
  EXPECT_EQ(Content(target_), kBytes);
}

TEST_F(DownloadTest, KeepsWhatCameWhenTheConnectionBreaks) {
  WillDescribe();
  server_.WillAnswer("the orig");
  Result<void> done = Fail(ErrorCode::kUnknown, "not run");
  {
    // The description is answered before it breaks.
    struct Breaking final : http_client::HttpClient {
      explicit Breaking(FakeServer& inner) : server(inner) {}
      Result<http_client::Answer> Send(const http_client::Call& call) override {
        if (call.sink) server.WillBreakOff();
        return server.Send(call);
      }
      FakeServer& server;
    } breaking(server_);
    Context context{.http = breaking,
                    .aside = aside_,
                    .server = context_.server,
                    .terminal = terminal_,
                    .json = false,
                    .wait = context_.wait};
    done = Download(context, {.id = "video-00001", .output = target_});
  }
  ASSERT_FALSE(done.has_value());
  EXPECT_THAT(done.error().message(), HasSubstr("run it again to go on"));
  EXPECT_EQ(Content(partial_), "the orig");
  EXPECT_FALSE(std::filesystem::exists(target_));
}

TEST_F(DownloadTest, ThrowsAwayWhatIsNotWhatWasUploaded) {
  WillDescribe();
  server_.WillAnswer("the 0riginal bytes");
  const auto done = Run();
  ASSERT_FALSE(done.has_value());
  EXPECT_EQ(done.error().code(), ErrorCode::kCorrupt);
  EXPECT_FALSE(std::filesystem::exists(target_));
  EXPECT_FALSE(std::filesystem::exists(partial_));
}

TEST_F(DownloadTest, OverwritesOnlyWhenItIsAskedTo) {
  Write(target_, "mine");
  WillDescribe();
  const auto refused = Run();
  EXPECT_EQ(refused.error().code(), ErrorCode::kAlreadyExists);
  EXPECT_THAT(refused.error().message(), HasSubstr("--force"));
  EXPECT_EQ(Content(target_), "mine");
  WillDescribe();
  server_.WillAnswer(kBytes);
  ASSERT_TRUE(Run(local_files::Overwrite::kYes).has_value());
  EXPECT_EQ(Content(target_), kBytes);
}

TEST_F(DownloadTest, SaysWhyThereIsNoOriginal) {
  server_.WillAnswer(R"({"id":"video-00001","state":"uploading","urls":{"original":null}})");
  EXPECT_THAT(Run().error().message(), HasSubstr("uploading"));
  server_.WillAnswer(Problem(404, "there is no video video-00001"));
  EXPECT_EQ(Run().error().message(), "there is no video video-00001");
}

}  // namespace
}  // namespace tritontube::client
