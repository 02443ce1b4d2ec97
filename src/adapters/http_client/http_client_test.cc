#include "adapters/http_client/http_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "adapters/http_client/curl_client.h"
#include "foundation/async/io_pool.h"
#include "transport/http/problem.h"
#include "transport/http/server.h"

namespace tritontube::http_client {
namespace {

using testing::HasSubstr;

class EchoBody final : public http::BodySource {
 public:
  async::Task<Result<std::optional<blob::Bytes>>> Next() override {
    if (count_-- > 0) co_return blob::Bytes(std::string(1000, 'x'));
    co_return Fail(ErrorCode::kInternal, "broken");
  }

 private:
  int count_ = 3;
};

async::Task<Result<http::Response>> Echo(http::Request& request) {
  std::string text = fmt::format("{} {} ", request.path, request.query.Get("q").value_or(""));
  text += request.headers.Get("X-Test").value_or("");
  TT_CO_ASSIGN_OR_RETURN(const std::string body, co_await http::ReadWhole(request.body, 1U << 24U));
  http::Response response = http::TextResponse(200, "text/plain", text + body);
  response.headers.Set("X-Answer", "yes");
  co_return response;
}

async::Task<Result<http::Response>> Refuse(http::Request& /*request*/) {
  co_return http::ProblemResponse(507, "There is no room: delete something.");
}

async::Task<Result<http::Response>> BreakOff(http::Request& /*request*/) {
  http::Response response;
  response.body = std::make_unique<EchoBody>();
  co_return response;
}

class HttpClientTest : public testing::Test {
 protected:
  HttpClientTest() {
    http::Router router;
    const http::RouteOptions large{.body_bytes_max = ByteCount{1} << 30U};
    router.Add(http::Method::kGet, "/echo", Echo);
    router.Add(http::Method::kPost, "/echo", Echo, large);
    router.Add(http::Method::kPost, "/full", Refuse, large);
    router.Add(http::Method::kGet, "/broken", BreakOff);
    server_ =
        http::Server::Start(io_, std::move(router), {.port = 0, .limits = {}, .host_policy = {}})
            .value();
    client_ = CurlClient::Open(Address(), stop_).value();
  }
  ~HttpClientTest() override {
    client_.reset();
    async::BlockOn(io_.executor(0), server_->Stop(Deadline::After(std::chrono::seconds(5))));
  }
  std::string Address() const { return fmt::format("http://127.0.0.1:{}", server_->port()); }

  async::IoPool io_{1};
  std::unique_ptr<http::Server> server_;
  std::atomic<bool> stop_ = false;
  std::unique_ptr<CurlClient> client_;
};

// A file of so many x, read in whatever pieces it is asked for.
OutgoingFile FileOf(ByteCount size) {
  auto left = std::make_shared<ByteCount>(size);
  return {.size = size, .read = [left](std::span<char> buffer) -> Result<std::size_t> {
            const std::size_t count = std::min<ByteCount>(*left, buffer.size());
            std::ranges::fill(buffer.first(count), 'x');
            *left -= count;
            return count;
          }};
}

TEST_F(HttpClientTest, SendsAndReceives) {
  const auto answer = client_->Send({.path = "/echo?q=a%20b", .headers = {{"X-Test", "header"}}});
  ASSERT_TRUE(answer.has_value()) << answer.error().message();
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->headers.Get("x-answer"), "yes");
  EXPECT_EQ(answer->body, "/echo a b header");
  const auto posted = client_->Send({.method = "POST", .path = "/echo", .body = "body"});
  EXPECT_EQ(posted->body, "/echo  body");
}

TEST_F(HttpClientTest, StreamsFilesUpAndBodiesDown) {
  constexpr ByteCount kSize = 5'000'000;
  ByteCount received = 0;
  Transfer last;
  int status = 0;
  const auto answer =
      client_->Send({.method = "POST",
                     .path = "/echo",
                     .file = FileOf(kSize),
                     .on_head = [&](int told, const http::Headers&) -> Result<void> {
                       EXPECT_EQ(received, 0U);
                       status = told;
                       return {};
                     },
                     .sink = [&](std::string_view bytes) -> Result<void> {
                       received += bytes.size();
                       return {};
                     },
                     .progress = [&](const Transfer& transfer) { last = transfer; }});
  ASSERT_TRUE(answer.has_value()) << answer.error().message();
  EXPECT_EQ(status, 200);
  EXPECT_EQ(received, kSize + std::string("/echo  ").size());
  EXPECT_TRUE(answer->body.empty());
  EXPECT_EQ(last.sent, kSize);
  EXPECT_EQ(last.received, received);
  EXPECT_EQ(last.receive_total, received);
}

TEST_F(HttpClientTest, GivesTheServersReasonWhenItSaysNo) {
  const auto answer =
      client_->Send({.method = "POST", .path = "/full", .file = FileOf(50'000'000)});
  ASSERT_TRUE(answer.has_value()) << answer.error().message();
  const auto checked = Check(*answer);
  ASSERT_FALSE(checked.has_value());
  EXPECT_EQ(checked.error().code(), ErrorCode::kResourceExhausted);
  EXPECT_EQ(checked.error().message(), "There is no room: delete something.");
  EXPECT_EQ(Check(*client_->Send({.path = "/none"})).error().code(), ErrorCode::kNotFound);
  EXPECT_THAT(Check({.status = 502, .headers = {}, .body = "<html>"}).error().message(),
              HasSubstr("502"));
  EXPECT_EQ(Check({.status = 400, .headers = {}, .body = R"({"detail":"a\u001b[2Jb\n"})"})
                .error()
                .message(),
            "a [2Jb ");
}

TEST_F(HttpClientTest, SaysWhenTheConnectionBreaksOff) {
  const auto answer = client_->Send({.path = "/broken"});
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code(), ErrorCode::kUnavailable);
  EXPECT_THAT(answer.error().message(), HasSubstr("broke off"));
}

TEST_F(HttpClientTest, EndsWithTheErrorOfItsOwnFunctions) {
  const Error full(ErrorCode::kResourceExhausted, "the disk is full");
  const auto sink = client_->Send({.path = "/echo", .sink = [&](std::string_view) -> Result<void> {
                                     return std::unexpected(full);
                                   }});
  EXPECT_EQ(sink.error().message(), full.message());
  const auto head =
      client_->Send({.path = "/echo", .on_head = [&](int, const http::Headers&) -> Result<void> {
                       return std::unexpected(full);
                     }});
  EXPECT_EQ(head.error().message(), full.message());
  OutgoingFile file = FileOf(10);
  file.read = [&](std::span<char>) -> Result<std::size_t> { return std::unexpected(full); };
  EXPECT_EQ(client_->Send({.method = "POST", .path = "/echo", .file = file}).error().message(),
            full.message());
}

TEST_F(HttpClientTest, StopsWhenItIsAskedTo) {
  stop_ = true;
  const auto answer = client_->Send({.path = "/echo"});
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code(), ErrorCode::kCancelled);
}

TEST_F(HttpClientTest, SaysThatThereIsNoServer) {
  // The port of a server that has gone.
  const std::string address = [&] {
    async::IoPool io(1);
    const auto server =
        http::Server::Start(io, {}, {.port = 0, .limits = {}, .host_policy = {}}).value();
    const std::uint16_t port = server->port();
    async::BlockOn(io.executor(0), server->Stop(Deadline::After(std::chrono::seconds(5))));
    return fmt::format("http://127.0.0.1:{}", port);
  }();
  const auto answer = CurlClient::Open(address + "/", stop_).value()->Send({.path = "/"});
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code(), ErrorCode::kUnavailable);
  EXPECT_THAT(answer.error().message(), HasSubstr("there is no server at " + address + ":"));
}

TEST_F(HttpClientTest, RefusesAddressesThatAreNone) {
  for (const char* address :
       {"", "127.0.0.1:3344", "ftp://a", "file:///etc/passwd", "http://a b"}) {
    const auto client = CurlClient::Open(address, stop_);
    ASSERT_FALSE(client.has_value()) << address;
    EXPECT_EQ(client.error().code(), ErrorCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace tritontube::http_client
