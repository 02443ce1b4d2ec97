#include "core/blob/blob_store.h"
#include "endpoints/http_api/routes.h"
#include "transport/http/problem.h"
#include "transport/http/range.h"

namespace tritontube::http_api {

namespace {

constexpr std::string_view kContentSecurityPolicy =
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; media-src 'self' blob:; worker-src 'self' blob:; "
    "connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'";

// An asset lives as long as the program: nobody needs to own it.
blob::Bytes Borrow(std::string_view text) { return {nullptr, AsBytes(text)}; }

struct Encoded {
  std::string_view bytes;
  std::string_view coding;  // Empty: as it is.
};

Encoded Choose(const WebAsset& asset, const http::Headers& headers) {
  if (!asset.brotli.empty() && headers.HasToken("Accept-Encoding", "br")) {
    return {asset.brotli, "br"};
  }
  if (!asset.gzip.empty() && headers.HasToken("Accept-Encoding", "gzip")) {
    return {asset.gzip, "gzip"};
  }
  return {asset.bytes, {}};
}

async::Task<Result<http::Response>> Serve(const http::Request& request, const WebAsset& asset,
                                          http::Headers headers) {
  const Encoded encoded = Choose(asset, request.headers);
  headers.Set("Content-Type", asset.content_type);
  headers.Set("Vary", "Accept-Encoding");
  if (!encoded.coding.empty()) headers.Set("Content-Encoding", encoded.coding);
  const blob::Bytes bytes = Borrow(encoded.bytes);
  http::Representation representation{.size = bytes.size(),
                                      .etag = "\"" + blob::DigestOf(bytes).ToHex() + "\"",
                                      .headers = std::move(headers)};
  co_return co_await http::RangeResponse(request, std::move(representation), SlicesOf(bytes));
}

enum class Framing : std::uint8_t { kSameOrigin, kAnywhere };

http::Headers PageHeaders(Framing framing) {
  std::string policy(kContentSecurityPolicy);
  if (framing == Framing::kSameOrigin) policy += "; frame-ancestors 'self'";
  return {{"Cache-Control", "no-cache"},
          {"Content-Security-Policy", policy},
          {"Referrer-Policy", "same-origin"}};
}

// Every page is the same document: the program in it looks at the address.
async::Task<Result<http::Response>> GetPage(const WebAssets& assets, Framing framing,
                                            http::Request& request) {
  const WebAsset* const page = assets.Find("/index.html");
  if (page == nullptr) co_return http::ProblemResponse(404, "This server was built without pages.");
  co_return co_await Serve(request, *page, PageHeaders(framing));
}

async::Task<Result<http::Response>> GetAsset(const WebAssets& assets, http::Request& request) {
  const WebAsset* const asset = assets.Find(request.path);
  if (asset == nullptr) co_return http::ProblemResponse(404, "There is no such file.");
  http::Headers headers{{"Cache-Control", "public, max-age=31536000, immutable"}};
  co_return co_await Serve(request, *asset, std::move(headers));
}

}  // namespace

void AddPageRoutes(http::Router& router, const Services& services) {
  using http::Method;
  const auto page = [&assets = services.assets](Framing framing) {
    return [&assets, framing](http::Request& request) { return GetPage(assets, framing, request); };
  };
  router.Add(Method::kGet, "/", page(Framing::kSameOrigin));
  router.Add(Method::kGet, "/upload", page(Framing::kSameOrigin));
  router.Add(Method::kGet, "/cluster", page(Framing::kSameOrigin));
  router.Add(Method::kGet, "/videos/{id}", page(Framing::kSameOrigin));
  router.Add(Method::kGet, "/embed/{id}", page(Framing::kAnywhere));
  router.Add(Method::kGet, "/assets/{file}", [&assets = services.assets](http::Request& request) {
    return GetAsset(assets, request);
  });
}

}  // namespace tritontube::http_api
