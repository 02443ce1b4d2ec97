#include "core/blob/blob_store.h"
#include "endpoints/http_api/openapi_document.h"
#include "endpoints/http_api/routes.h"

namespace tritontube::http_api {

namespace {

async::Task<Result<http::Response>> GetDocument(http::Request& request) {
  // It lives as long as the program: nobody needs to own it.
  const blob::Bytes bytes(nullptr, AsBytes(OpenApiDocument()));
  http::Representation representation{
      .size = bytes.size(),
      .etag = "\"" + blob::DigestOf(bytes).ToHex() + "\"",
      .headers = {{"Content-Type", "application/json"}, {"Cache-Control", "no-cache"}}};
  co_return co_await http::RangeResponse(request, std::move(representation), SlicesOf(bytes));
}

}  // namespace

void AddOpenApiRoute(http::Router& router) {
  router.Add(http::Method::kGet, "/api/openapi.json", GetDocument, {.cors = http::Cors::kAny});
}

}  // namespace tritontube::http_api
