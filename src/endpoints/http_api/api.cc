#include "endpoints/http_api/api.h"

#include <nlohmann/json.hpp>

#include "domain/catalog/edit.h"
#include "endpoints/http_api/routes.h"
#include "services/library/video_json.h"
#include "transport/http/problem.h"

namespace tritontube::http_api {

namespace {

async::Task<Result<http::Body>> SliceOf(blob::Bytes bytes, http::ByteSlice slice) {
  co_return bytes.Slice(slice.offset, slice.length);
}

}  // namespace

http::Router BuildRouter(const Services& services, const ApiOptions& options) {
  http::Router router;
  AddVideoRoutes(router, services, options);
  AddUploadRoutes(router, services, options);
  AddExtraRoutes(router, services);
  AddEventRoute(router, services);
  AddContentRoute(router, services);
  AddBackupRoutes(router, services);
  AddHealthRoutes(router, services.health);
  AddClusterRoute(router, services);
  AddVerificationRoutes(router, services.verifier);
  AddOpenApiRoute(router);
  AddPageRoutes(router, services);
  return router;
}

http::SliceBody SlicesOf(blob::Bytes bytes) {
  return [bytes = std::move(bytes)](http::ByteSlice slice) { return SliceOf(bytes, slice); };
}

http::Response JsonResponse(int status, const nlohmann::json& json) {
  // Names and titles are UTF-8 by the time they are stored; what is not becomes
  // U+FFFD instead of an exception.
  std::string text = json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  http::Response response = http::TextResponse(status, "application/json", std::move(text));
  response.headers.Set("Cache-Control", "private, no-store");
  return response;
}

http::Response RefusalResponse(const upload::Refused& refused) {
  using Reason = upload::Refused::Reason;
  switch (refused.reason) {
    case Reason::kEmpty:
      return http::ProblemResponse(400, refused.message);
    case Reason::kTooLarge:
      return http::ProblemResponse(413, refused.message);
    case Reason::kNotMedia:
      return http::ProblemResponse(415, refused.message);
    case Reason::kNoRoom:
      return NoRoomResponse(*refused.shortage, refused.message);
    case Reason::kUnusable:
      return http::ProblemResponse(422, refused.message);
  }
  return http::ProblemResponse(500, refused.message);
}

std::string EntityTagOf(const catalog::VideoRow& row) {
  return "\"" + catalog::EditTagOf(row) + "\"";
}

http::Response VideoResponse(int status, const catalog::VideoView& video) {
  http::Response response = JsonResponse(status, library::ToJson(video));
  response.headers.Set("ETag", EntityTagOf(video.row));
  return response;
}

http::Response NoRoomResponse(const space::Shortage& shortage, std::string_view detail) {
  return http::ProblemResponse(507, detail,
                               {{"needed_bytes", shortage.needed},
                                {"free_bytes", shortage.free},
                                {"reserved_bytes", shortage.reserved},
                                {"keep_free_bytes", shortage.keep_free}});
}

Result<VideoId> VideoIdOf(const http::Request& request) {
  const std::string& text = request.parameters.Get("id");
  std::optional<VideoId> id = VideoId::Parse(text);
  if (!id) return Fail(ErrorCode::kNotFound, "there is no video {}", text);
  return *std::move(id);
}

}  // namespace tritontube::http_api
