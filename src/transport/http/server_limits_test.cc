// What hostile, slow and vanishing clients meet, and how a server stops.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <thread>

#include "foundation/async/event.h"
#include "foundation/async/sleep.h"
#include "transport/http/event_stream.h"
#include "transport/http/problem.h"
#include "transport/http/server_test_support.h"

namespace tritontube::http {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using testing::HasSubstr;

// What a handler and a test tell each other. One for each test.
struct Scene {
  std::promise<void> begun;
  std::promise<ErrorCode> failed;
  std::promise<void> destroyed;
  async::Event released;
  std::atomic<ByteCount> received = 0;
};

async::Task<Result<Response>> ReadAll(Request& request, Scene& scene) {
  for (;;) {
    const auto piece = co_await request.body.Read(kPieceBytesMax);
    if (!piece) {
      scene.failed.set_value(piece.error().code());
      co_return std::unexpected(piece.error());
    }
    if (!*piece) co_return TextResponse(200, "text/plain", "all");
    scene.received += (*piece)->size();
  }
}

async::Task<Result<Response>> WaitForRelease(Request& /*request*/, Scene& scene) {
  scene.begun.set_value();
  co_await scene.released.WaitBeyond(0, Deadline::Never());
  co_return TextResponse(200, "text/plain", "released");
}

// Gives zeros for ever, or nothing for ever.
class Endless final : public BodySource {
 public:
  enum class Kind : std::uint8_t { kZeros, kSilence };
  Endless(Scene& scene, Kind kind) : scene_(scene), kind_(kind) {}
  ~Endless() override { scene_.destroyed.set_value(); }
  Endless(const Endless&) = delete;
  Endless& operator=(const Endless&) = delete;

  async::Task<Result<std::optional<blob::Bytes>>> Next() override {
    if (kind_ == Kind::kSilence) {
      co_await async::SleepUntil(Deadline::Never());
      co_return Fail(ErrorCode::kCancelled, "stopped");
    }
    co_return blob::Bytes(std::string(100'000, '\0'));
  }

 private:
  Scene& scene_;
  Kind kind_;
};

Router RoutesFor(Scene& scene) {
  Router router;
  router.Add(Method::kGet, "/hello", Hello);
  router.Add(Method::kPost, "/read", [&scene](Request& request) { return ReadAll(request, scene); },
             {.body_bytes_max = ByteCount{1} << 40U});
  router.Add(Method::kGet, "/wait",
             [&scene](Request& request) { return WaitForRelease(request, scene); });
  for (const auto& [path, kind] : {std::pair("/zeros", Endless::Kind::kZeros),
                                   std::pair("/silence", Endless::Kind::kSilence)}) {
    router.Add(Method::kGet, path, [&scene, source = kind](Request& /*request*/) {
      return [](Scene& stage, Endless::Kind what) -> async::Task<Result<Response>> {
        co_return Response{
            .status = 200, .headers = {}, .body = std::make_unique<Endless>(stage, what)};
      }(scene, source);
    });
  }
  return router;
}

Server::Options With(ServerLimits limits) {
  Server::Options options;
  options.limits = limits;
  return options;
}

TEST(ServerLimits, RefusesHeadsThatTwoReadersCouldUnderstandDifferently) {
  Scene scene;
  const TestServer server(RoutesFor(scene));
  const std::pair<int, std::string> cases[] = {
      {400,
       "POST /read HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"},
      {400,
       "POST /read HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n"},
      {400, "POST /read HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc"},
      {400, "POST /read HTTP/1.1\r\nHost: x\r\nContent-Length: 3, 3\r\n\r\nabc"},
      {400, "POST /read HTTP/1.1\r\nHost: x\r\nContent-Length: +3\r\n\r\nabc"},
      {400, "POST /read HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n"},
      {501, "POST /read HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"},
      {400, "POST /read HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"},
      {400, "GET /hello HTTP/1.1\r\nHost : x\r\n\r\n"},
      {400, "GET /hello HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n"},
      {400, "GET /hello HTTP/1.1\r\nHost: x\r\n A: b\r\n\r\n"},
      {400, "GET /hello HTTP/1.1\r\nHost: x\r\nA: b\0c\r\n\r\n"s},
      {400, "GET /hello HTTP/1.1\nHost: x\n\n"},
      {400, "GET /hello HTTP/1.1\r\nHost: x\r\nA: b\rc\r\n\r\n"},
      {400, "GET /hello HTTP/1.1\r\n\r\n"},
      {400, "GET /hello HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n"},
      {400, "GET hello HTTP/1.1\r\nHost: x\r\n\r\n"},
      {400, "GET * HTTP/1.1\r\nHost: x\r\n\r\n"},
      {400, "GET /hello\r\n\r\n"},
      {400, "GET /a%2Fb HTTP/1.1\r\nHost: x\r\n\r\n"},
      {400, "GET /../etc HTTP/1.1\r\nHost: x\r\n\r\n"},
      {417, "GET /hello HTTP/1.1\r\nHost: x\r\nExpect: wonders\r\n\r\n"},
      {501, "BREW /hello HTTP/1.1\r\nHost: x\r\n\r\n"},
      {501, "CONNECT a:1 HTTP/1.1\r\nHost: x\r\n\r\n"},
      {505, "GET /hello HTTP/2.0\r\nHost: x\r\n\r\n"},
      {400, "\x16\x03\x01\x02\x01\x01\r\n\r\n"},
  };
  for (const auto& [status, request] : cases) {
    RawClient client(server.port());
    client.Send(request);
    const std::string response = client.ReadToEnd();
    EXPECT_EQ(StatusOf(response), status) << request;
    EXPECT_THAT(response, HasSubstr("application/problem+json")) << request;
  }
}

TEST(ServerLimits, RefusesHeadsThatAreTooLargeOrTooMany) {
  Scene scene;
  const TestServer server(RoutesFor(scene));
  const auto status_of = [&](std::string_view request) { return StatusOf(server.Ask(request)); };
  const std::string long_value(20'000, 'v');
  EXPECT_EQ(status_of(Get("/hello", fmt::format("A: {}\r\n", long_value))), 431);
  EXPECT_EQ(status_of(Get("/" + long_value)), 414);
  EXPECT_EQ(status_of(Get("/" + std::string(9000, 'p'))), 414);
  std::string many;
  for (int i = 0; i < 101; ++i) many += "A: b\r\n";
  EXPECT_EQ(status_of(Get("/hello", many)), 431);
  EXPECT_EQ(status_of(Get("/hello", many.substr(0, std::size_t{6} * 90))), 200);
}

TEST(ServerLimits, TellsAClientWhoseHeadIsTooSlow) {
  Scene scene;
  const TestServer server(RoutesFor(scene), With({.head_time = 40ms}));
  EXPECT_EQ(StatusOf(server.Ask("GET /hello HTTP/1.1\r\nHost")), 408);
}

TEST(ServerLimits, ClosesAnIdleConnectionWithoutAWord) {
  Scene scene;
  const TestServer server(RoutesFor(scene), With({.idle_time = 40ms}));
  EXPECT_EQ(server.Ask(""), "");
  EXPECT_EQ(BodyOf(server.Ask("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n")), "hello");
}

TEST(ServerLimits, GivesASlowBodyUpButNotItsFirstBytes) {
  Scene scene;
  const TestServer server(RoutesFor(scene), With({.body_window = 40ms}));
  const std::string response =
      server.Ask("POST /read HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nfirst");
  EXPECT_EQ(StatusOf(response), 408);
  EXPECT_EQ(Await(scene.failed), ErrorCode::kDeadlineExceeded);
  EXPECT_EQ(scene.received, 5U);
}

TEST(ServerLimits, TheHandlerSeesThatTheClientWentAwayMidBody) {
  for (const bool chunked : {false, true}) {
    Scene scene;
    const TestServer server(RoutesFor(scene));
    RawClient client(server.port());
    client.Send(
        chunked ? "POST /read HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nfirst"
                : "POST /read HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nfirst");
    client.Close();
    EXPECT_EQ(Await(scene.failed), ErrorCode::kCancelled);
    EXPECT_EQ(scene.received, 5U);
  }
}

TEST(ServerLimits, StopsASourceWhoseClientWentAway) {
  Scene scene;
  const TestServer server(RoutesFor(scene));
  RawClient client(server.port());
  client.Send("GET /zeros HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(client.ReadBytes(1'000'000).size(), 1'000'000U);
  client.Reset();
  Await(scene.destroyed);
}

TEST(ServerLimits, StopsASilentSourceAsSoonAsItsClientHangsUp) {
  Scene scene;
  const TestServer server(RoutesFor(scene));
  RawClient client(server.port());
  client.Send("GET /silence HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(StatusOf(client.ReadUntil("\r\n\r\n")), 200);
  client.Close();
  Await(scene.destroyed);
}

TEST(ServerLimits, DropsAClientThatTakesNothing) {
  Scene scene;
  const TestServer server(RoutesFor(scene), With({.write_stall_time = 40ms}));
  const RawClient client(server.port());
  client.Send("GET /zeros HTTP/1.1\r\nHost: x\r\n\r\n");
  Await(scene.destroyed);
}

TEST(ServerLimits, TurnsConnectionsAwayBeyondItsBound) {
  Scene scene;
  const TestServer server(RoutesFor(scene), With({.connections_max = 1}));
  RawClient first(server.port());
  first.Send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(StatusOf(first.ReadResponse()), 200);
  EXPECT_EQ(server.server->connection_count(), 1U);
  RawClient second(server.port());
  const std::string refusal = second.ReadToEnd();
  EXPECT_EQ(StatusOf(refusal), 503);
  EXPECT_THAT(refusal, HasSubstr("Retry-After: "));
}

TEST(ServerLimits, AnswersBusyBeyondItsBoundOfRequests) {
  Scene scene;
  const TestServer server(RoutesFor(scene), With({.requests_max = 1}));
  RawClient first(server.port());
  first.Send("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n");
  Await(scene.begun);
  EXPECT_EQ(StatusOf(server.Ask(Get("/hello"))), 503);
  scene.released.Notify();
  EXPECT_EQ(BodyOf(first.ReadResponse()), "released");
  EXPECT_EQ(StatusOf(server.Ask(Get("/hello"))), 200);
}

TEST(ServerLimits, KeepsForeignPagesOut) {
  Scene scene;
  Server::Options options;
  options.host_policy = HostPolicy({"localhost"});
  const TestServer server(RoutesFor(scene), options);
  EXPECT_EQ(StatusOf(server.Ask(Get("/hello"))), 200);
  EXPECT_EQ(StatusOf(server.Ask("GET /hello HTTP/1.1\r\nHost: evil.example\r\n"
                                "Connection: close\r\n\r\n")),
            403);
  // The authority of an absolute target counts, not the Host field beside it.
  EXPECT_EQ(StatusOf(server.Ask("GET http://evil.example/hello HTTP/1.1\r\nHost: localhost\r\n"
                                "Connection: close\r\n\r\n")),
            403);
  EXPECT_EQ(StatusOf(server.Ask("POST /read HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                                "Origin: http://evil.example\r\nContent-Length: 0\r\n\r\n")),
            403);
  EXPECT_EQ(StatusOf(server.Ask("POST /read HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                                "Origin: http://localhost\r\nContent-Length: 0\r\n\r\n")),
            200);
}

TEST(ServerStop, LetsAResponseUnderWayFinishAndClosesIdleConnections) {
  Scene scene;
  TestServer server(RoutesFor(scene), {}, 2);
  RawClient idle(server.port());
  idle.Send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  idle.ReadResponse();
  RawClient busy(server.port());
  busy.Send("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n");
  Await(scene.begun);

  std::jthread stopper([&] { server.Stop(Deadline::After(10s)); });
  EXPECT_EQ(idle.ReadToEnd(), "");  // Closed at once.
  scene.released.Notify();
  const std::string response = busy.ReadToEnd();
  EXPECT_EQ(BodyOf(response), "released");
  EXPECT_THAT(response, HasSubstr("Connection: close"));
  stopper.join();
  EXPECT_EQ(server.server->connection_count(), 0U);
}

TEST(ServerStop, CancelsWhatIsLeftAtTheDeadline) {
  Scene scene;
  TestServer server(RoutesFor(scene));
  RawClient busy(server.port());
  busy.Send("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n");
  Await(scene.begun);
  RawClient streaming(server.port());
  streaming.Send("GET /zeros HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_FALSE(streaming.ReadBytes(1000).empty());
  server.Stop(Deadline::After(30ms));
  EXPECT_EQ(busy.ReadToEnd(), "");
  Await(scene.destroyed);
}

TEST(ServerStop, EndsEventStreamsProperly) {
  auto queue = std::make_shared<EventQueue>(10);
  Router router;
  router.Add(Method::kGet, "/events", [queue](Request& /*request*/) {
    return [](std::shared_ptr<EventQueue> events) -> async::Task<Result<Response>> {
      co_return EventStreamResponse(std::move(events));
    }(queue);
  });
  TestServer server(std::move(router));
  RawClient client(server.port());
  client.Send("GET /events HTTP/1.1\r\nHost: x\r\n\r\n");
  client.ReadUntil("\r\n\r\n");
  queue->Push({.id = "1", .name = "", .data = "last"});
  server.Stop(Deadline::After(10s));
  EXPECT_THAT(client.ReadToEnd(), testing::EndsWith("data: last\n\n\r\n0\r\n\r\n"));
  EXPECT_FALSE(queue->Push({}));
}

TEST(ServerStart, RefusesAPortThatIsTaken) {
  Scene scene;
  const TestServer server(RoutesFor(scene));
  async::IoPool pool(1);
  Server::Options options;
  options.port = server.port();
  const auto second = Server::Start(pool, Router(), options);
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code(), ErrorCode::kAlreadyExists);
  options.listen_address = "nowhere";
  EXPECT_EQ(Server::Start(pool, Router(), options).error().code(), ErrorCode::kInvalidArgument);
}

class Recorder final : public ServerObserver {
 public:
  struct Line {
    std::string method, pattern;
    int status;
    bool complete;
    ByteCount in, out;
    std::string error;
  };
  void OnRequest(const RequestRecord& record) override {
    lines.push_back({std::string(record.method), std::string(record.pattern), record.status,
                     record.complete, record.body_bytes_in, record.body_bytes_out,
                     std::string(record.error)});
  }
  void OnBegin(std::string_view pattern) override { begun.emplace_back(pattern); }
  void OnConnection(int change) override { connections += change; }

  std::vector<std::string> begun;
  std::vector<Line> lines;
  int connections = 0;
};

TEST(ServerObserver, HearsOfEveryRequest) {
  Scene scene;
  Recorder recorder;
  Server::Options options;
  options.observer = &recorder;
  TestServer server(RoutesFor(scene), options);
  server.Ask(
      "POST /read HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 4\r\n\r\nbody");
  server.Ask("nonsense\r\n\r\n");
  server.Ask("POST /read HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n");
  server.Stop(Deadline::After(10s));
  ASSERT_EQ(recorder.lines.size(), 3U);
  const Recorder::Line& read = recorder.lines[0];
  EXPECT_EQ(read.method, "POST");
  EXPECT_EQ(read.pattern, "/read");
  EXPECT_EQ(read.status, 200);
  EXPECT_TRUE(read.complete);
  EXPECT_EQ(read.in, 4U);
  EXPECT_EQ(read.out, 3U);
  EXPECT_EQ(recorder.lines[1].status, 400);
  EXPECT_EQ(read.error, "");
  EXPECT_NE(recorder.lines[2].error, "");
  EXPECT_EQ(recorder.begun, (std::vector<std::string>{"/read", "/read"}));
  EXPECT_EQ(recorder.connections, 0);
}

}  // namespace
}  // namespace tritontube::http
