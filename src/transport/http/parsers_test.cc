// Tables for the pure parsers and rules.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "foundation/async/io_pool.h"
#include "transport/http/attachment.h"
#include "transport/http/event_stream.h"
#include "transport/http/head_parser.h"
#include "transport/http/host_policy.h"
#include "transport/http/media_type.h"
#include "transport/http/percent.h"
#include "transport/http/problem.h"
#include "transport/http/range.h"
#include "transport/http/router.h"
#include "transport/http/target.h"

namespace tritontube::http {
namespace {

using testing::ElementsAre;

TEST(Headers, CompareNamesWithoutRegardToCase) {
  Headers headers{{"Content-Type", "a"}, {"X", "1"}, {"x", "2"}};
  EXPECT_EQ(headers.Get("content-TYPE"), "a");
  EXPECT_EQ(headers.Count("X"), 2U);
  headers.Set("X", "3");
  EXPECT_EQ(headers.Count("x"), 1U);
  headers.Remove("x");
  EXPECT_FALSE(headers.Has("X"));
}

TEST(Headers, FindTokensInLists) {
  const Headers headers{{"Connection", "Upgrade , CLOSE"}, {"Connection", "te"}};
  EXPECT_TRUE(headers.HasToken("connection", "close"));
  EXPECT_TRUE(headers.HasToken("connection", "te"));
  EXPECT_FALSE(headers.HasToken("connection", "clos"));
}

TEST(Attachment, NamesAFileForOldAndNewBrowsersAndNeverAFolder) {
  EXPECT_EQ(Attachment("my day.mp4"), "attachment; filename=\"my day.mp4\"");
  EXPECT_EQ(Attachment("Grüße.mp4"),
            "attachment; filename=\"Gr____e.mp4\"; filename*=UTF-8''Gr%C3%BC%C3%9Fe.mp4");
  EXPECT_EQ(Attachment("100%.mp4"),
            "attachment; filename=\"100_.mp4\"; filename*=UTF-8''100%25.mp4");
  EXPECT_EQ(Attachment("../a\\b\"c\r\nX: y"), "attachment; filename=\".._a_b_c__X: y\"");
}

TEST(Percent, EscapesWhatItCanUndo) {
  std::string every_byte;
  for (int i = 0; i < 256; ++i) every_byte += static_cast<char>(i);
  EXPECT_EQ(DecodePercent(EncodePercent(every_byte), Plus::kBlank), every_byte);
  EXPECT_EQ(EncodePercent("a-Z_0.~ +/"), "a-Z_0.~%20%2B%2F");
}

TEST(Target, IsDecodedOnce) {
  const Target target = ParseTarget("/a%20b/%2525?q=x+y%26&flag&=v&&n=1&n=2").value();
  EXPECT_EQ(target.path, "/a b/%25");
  EXPECT_EQ(target.query.Get("q"), "x y&");
  EXPECT_EQ(target.query.Get("flag"), "");
  EXPECT_EQ(target.query.Get("n"), "1");
  EXPECT_FALSE(target.query.Get("m").has_value());
  EXPECT_EQ(target.query.all().size(), 5U);
}

TEST(Target, HasFourForms) {
  EXPECT_EQ(ParseTarget("http://Host:80/p?q=1")->authority, "Host:80");
  EXPECT_EQ(ParseTarget("HTTPS://h/p")->path, "/p");
  EXPECT_EQ(ParseTarget("http://h")->path, "/");
  EXPECT_EQ(ParseTarget("http://h?a=b")->query.Get("a"), "b");
  EXPECT_EQ(ParseTarget("*")->path, "*");
}

TEST(Target, RefusesWhatClimbsOrHides) {
  for (const char* text :
       {"",        "a",     "http://",   "ftp://h/p", "/..",    "/../a",  "/a/..",
        "/a/../b", "/./a",  "/%2e%2e/a", "/.%2E",     "/a%2fb", "/a%2Fb", "/a%5cb",
        "/a\\b",   "/%00",  "/%0a",      "/a%7f",     "/%",     "/%4",    "/%zz",
        "/a#b",    "/?a=%", "/?a=%00",   "/?%x=1"}) {
    EXPECT_FALSE(ParseTarget(text).has_value()) << text;
  }
  for (const char* text : {"/...", "/.a", "/a..", "/a//b", "/%C3%BC", "/%ff", "/a%2eb"}) {
    EXPECT_TRUE(ParseTarget(text).has_value()) << text;
  }
}

TEST(ParameterizedValue, IsReadLeniently) {
  const auto value = ParseParameterizedValue(R"(Text/HTML ; Charset="a\"b\\c\d";;x=1;)").value();
  EXPECT_EQ(value.value, "text/html");
  EXPECT_EQ(value.Get("charset"), "a\"b\\c\\d");
  EXPECT_EQ(value.Get("x"), "1");
  for (const char* text :
       {"a; b", "a; b=", "a; b=\"c", "a; b=c d", "a; =c", "a; b=1; B=2", "a; b=\"c\"d"}) {
    EXPECT_FALSE(ParseParameterizedValue(text).has_value()) << text;
  }
}

TEST(Range, IsClippedToTheSize) {
  const auto kind = [](std::string_view field, ByteCount size = 10) {
    return ParseRange(field, size).kind;
  };
  const auto slice = [](std::string_view field) { return ParseRange(field, 10).slice; };
  EXPECT_EQ(slice("bytes=0-0"), (ByteSlice{0, 1}));
  EXPECT_EQ(slice("bytes=2-5"), (ByteSlice{2, 4}));
  EXPECT_EQ(slice("bytes=7-"), (ByteSlice{7, 3}));
  EXPECT_EQ(slice("BYTES= 7-99 "), (ByteSlice{7, 3}));
  EXPECT_EQ(slice("bytes=-3"), (ByteSlice{7, 3}));
  EXPECT_EQ(slice("bytes=-99"), (ByteSlice{0, 10}));
  EXPECT_EQ(slice("bytes=1-99999999999999999999999"), (ByteSlice{1, 9}));
  EXPECT_EQ(slice("bytes=0-18446744073709551615"), (ByteSlice{0, 10}));
  for (const char* field :
       {"bytes=10-", "bytes=10-20", "bytes=-0", "bytes=99999999999999999999-"}) {
    EXPECT_EQ(kind(field), RangeKind::kUnsatisfiable) << field;
  }
  EXPECT_EQ(kind("bytes=0-", 0), RangeKind::kUnsatisfiable);
  EXPECT_EQ(kind("bytes=-1", 0), RangeKind::kUnsatisfiable);
  for (const char* field : {"", "bytes", "bytes=", "bytes=-", "bytes=5-2", "bytes=a-b", "lines=1-2",
                            "bytes=0-1,3-4", "bytes=1-2-3", "bytes=--1", "bytes=+1-2", "bytes=1"}) {
    EXPECT_EQ(kind(field), RangeKind::kWhole) << field;
    EXPECT_EQ(slice(field), (ByteSlice{0, 10})) << field;
  }
}

TEST(Select, FollowsTheOrderOfPreconditions) {
  const auto status = [](const Headers& headers, Method method = Method::kGet) {
    return Select(method, headers, 10, "\"a\"").status;
  };
  EXPECT_EQ(status({}), 200);
  EXPECT_EQ(status({{"Range", "bytes=1-2"}}), 206);
  EXPECT_EQ(status({{"Range", "bytes=1-2"}}, Method::kHead), 200);
  EXPECT_EQ(status({{"Range", "bytes=1-2"}, {"Range", "bytes=3-4"}}), 200);
  EXPECT_EQ(status({{"Range", "bytes=10-"}}), 416);
  EXPECT_EQ(status({{"Range", "bytes=10-"}, {"If-Range", "\"b\""}}), 200);
  EXPECT_EQ(status({{"Range", "bytes=1-2"}, {"If-Range", "\"a\""}}), 206);
  EXPECT_EQ(status({{"Range", "bytes=1-2"}, {"If-Range", "W/\"a\""}}), 200);
  EXPECT_EQ(status({{"Range", "bytes=1-2"}, {"If-Range", "Sun, 06 Nov 1994 08:49:37 GMT"}}), 200);
  EXPECT_EQ(status({{"If-None-Match", "\"a\""}, {"Range", "bytes=1-2"}}), 304);
  EXPECT_EQ(status({{"If-None-Match", "\"b\", W/\"a\""}}), 304);
  EXPECT_EQ(status({{"If-None-Match", "*"}}), 304);
  EXPECT_EQ(status({{"If-None-Match", "\"b\""}}), 200);
  EXPECT_EQ(status({{"If-None-Match", "a"}}), 200);
  EXPECT_EQ(status({{"If-Match", "\"b\""}, {"If-None-Match", "\"a\""}}), 412);
  EXPECT_EQ(status({{"If-Match", "W/\"a\""}}), 412);
  EXPECT_EQ(status({{"If-Match", "\"x\" , \"a\""}}), 200);
}

TEST(Authority, IsANameOrAnAddressWithAPort) {
  EXPECT_EQ(ParseAuthority("LocalHost.")->host, "localhost");
  EXPECT_EQ(ParseAuthority("[::1]:80")->host, "::1");
  EXPECT_EQ(ParseAuthority("[::1]:80")->port, 80);
  EXPECT_EQ(ParseAuthority("a:65535")->port, 65535);
  for (const char* text : {"", ":80", "a:", "a:b", "a:65536", "a:-1", "[::1", "::1", "u@a", "a/b",
                           "a b", "[::1]x:80"}) {
    EXPECT_FALSE(ParseAuthority(text).has_value()) << text;
  }
}

TEST(HostPolicy, KnowsItsOwnNames) {
  const HostPolicy policy = HostPolicy::ForListener("192.0.2.7", {"Video.example"});
  const auto welcome = [&](std::string_view host) {
    return policy.Check(Method::kGet, host, {}).has_value();
  };
  for (const char* host : {"localhost", "localhost:3344", "LOCALHOST:1", "127.0.0.1:3344",
                           "[::1]:80", "192.0.2.7", "video.example:443"}) {
    EXPECT_TRUE(welcome(host)) << host;
  }
  for (const char* host :
       {"", "evil.example", "localhost.evil.example", "127.0.0.2", "localhost:x"}) {
    EXPECT_FALSE(welcome(host)) << host;
  }
}

TEST(HostPolicy, RefusesChangesFromOtherOrigins) {
  const HostPolicy policy({"localhost", "video.example"});
  const auto code = [&](Method method, std::string_view host, std::string_view origin) {
    const auto checked = policy.Check(method, host, {{"Origin", std::string(origin)}});
    return checked ? 200 : StatusFor(checked.error().code());
  };
  EXPECT_EQ(code(Method::kPost, "localhost:3344", "http://localhost:3344"), 200);
  EXPECT_EQ(code(Method::kPost, "localhost", "http://localhost:80"), 200);
  EXPECT_EQ(code(Method::kPost, "video.example", "https://video.example"), 200);
  EXPECT_EQ(code(Method::kPost, "video.example:443", "https://video.example"), 200);
  for (const Method method : {Method::kPost, Method::kPut, Method::kPatch, Method::kDelete}) {
    for (const char* origin :
         {"null", "", "http://evil.example", "http://localhost", "http://localhost:3345",
          "http://127.0.0.1:3344", "ftp://localhost:3344", "http://localhost:3344/x"}) {
      EXPECT_EQ(code(method, "localhost:3344", origin), 403) << origin;
    }
  }
  EXPECT_EQ(code(Method::kGet, "localhost", "http://evil.example"), 200);
  EXPECT_EQ(code(Method::kOptions, "localhost", "http://evil.example"), 200);
  EXPECT_TRUE(policy.Check(Method::kPost, "localhost", {}).has_value());
}

async::Task<Result<Response>> Nothing(Request& /*request*/) { co_return EmptyResponse(204); }

TEST(Router, PrefersTheMostSpecificPattern) {
  Router router;
  for (const char* pattern : {"/{rest...}", "/videos", "/videos/{id}", "/videos/{id}/{file}",
                              "/videos/{id}/poster", "/assets/{path...}"}) {
    router.Add(Method::kGet, pattern, Nothing);
  }
  const auto pattern_of = [&](std::string_view path) -> std::string {
    const Router::Answer answer = router.Find(Method::kGet, path);
    const auto* const match = std::get_if<Router::Match>(&answer);
    return match == nullptr ? "" : match->route->pattern;
  };
  EXPECT_EQ(pattern_of("/"), "/{rest...}");
  EXPECT_EQ(pattern_of("/videos"), "/videos");
  EXPECT_EQ(pattern_of("/videos/"), "/{rest...}");
  EXPECT_EQ(pattern_of("/videos/7"), "/videos/{id}");
  EXPECT_EQ(pattern_of("/videos/7/poster"), "/videos/{id}/poster");
  EXPECT_EQ(pattern_of("/videos/7/x"), "/videos/{id}/{file}");
  EXPECT_EQ(pattern_of("/videos/7/x/y"), "/{rest...}");
  EXPECT_EQ(pattern_of("/assets/a/b.js"), "/assets/{path...}");
  const auto match = std::get<Router::Match>(router.Find(Method::kHead, "/videos/7/a.m4s"));
  EXPECT_EQ(match.parameters.Get("id"), "7");
  EXPECT_EQ(match.parameters.Get("file"), "a.m4s");
  EXPECT_EQ(
      std::get<Router::Match>(router.Find(Method::kGet, "/assets/a/b")).parameters.Get("path"),
      "a/b");
}

TEST(Router, ListsItsRoutes) {
  Router router;
  router.Add(Method::kPost, "/b/{id}", Nothing, {.body_bytes_max = 7});
  router.Add(Method::kGet, "/b/{id}", Nothing);
  router.Add(Method::kGet, "/a", Nothing);
  std::vector<std::string> lines;
  for (const Route* const route : router.routes()) {
    lines.push_back(fmt::format("{} {} {}", ToString(route->method), route->pattern,
                                route->options.body_bytes_max));
  }
  EXPECT_THAT(lines, ElementsAre("GET /a 0", "GET /b/{id} 0", "POST /b/{id} 7"));
}

TEST(HeadScanner, FindsTheEndHoweverTheHeadIsCut) {
  const std::string buffered =
      std::string("GET / HTTP/1.1\r\nHost: x\r\n\r\n") + std::string(3, '\0');
  for (std::size_t step = 1; step <= buffered.size(); ++step) {
    HeadScanner scanner;
    std::optional<std::size_t> length;
    for (std::size_t size = step; !length; size = std::min(size + step, buffered.size())) {
      const auto found = scanner.Scan(std::string_view(buffered).substr(0, size));
      ASSERT_TRUE(found.has_value()) << found.error().detail;
      length = *found;
    }
    EXPECT_EQ(length, 27U) << step;
  }
}

TEST(ChunkSize, IsHexadecimalWithOptionalExtensions) {
  EXPECT_EQ(ParseChunkSize("0"), 0U);
  EXPECT_EQ(ParseChunkSize("fF"), 255U);
  EXPECT_EQ(ParseChunkSize("0010 ; a=b"), 16U);
  EXPECT_EQ(ParseChunkSize("ffffffffffffffff"), ~ByteCount{0});
  for (const char* line : {"", " 1", "-1", "+1", "0x1", "g", "1 2", "10000000000000000", ";a"}) {
    EXPECT_FALSE(ParseChunkSize(line).has_value()) << line;
  }
}

TEST(FormatEvent, KeepsEachFieldOnItsLine) {
  EXPECT_EQ(FormatEvent({.id = "7", .name = "video", .data = "a\nb\r\nc\rd"}),
            "id: 7\nevent: video\ndata: a\ndata: b\ndata: c\ndata: d\n\n");
  EXPECT_EQ(FormatEvent({.id = "7\nevent: x", .name = "", .data = ""}),
            "id: 7event: x\ndata: \n\n");
}

TEST(EventQueue, CutsAClientOffThatFallsBehind) {
  EventQueue queue(2);
  EXPECT_TRUE(queue.Push({}));
  EXPECT_TRUE(queue.Push({}));
  EXPECT_FALSE(queue.Push({}));
  EXPECT_TRUE(queue.closed());
}

TEST(EventStream, ClosesItsQueueWhenTheClientHasGone) {
  auto queue = std::make_shared<EventQueue>(2);
  {
    const Response response = EventStreamResponse(queue);
  }
  EXPECT_TRUE(queue->closed());
}

TEST(Problem, CarriesTheStatusOfItsError) {
  const Response response = ProblemFor(Error(ErrorCode::kResourceExhausted, "full \xFF"));
  EXPECT_EQ(response.status, 503);
  EXPECT_TRUE(response.headers.Has("Retry-After"));
  EXPECT_EQ(std::get<blob::Bytes>(response.body).Flatten(),
            R"({"type":"about:blank","title":"Service Unavailable","status":503,"detail":"full )"
            "\xEF\xBF\xBD\"}");
  for (int code = 1; code <= 15; ++code) {
    EXPECT_GE(StatusFor(static_cast<ErrorCode>(code)), 400);
    EXPECT_FALSE(ReasonPhrase(StatusFor(static_cast<ErrorCode>(code))).empty());
  }
}

// A body that is already there.
class TextBody final : public RequestBody {
 public:
  explicit TextBody(std::string text) : text_(std::move(text)) {}
  async::Task<Result<std::optional<blob::Bytes>>> Read(ByteCount max) override {
    if (text_.empty()) co_return std::nullopt;
    const std::string piece = text_.substr(0, max);
    text_.erase(0, piece.size());
    co_return blob::Bytes(piece);
  }
  std::optional<ByteCount> length() const override { return text_.size(); }

 private:
  std::string text_;
};

TEST(ReadWhole, RefusesOneByteTooMuch) {
  const async::IoPool pool(1);
  async::BlockOn(pool.executor(0), []() -> async::Task<void> {
    TextBody fits("12345");
    const auto whole = co_await ReadWhole(fits, 5);
    EXPECT_EQ(whole.value(), "12345");
    TextBody large("123456");
    const auto refused = co_await ReadWhole(large, 5);
    EXPECT_EQ(refused.error().code(), ErrorCode::kResourceExhausted);
  }());
}

}  // namespace
}  // namespace tritontube::http
