#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <thread>

#include "foundation/async/event.h"
#include "foundation/async/sleep.h"
#include "transport/http/event_stream.h"
#include "transport/http/problem.h"
#include "transport/http/range.h"
#include "transport/http/server_test_support.h"

namespace tritontube::http {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

async::Task<Result<Response>> EchoName(Request& request) {
  co_return TextResponse(200, "text/plain", request.parameters.Get("name"));
}

// Answers with the body it got.
async::Task<Result<Response>> Echo(Request& request) {
  TT_CO_ASSIGN_OR_RETURN(std::string text, co_await ReadWhole(request.body, 8U << 20U));
  co_return TextResponse(200, "application/octet-stream", std::move(text));
}

constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz";

async::Task<Result<Body>> SliceOfAlphabet(ByteSlice slice) {
  co_return blob::Bytes(std::string(kAlphabet.substr(slice.offset, slice.length)));
}

async::Task<Result<Response>> Alphabet(Request& request) {
  Representation letters{
      .size = kAlphabet.size(), .etag = "\"v1\"", .headers = {{"Content-Type", "text/plain"}}};
  co_return co_await RangeResponse(request, std::move(letters), SliceOfAlphabet);
}

// Gives `count` pieces of 1000 bytes.
class Pieces final : public BodySource {
 public:
  Pieces(int count, std::optional<ByteCount> declared) : left_(count), declared_(declared) {}

  async::Task<Result<std::optional<blob::Bytes>>> Next() override {
    if (left_ == 0) co_return std::nullopt;
    --left_;
    co_return blob::Bytes(std::string(1000, 'p'));
  }
  std::optional<ByteCount> length() const override { return declared_; }

 private:
  int left_;
  std::optional<ByteCount> declared_;
};

async::Task<Result<Response>> InChunks(Request& /*request*/) {
  co_return Response{
      .status = 200, .headers = {}, .body = std::make_unique<Pieces>(3, std::nullopt)};
}

async::Task<Result<Response>> InPieces(Request& /*request*/) {
  co_return Response{.status = 200, .headers = {}, .body = std::make_unique<Pieces>(3, 3000)};
}

async::Task<Result<Response>> MoreThanDeclared(Request& /*request*/) {
  co_return Response{.status = 200, .headers = {}, .body = std::make_unique<Pieces>(3, 2000)};
}

async::Task<Result<Response>> Missing(Request& /*request*/) {
  co_return Fail(ErrorCode::kNotFound, "no such video");
}

async::Task<Result<Response>> SplitHeader(Request& /*request*/) {
  Response response = EmptyResponse(204);
  response.headers.Add("X-Name", "a\r\nSet-Cookie: b");
  co_return response;
}

Router Routes() {
  Router router;
  router.Add(Method::kGet, "/hello", Hello);
  router.Add(Method::kGet, "/names/{name}", EchoName);
  router.Add(Method::kPost, "/echo", Echo, {.body_bytes_max = 8U << 20U});
  router.Add(Method::kPost, "/small", Echo, {.body_bytes_max = 10});
  router.Add(Method::kPost, "/ignore", Hello, {.body_bytes_max = 8U << 20U});
  router.Add(Method::kGet, "/alphabet", Alphabet, {.cors = Cors::kAny});
  router.Add(Method::kGet, "/chunks", InChunks);
  router.Add(Method::kGet, "/pieces", InPieces);
  router.Add(Method::kGet, "/liar", MoreThanDeclared);
  router.Add(Method::kGet, "/missing", Missing);
  router.Add(Method::kGet, "/split", SplitHeader);
  return router;
}

TEST(Server, AnswersWithTheHeadersThatEveryAnswerHas) {
  const TestServer server(Routes());
  const std::string response = server.Ask(Get("/hello"));
  EXPECT_THAT(response, testing::StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(response, HasSubstr("\r\nContent-Length: 5\r\n"));
  EXPECT_THAT(response, HasSubstr("\r\nContent-Type: text/plain\r\n"));
  EXPECT_THAT(response, HasSubstr("\r\nX-Content-Type-Options: nosniff\r\n"));
  EXPECT_THAT(response, HasSubstr(" GMT\r\n"));
  EXPECT_THAT(response, HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_EQ(BodyOf(response), "hello");
}

TEST(Server, KeepsTheConnectionForTheNextRequest) {
  const TestServer server(Routes());
  RawClient client(server.port());
  for (int i = 0; i < 3; ++i) {
    client.Send("GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_EQ(BodyOf(client.ReadResponse()), "hello");
  }
}

TEST(Server, AnswersPipelinedRequestsInOrder) {
  const TestServer server(Routes());
  RawClient client(server.port());
  std::string requests;
  for (int i = 0; i < 50; ++i) {
    requests += fmt::format("GET /names/{} HTTP/1.1\r\nHost: localhost\r\n\r\n", i);
    requests += fmt::format("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n{:03}", i);
  }
  client.Send(requests);
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(BodyOf(client.ReadResponse()), fmt::format("{}", i));
    EXPECT_EQ(BodyOf(client.ReadResponse()), fmt::format("{:03}", i));
  }
}

TEST(Server, TakesARequestByteByByte) {
  const TestServer server(Routes());
  const RawClient client(server.port());
  RawClient reader(server.port());
  for (const char c : Get("/names/x")) reader.Send(std::string_view(&c, 1));
  EXPECT_EQ(BodyOf(reader.ReadToEnd()), "x");
}

TEST(Server, ClosesBehindAnHttp10RequestUnlessAskedToStay) {
  const TestServer server(Routes());
  EXPECT_EQ(BodyOf(server.Ask("GET /hello HTTP/1.0\r\n\r\n")), "hello");
  RawClient client(server.port());
  client.Send("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_THAT(client.ReadResponse(), HasSubstr("Connection: keep-alive"));
  client.Send("GET /hello HTTP/1.0\r\n\r\n");
  EXPECT_EQ(BodyOf(client.ReadToEnd()), "hello");
}

TEST(Server, SendsABodyOfUnknownLengthInChunks) {
  const TestServer server(Routes());
  const std::string response = server.Ask(Get("/chunks"));
  EXPECT_THAT(response, HasSubstr("Transfer-Encoding: chunked\r\n"));
  const std::string piece(1000, 'p');
  EXPECT_EQ(BodyOf(response),
            fmt::format("3e8\r\n{0}\r\n3e8\r\n{0}\r\n3e8\r\n{0}\r\n0\r\n\r\n", piece));
}

TEST(Server, EndsABodyOfUnknownLengthWithTheConnectionForAnHttp10Client) {
  const TestServer server(Routes());
  const std::string response = server.Ask("GET /chunks HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_THAT(response, Not(HasSubstr("chunked")));
  EXPECT_EQ(BodyOf(response), std::string(3000, 'p'));
}

TEST(Server, SendsASourceOfKnownLengthPlainly) {
  const TestServer server(Routes());
  const std::string response = server.Ask(Get("/pieces"));
  EXPECT_THAT(response, HasSubstr("Content-Length: 3000\r\n"));
  EXPECT_EQ(BodyOf(response), std::string(3000, 'p'));
}

TEST(Server, NeverSendsMoreThanASourceDeclared) {
  const TestServer server(Routes());
  RawClient client(server.port());
  client.Send("GET /liar HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(BodyOf(client.ReadToEnd()), std::string(2000, 'p'));
}

TEST(Server, AnswersHeadLikeGetWithoutTheBody) {
  const TestServer server(Routes());
  for (const char* path : {"/hello", "/pieces", "/alphabet"}) {
    const std::string response =
        server.Ask(fmt::format("HEAD {} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", path));
    EXPECT_EQ(StatusOf(response), 200) << path;
    EXPECT_EQ(BodyOf(response), "") << path;
    EXPECT_THAT(response, HasSubstr("Content-Length: ")) << path;
    EXPECT_THAT(response, Not(HasSubstr("Content-Length: 0"))) << path;
  }
}

TEST(Server, TellsAMissingPathFromAMissingMethod) {
  const TestServer server(Routes());
  EXPECT_EQ(StatusOf(server.Ask(Get("/nothing"))), 404);
  const std::string response =
      server.Ask("DELETE /hello HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(StatusOf(response), 405);
  EXPECT_THAT(response, HasSubstr("\r\nAllow: GET, HEAD, OPTIONS\r\n"));
}

TEST(Server, AnswersOptionsFromTheTable) {
  const TestServer server(Routes());
  const std::string plain =
      server.Ask("OPTIONS /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(StatusOf(plain), 204);
  EXPECT_THAT(plain, HasSubstr("Allow: POST, OPTIONS\r\n"));
  EXPECT_THAT(plain, Not(HasSubstr("Access-Control")));
  EXPECT_THAT(plain, Not(HasSubstr("Content-Length")));
  const std::string open =
      server.Ask("OPTIONS /alphabet HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(open, HasSubstr("Access-Control-Allow-Origin: *\r\n"));
  EXPECT_THAT(open, HasSubstr("Access-Control-Allow-Methods: GET, HEAD, OPTIONS\r\n"));
  EXPECT_EQ(StatusOf(server.Ask("OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")),
            204);
}

TEST(Server, MakesAProblemOfAHandlersError) {
  const TestServer server(Routes());
  const std::string response = server.Ask(Get("/missing"));
  EXPECT_EQ(StatusOf(response), 404);
  EXPECT_THAT(response, HasSubstr("Content-Type: application/problem+json\r\n"));
  EXPECT_THAT(BodyOf(response),
              HasSubstr(R"("title":"Not Found","status":404,"detail":"no such video")"));
  EXPECT_THAT(BodyOf(response), HasSubstr(R"("request_id":")"));
}

std::string HeaderOf(const std::string& response, std::string_view name) {
  const std::size_t begin = response.find(fmt::format("\r\n{}: ", name));
  if (begin == std::string::npos) return {};
  const std::size_t value = begin + name.size() + 4;
  return response.substr(value, response.find("\r\n", value) - value);
}

TEST(Server, GivesEveryRequestANameAndSaysItInTheAnswer) {
  const TestServer server(Routes());
  const std::string response = server.Ask(Get("/missing"));
  const std::string id = HeaderOf(response, "X-Request-Id");
  EXPECT_EQ(id.size(), 36U);
  EXPECT_THAT(BodyOf(response), HasSubstr(fmt::format(R"("request_id":"{}")", id)));
  EXPECT_NE(HeaderOf(server.Ask(Get("/alphabet")), "X-Request-Id"), id);
}

TEST(Server, TakesTheNameThatAProxyHasGivenARequest) {
  const TestServer server(Routes());
  const std::string response = server.Ask(Get("/missing", "X-Request-Id: Root=1-67891233\r\n"));
  EXPECT_EQ(HeaderOf(response, "X-Request-Id"), "Root=1-67891233");
  EXPECT_THAT(BodyOf(response), HasSubstr(R"("request_id":"Root=1-67891233")"));
}

TEST(Server, TakesNoNameThatCouldForgeALogOrFillIt) {
  const TestServer server(Routes());
  for (const std::string& id :
       {std::string("a b"), std::string("a\"b"), std::string("\xC3\xA4"), std::string(65, 'a')}) {
    const std::string response = server.Ask(Get("/alphabet", "X-Request-Id: " + id + "\r\n"));
    EXPECT_EQ(HeaderOf(response, "X-Request-Id").size(), 36U) << id;
  }
}

TEST(Server, DoesNotLetAValueBeginAHeader) {
  const TestServer server(Routes());
  EXPECT_THAT(server.Ask(Get("/split")), HasSubstr("X-Name: a  Set-Cookie: b\r\n"));
}

TEST(Server, GivesRangesAndNotModified) {
  const TestServer server(Routes());
  const std::string part = server.Ask(Get("/alphabet", "Range: bytes=2-4\r\n"));
  EXPECT_EQ(StatusOf(part), 206);
  EXPECT_THAT(part, HasSubstr("Content-Range: bytes 2-4/26\r\n"));
  EXPECT_THAT(part, HasSubstr("Access-Control-Allow-Origin: *\r\n"));
  EXPECT_EQ(BodyOf(part), "cde");

  const std::string outside = server.Ask(Get("/alphabet", "Range: bytes=26-\r\n"));
  EXPECT_EQ(StatusOf(outside), 416);
  EXPECT_THAT(outside, HasSubstr("Content-Range: bytes */26\r\n"));

  const std::string unchanged = server.Ask(Get("/alphabet", "If-None-Match: \"v1\"\r\n"));
  EXPECT_EQ(StatusOf(unchanged), 304);
  EXPECT_THAT(unchanged, HasSubstr("ETag: \"v1\"\r\n"));
  EXPECT_EQ(BodyOf(unchanged), "");
  EXPECT_THAT(unchanged, Not(HasSubstr("Content-Length")));

  EXPECT_EQ(StatusOf(server.Ask(Get("/alphabet", "If-Match: \"v2\"\r\n"))), 412);
}

TEST(Server, EchoesALargeBodyWithItsLength) {
  const TestServer server(Routes());
  std::string body(3'000'000, 'x');
  for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>(i * 7 % 251);
  RawClient client(server.port());
  client.Send(
      fmt::format("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n", body.size()));
  client.Send(body);
  const std::string echoed = BodyOf(client.ReadResponse());
  EXPECT_EQ(echoed.size(), body.size()) << echoed.substr(0, 200);
  EXPECT_TRUE(echoed == body);
}

TEST(Server, UnderstandsAChunkedBodyHoweverItIsCut) {
  const TestServer server(Routes());
  const std::string request =
      "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Chunked\r\n\r\n"
      "5\r\nhello\r\n1;name=\"v\"\r\n,\r\n00006 \r\n world\r\n0\r\nTrailer: t\r\n\r\n";
  for (std::size_t cut = 1; cut < request.size(); cut += 5) {
    RawClient client(server.port());
    client.Send(std::string_view(request).substr(0, cut));
    client.Send(std::string_view(request).substr(cut));
    EXPECT_EQ(BodyOf(client.ReadResponse()), "hello, world") << cut;
    client.Send(Get("/hello"));
    EXPECT_EQ(BodyOf(client.ReadToEnd()), "hello") << cut;
  }
}

TEST(Server, RefusesABrokenChunk) {
  const TestServer server(Routes());
  for (const char* chunks : {"x\r\nhello\r\n", "5\nhello\r\n", "3\r\nhello\r\n0\r\n\r\n", "-1\r\n",
                             "0x5\r\nhello\r\n", "11111111111111111\r\n", "\r\n"}) {
    const std::string response = server.Ask(fmt::format(
        "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n{}", chunks));
    EXPECT_EQ(StatusOf(response), 400) << chunks;
  }
  RawClient client(server.port());
  client.Send("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1;");
  client.Send(std::string(5000, 'e'));
  EXPECT_EQ(StatusOf(client.ReadResponse()), 400);
}

TEST(Server, RefusesABodyBeyondTheRoutesLimit) {
  const TestServer server(Routes());
  EXPECT_EQ(
      StatusOf(server.Ask(
          "POST /small HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 11\r\n\r\n")),
      413);
  EXPECT_EQ(StatusOf(server.Ask("POST /small HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
                                "\r\nb\r\nhello world\r\n0\r\n\r\n")),
            413);
  const std::string fits = server.Ask(
      "POST /small HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
      "a\r\nhelloworld\r\n0\r\n\r\n");
  EXPECT_EQ(BodyOf(fits), "helloworld");
}

TEST(Server, InvitesABodyOnlyWhenTheHandlerReadsIt) {
  const TestServer server(Routes());
  RawClient client(server.port());
  client.Send(
      "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.ReadUntil("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.Send("hello");
  EXPECT_EQ(BodyOf(client.ReadResponse()), "hello");

  const std::string refused = server.Ask(
      "POST /small HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(StatusOf(refused), 413);
  EXPECT_THAT(refused, HasSubstr("Connection: close"));
  const std::string unread = server.Ask(
      "POST /ignore HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(StatusOf(unread), 200);
}

TEST(Server, ReadsASmallRestOutAndClosesOnALargeOne) {
  const TestServer server(Routes());
  RawClient client(server.port());
  client.Send("POST /ignore HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n");
  client.Send(std::string(5000, 'r'));
  EXPECT_EQ(BodyOf(client.ReadResponse()), "hello");
  client.Send("GET /names/next HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(BodyOf(client.ReadResponse()), "next");

  client.Send("POST /ignore HTTP/1.1\r\nHost: x\r\nContent-Length: 5000000\r\n\r\n");
  const std::string last = client.ReadToEnd();
  EXPECT_THAT(last, HasSubstr("Connection: close"));
  EXPECT_EQ(BodyOf(last), "hello");
}

TEST(Server, LetsTheClientReadTheRefusalOfABodyThatItStillSends) {
  const TestServer server(Routes());
  RawClient client(server.port());
  client.Send("POST /small HTTP/1.1\r\nHost: x\r\nContent-Length: 4000000\r\n\r\n");
  EXPECT_TRUE(client.Send(std::string(4'000'000, 'b')));
  client.ShutdownSend();
  EXPECT_EQ(StatusOf(client.ReadToEnd()), 413);
}

TEST(Server, AnswersEachConnectionOnAnyOfItsThreads) {
  const TestServer server(Routes(), {}, 2);
  std::vector<std::jthread> clients;
  clients.reserve(8);
  for (int i = 0; i < 8; ++i) {
    clients.emplace_back([&server, i] {
      RawClient client(server.port());
      for (int k = 0; k < 50; ++k) {
        client.Send(fmt::format("GET /names/{} HTTP/1.1\r\nHost: x\r\n\r\n", i));
        EXPECT_EQ(BodyOf(client.ReadResponse()), fmt::format("{}", i));
      }
    });
  }
}

TEST(Server, StreamsEventsUntilItsQueueIsClosed) {
  auto queue = std::make_shared<EventQueue>(10);
  Router router;
  router.Add(Method::kGet, "/events", [queue](Request&) -> async::Task<Result<Response>> {
    return [](std::shared_ptr<EventQueue> events) -> async::Task<Result<Response>> {
      co_return EventStreamResponse(std::move(events), 10ms);
    }(queue);
  });
  const TestServer server(std::move(router));
  RawClient client(server.port());
  client.Send("GET /events HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(client.ReadUntil("\r\n\r\n"), HasSubstr("Content-Type: text/event-stream"));
  queue->Push({.id = "7", .name = "video", .data = "{}"});
  EXPECT_THAT(client.ReadUntil("data: {}\n\n\r\n"), HasSubstr("id: 7\nevent: video\n"));
  EXPECT_THAT(client.ReadUntil(":\n\n\r\n"), HasSubstr("3\r\n"));  // A heartbeat.
  queue->Close();
  EXPECT_THAT(client.ReadUntil("0\r\n\r\n"), HasSubstr("0\r\n\r\n"));
}

}  // namespace
}  // namespace tritontube::http
