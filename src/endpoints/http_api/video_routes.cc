#include <charconv>
#include <nlohmann/json.hpp>

#include "endpoints/http_api/incoming_body.h"
#include "endpoints/http_api/routes.h"
#include "foundation/telemetry/log.h"
#include "services/library/video_json.h"
#include "services/library/video_patch.h"
#include "transport/http/media_type.h"
#include "transport/http/problem.h"
#include "transport/http/range.h"

namespace tritontube::http_api {

namespace {

constexpr std::string_view kMergePatch = "application/merge-patch+json";

async::Task<Result<http::Response>> CreatedResponse(const Services& services, VideoId id) {
  TT_CO_ASSIGN_OR_RETURN(const catalog::VideoView video,
                         co_await services.library.Get(id, RequestDeadline()));
  http::Response response = VideoResponse(201, video);
  response.headers.Set("Location", "/api/v1/videos/" + id.text());
  co_return response;
}

bool WantsJson(const http::Request& request) {
  return request.headers.Get("Accept").value_or("").find("application/json") !=
         std::string_view::npos;
}

async::Task<Result<http::Response>> PostRaw(Services services, http::Request& request) {
  RawIncoming incoming(request);
  TT_CO_ASSIGN_OR_RETURN(const upload::Outcome outcome, co_await services.upload.Receive(incoming));
  if (const auto* const refused = std::get_if<upload::Refused>(&outcome)) {
    co_return RefusalResponse(*refused);
  }
  co_return co_await CreatedResponse(services, std::get<VideoId>(outcome));
}

async::Task<Result<http::Response>> PostForm(Services services, http::Request& request) {
  Result<FormIncoming> incoming = FormIncoming::ForRequest(request);
  if (!incoming) {
    co_return http::ProblemResponse(
        415,
        "Send the file as the field \"file\" of a multipart/form-data form, or its bytes to "
        "POST /api/v1/videos.");
  }
  TT_CO_ASSIGN_OR_RETURN(const upload::Outcome outcome,
                         co_await services.upload.Receive(*incoming));
  if (const auto* const refused = std::get_if<upload::Refused>(&outcome)) {
    // What was refused by its length nobody has looked into.
    if (refused->reason == upload::Refused::Reason::kEmpty && !incoming->found_file()) {
      co_return http::ProblemResponse(400, "The form has no file in a field named \"file\".");
    }
    co_return RefusalResponse(*refused);
  }
  const VideoId id = std::get<VideoId>(outcome);
  if (WantsJson(request)) co_return co_await CreatedResponse(services, id);
  co_return http::RedirectResponse(303, "/videos/" + id.text());
}

Result<library::LibraryQuery> QueryOf(const http::Request& request) {
  library::LibraryQuery query;
  if (const auto limit = request.query.Get("limit")) {
    const auto [end, error] =
        std::from_chars(limit->data(), limit->data() + limit->size(), query.limit);
    if (error != std::errc() || end != limit->data() + limit->size()) {
      return Fail(ErrorCode::kInvalidArgument, "limit must be a number from 1 to {}",
                  library::kListLimitMax);
    }
  }
  query.cursor = request.query.Get("cursor").value_or("");
  query.q = request.query.Get("q").value_or("");
  if (const auto sort = request.query.Get("sort")) query.sort = *sort;
  return query;
}

async::Task<Result<http::Response>> List(Services services, http::Request& request) {
  TT_CO_ASSIGN_OR_RETURN(library::LibraryQuery query, QueryOf(request));
  TT_CO_ASSIGN_OR_RETURN(const library::LibraryPage page,
                         co_await services.library.List(std::move(query), RequestDeadline()));
  co_return JsonResponse(200, library::ToJson(page));
}

async::Task<Result<http::Response>> GetOne(Services services, http::Request& request) {
  TT_CO_ASSIGN_OR_RETURN(const VideoId id, VideoIdOf(request));
  TT_CO_ASSIGN_OR_RETURN(const catalog::VideoView video,
                         co_await services.library.Get(id, RequestDeadline()));
  http::Response response = VideoResponse(200, video);
  const auto known = request.headers.Get("If-None-Match");
  if (known && http::MatchesEntityTag(*known, EntityTagOf(video.row), http::Comparison::kWeak)) {
    response.status = 304;
    response.headers.Remove("Content-Type");
    response.body = blob::Bytes();
  }
  co_return response;
}

bool IsMergePatch(const http::Request& request) {
  const auto type = http::ParseParameterizedValue(request.headers.Get("Content-Type").value_or(""));
  return type && type->value == kMergePatch;
}

http::Response NotAMergePatch() {
  http::Response response = http::ProblemResponse(
      415, fmt::format("Send the fields to change as {} (RFC 7396).", kMergePatch));
  response.headers.Set("Accept-Patch", kMergePatch);
  return response;
}

http::Response FaultyPatch(const std::vector<library::PatchFault>& faults) {
  std::string detail = "Nothing was changed:";
  std::vector<http::ProblemCause> causes;
  for (const library::PatchFault& fault : faults) {
    const std::string where = fault.pointer.empty() ? "the patch" : fault.pointer;
    detail += fmt::format("{} {} {}", causes.empty() ? "" : ";", where, fault.detail);
    causes.push_back({.pointer = fault.pointer, .detail = fault.detail});
  }
  return http::ProblemResponse(422, detail + ".", causes);
}

http::Response Stale(const catalog::VideoView& video) {
  http::Response response = http::ProblemResponse(
      412, "Somebody has changed this video meanwhile: read it again and repeat the change.");
  response.headers.Set("ETag", EntityTagOf(video.row));
  return response;
}

// What If-Match says of the row that is to be changed.
catalog::MayEdit Precondition(const http::Request& request) {
  const auto wanted = request.headers.Get("If-Match");
  if (!wanted) return [](const catalog::VideoRow& /*row*/) { return true; };
  return [list = std::string(*wanted)](const catalog::VideoRow& row) {
    return http::MatchesEntityTag(list, EntityTagOf(row), http::Comparison::kStrong);
  };
}

async::Task<Result<http::Response>> PatchOne(Services services, http::Request& request) {
  TT_CO_ASSIGN_OR_RETURN(const VideoId id, VideoIdOf(request));
  if (!IsMergePatch(request)) co_return NotAMergePatch();
  TT_CO_ASSIGN_OR_RETURN(const std::string text,
                         co_await http::ReadWhole(request.body, library::kPatchBytesMax));
  TT_CO_ASSIGN_OR_RETURN(library::VideoPatch patch, library::ParseVideoPatch(text));
  if (!patch.faults.empty()) co_return FaultyPatch(patch.faults);
  TT_CO_ASSIGN_OR_RETURN(const library::EditedView edited,
                         co_await services.library.Edit(id, std::move(patch.edit),
                                                        Precondition(request), RequestDeadline()));
  if (!edited.allowed) co_return Stale(edited.video);
  telemetry::Log(
      telemetry::Level::kInfo, "video edited",
      {{"video", id.text()}, {"request", request.id}, {"remote", request.remote_address}});
  co_return VideoResponse(200, edited.video);
}

async::Task<Result<http::Response>> DeleteOne(Services services, http::Request& request) {
  TT_CO_ASSIGN_OR_RETURN(const VideoId id, VideoIdOf(request));
  const Result<void> deleted =
      co_await services.library.Delete(id, RequestDeadline(), Precondition(request));
  if (!deleted && deleted.error().code() == ErrorCode::kFailedPrecondition) {
    TT_CO_ASSIGN_OR_RETURN(const catalog::VideoView video,
                           co_await services.library.Get(id, RequestDeadline()));
    co_return Stale(video);
  }
  services.delivery.Forget(id);
  TT_CO_RETURN_IF_ERROR(deleted);
  telemetry::Log(
      telemetry::Level::kInfo, "video deleted",
      {{"video", id.text()}, {"request", request.id}, {"remote", request.remote_address}});
  co_return http::EmptyResponse(204);
}

}  // namespace

void AddVideoRoutes(http::Router& router, const Services& services, const ApiOptions& options) {
  using http::Method;
  // A form is a little larger than the file in it.
  constexpr ByteCount kFormBytes = ByteCount{1} << 20U;
  const http::RouteOptions raw{.body_bytes_max = options.upload_bytes_max};
  const http::RouteOptions form{.body_bytes_max = options.upload_bytes_max + kFormBytes};
  router.Add(Method::kPost, "/upload", With(services, PostForm), form);
  router.Add(Method::kPost, "/api/v1/videos", With(services, PostRaw), raw);
  router.Add(Method::kGet, "/api/v1/videos", With(services, List));
  router.Add(Method::kGet, "/api/v1/videos/{id}", With(services, GetOne));
  router.Add(Method::kPatch, "/api/v1/videos/{id}", With(services, PatchOne),
             {.body_bytes_max = library::kPatchBytesMax});
  router.Add(Method::kDelete, "/api/v1/videos/{id}", With(services, DeleteOne));
}

}  // namespace tritontube::http_api
