#pragma once

#include <array>
#include <nlohmann/json.hpp>
#include <set>

#include "core/blob/blob_store.h"
#include "domain/jobs/job_queue.h"
#include "endpoints/http_api/api.h"
#include "endpoints/http_api/incoming_body.h"
#include "endpoints/http_api/openapi_contract.h"
#include "services/cluster/single_machine.h"
#include "support/memory_search_index.h"
#include "support/platform.h"

namespace tritontube::http_api {

using http::Method;

class FakeBody final : public http::RequestBody {
 public:
  explicit FakeBody(std::string bytes, std::size_t piece_bytes)
      : bytes_(std::move(bytes)), piece_bytes_(piece_bytes) {}

  async::Task<Result<std::optional<blob::Bytes>>> Read(ByteCount max) override {
    const auto size = std::min<std::size_t>({piece_bytes_, max, bytes_.size() - at_});
    if (size == 0) co_return std::nullopt;
    at_ += size;
    co_return blob::Bytes(bytes_.substr(at_ - size, size));
  }
  std::optional<ByteCount> length() const override { return bytes_.size(); }

 private:
  std::string bytes_;
  std::size_t piece_bytes_;
  std::size_t at_ = 0;
};

class FakeAssets final : public WebAssets {
 public:
  const WebAsset* Find(std::string_view path) const override {
    if (path == "/index.html") return &page_;
    if (path == "/assets/main-1.js") return &script_;
    return nullptr;
  }

 private:
  WebAsset page_{"/index.html", "text/html; charset=utf-8", "<!doctype html>", {}, {}};
  WebAsset script_{"/assets/main-1.js", "text/javascript", "let a;", "brotli", "gzip"};
};

struct Call {
  Method method = Method::kGet;
  std::string path;
  std::string query = {};
  http::Headers headers = {};
  std::string body = {};
  std::size_t piece_bytes = 1000;
};

inline const std::string kMp4(
    "\x00\x00\x00\x18"
    "ftypisom\x00\x00\x02\x00isomavc1\x00\x00\x00\x08"
    "mdat",
    32);

class HttpApiTest : public support::Platform {
 protected:
  // The answer of the route that the table names for this call. Every one keeps
  // to openapi.json.
  Result<http::Response> Answer(Call call) {
    const http::Router::Answer found = router_.Find(call.method, call.path);
    const auto* const match = std::get_if<http::Router::Match>(&found);
    if (match == nullptr) return Fail(ErrorCode::kUnimplemented, "no route");
    FakeBody body(std::move(call.body), call.piece_bytes);
    http::Request request{.method = call.method,
                          .path = call.path,
                          .query = http::QueryParameters::Parse(call.query).value(),
                          .headers = std::move(call.headers),
                          .remote_address = "127.0.0.1",
                          .id = "1",
                          .parameters = match->parameters,
                          .body = body};
    Result<http::Response> response = Value(match->route->handler(request));
    if (response && IsOfTheApi(*match->route)) {
      EXPECT_EQ(contract_.BreachOf(*match->route, *response), "") << OperationOf(*match->route);
    }
    return response;
  }
  // The pages are for people; the rest is the document's.
  static bool IsOfTheApi(const http::Route& route) {
    static constexpr std::array<std::string_view, 6> kRoots = {"/api/",    "/content/", "/upload",
                                                               "/healthz", "/readyz",   "/metrics"};
    return std::ranges::any_of(
        kRoots, [&](std::string_view root) { return route.pattern.starts_with(root); });
  }
  static std::string TextOf(const Result<http::Response>& response) {
    return std::get<blob::Bytes>(response->body).Flatten();
  }
  // A body that is made while it is sent.
  std::string Sent(const Result<http::Response>& response) {
    auto& source = *std::get<std::unique_ptr<http::BodySource>>(response->body);
    std::string text;
    for (;;) {
      const auto piece = Value(source.Next());
      if (!piece || !*piece) return text;
      text += (*piece)->Flatten();
    }
  }
  static nlohmann::json JsonOf(const Result<http::Response>& response) {
    return nlohmann::json::parse(TextOf(response), nullptr, false);
  }

  static Call Form(const std::string& parts) {
    return {.method = Method::kPost,
            .path = "/upload",
            .query = {},
            .headers = {{"Content-Type", "multipart/form-data; boundary=b"}},
            .body = parts + "--b--\r\n"};
  }
  static Call Patch(const std::string& address, std::string body) {
    return {.method = Method::kPatch,
            .path = address,
            .query = {},
            .headers = {{"Content-Type", "application/merge-patch+json; charset=utf-8"}},
            .body = std::move(body)};
  }
  static std::string FilePart(const std::string& bytes) {
    return "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.mp4\"\r\n\r\n" +
           bytes + "\r\n";
  }
  static std::string TitlePart(const std::string& title) {
    return "--b\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\n" + title + "\r\n";
  }

  OpenApiContract contract_;
  support::MemorySearchIndex search_index_;
  library::Search search_{catalog_, coordination_, search_index_};
  library::Library library_{catalog_, store_, search_};
  upload::SourceAnalyst analyst_{blocking_};
  upload::SourceJudge judge_{
      {.store = store_, .scratch = *scratch_, .prober = prober_, .analyst = analyst_}, {}};
  upload::UploadService upload_{{.catalog = catalog_,
                                 .store = store_,
                                 .space = space_,
                                 .judge = judge_,
                                 .lease = lease_,
                                 .clock = clock_,
                                 .random = random_},
                                {}};
  upload::ResumableUploads resumable_{{.catalog = catalog_,
                                       .store = store_,
                                       .space = space_,
                                       .judge = judge_,
                                       .analyst = analyst_,
                                       .clock = clock_,
                                       .random = random_},
                                      {.size_max = 1'000'000'000}};
  delivery::Delivery delivery_{catalog_, store_, blocking_, {}};
  verification::DamageLog damage_log_{coordination_};
  verification::Verifier verifier_{catalog_, store_, damage_log_, clock_};
  const extras::ExtraStores extra_stores_{
      .catalog = catalog_, .store = store_, .lease = lease_, .random = random_, .space = space_};
  extras::CaptionService captions_{extra_stores_};
  extras::PosterService posters_{extra_stores_, *scratch_, extra_tools_};
  FakeAssets assets_;
  cluster::SingleMachine cluster_{store_};
  cluster::Reporter reporter_{cluster_, store_, jobs_, coordination_};
  std::optional<std::string> unready_;
  http::Router router_ = BuildRouter({.library = library_,
                                      .catalog = catalog_,
                                      .coordination = coordination_,
                                      .upload = upload_,
                                      .resumable = resumable_,
                                      .delivery = delivery_,
                                      .verifier = verifier_,
                                      .blobs = store_,
                                      .captions = captions_,
                                      .posters = posters_,
                                      .assets = assets_,
                                      .cluster = reporter_,
                                      .health = {.unready_reason = [this] { return Unready(); },
                                                 .metrics_text = [] { return Metrics(); }}},
                                     {});

 private:
  async::Task<std::optional<std::string>> Unready() { co_return unready_; }
  static async::Task<std::string> Metrics() { co_return "tritontube_jobs 1\n"; }
};

}  // namespace tritontube::http_api
