#include <nlohmann/json.hpp>

#include "domain/timed_text/caption_parser.h"
#include "endpoints/http_api/routes.h"
#include "transport/http/media_type.h"
#include "transport/http/problem.h"

namespace tritontube::http_api {

namespace {

using extras::kPictureBytesMax;
using timed_text::kCaptionBytesMax;

// A picture has to be decoded, scaled and written.
constexpr std::chrono::seconds kPosterTimeout{30};

async::Task<Result<http::Response>> AddedResponse(const Services& services, VideoId id,
                                                  std::optional<space::Shortage> shortage) {
  if (shortage) co_return NoRoomResponse(*shortage, shortage->ToText());
  services.delivery.Forget(id);
  TT_CO_ASSIGN_OR_RETURN(const catalog::VideoView video,
                         co_await services.library.Get(id, RequestDeadline()));
  co_return VideoResponse(200, video);
}

async::Task<Result<http::Response>> PutCaptions(Services services, http::Request& request) {
  TT_CO_ASSIGN_OR_RETURN(const VideoId id, VideoIdOf(request));
  TT_CO_ASSIGN_OR_RETURN(std::string file, co_await ReadWhole(request.body, kCaptionBytesMax));
  TT_CO_ASSIGN_OR_RETURN(
      const auto shortage,
      co_await services.captions.Put(id, request.parameters.Get("lang"),
                                     std::string(request.query.Get("label").value_or("")),
                                     std::move(file), RequestDeadline()));
  co_return co_await AddedResponse(services, id, shortage);
}

async::Task<Result<http::Response>> DeleteCaptions(Services services, http::Request& request) {
  TT_CO_ASSIGN_OR_RETURN(const VideoId id, VideoIdOf(request));
  TT_CO_RETURN_IF_ERROR(
      co_await services.captions.Remove(id, request.parameters.Get("lang"), RequestDeadline()));
  services.delivery.Forget(id);
  co_return http::EmptyResponse(204);
}

// {"at_seconds": n}
Result<double> MomentOf(const std::string& text) {
  const auto json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  const bool right = json.is_object() && json.size() == 1 && json.contains("at_seconds") &&
                     json["at_seconds"].is_number();
  if (right) return json["at_seconds"].get<double>();
  return Fail(ErrorCode::kInvalidArgument,
              "Send {{\"at_seconds\": n}}, the moment of the video that is to be its poster.");
}

async::Task<Result<http::Response>> PutPoster(Services services, http::Request& request) {
  TT_CO_ASSIGN_OR_RETURN(const VideoId id, VideoIdOf(request));
  const std::string_view type = request.headers.Get("Content-Type").value_or("");
  const bool is_json = type.starts_with("application/json");
  if (!is_json && !type.starts_with("image/")) {
    co_return http::ProblemResponse(
        415,
        "Send application/json ({\"at_seconds\": n}), or a picture as image/jpeg, image/png "
        "or image/webp.");
  }
  const Deadline deadline = Deadline::After(kPosterTimeout);
  TT_CO_ASSIGN_OR_RETURN(std::string body, co_await ReadWhole(request.body, kPictureBytesMax));
  std::optional<space::Shortage> shortage;
  if (is_json) {
    TT_CO_ASSIGN_OR_RETURN(const double moment, MomentOf(body));
    TT_CO_ASSIGN_OR_RETURN(shortage, co_await services.posters.TakeFrame(id, moment, deadline));
  } else {
    TT_CO_ASSIGN_OR_RETURN(shortage,
                           co_await services.posters.TakePicture(id, std::move(body), deadline));
  }
  co_return co_await AddedResponse(services, id, shortage);
}

}  // namespace

void AddExtraRoutes(http::Router& router, const Services& services) {
  using http::Method;
  constexpr std::string_view kCaptions = "/api/v1/videos/{id}/captions/{lang}";
  router.Add(Method::kPut, kCaptions, With(services, PutCaptions),
             {.body_bytes_max = kCaptionBytesMax});
  router.Add(Method::kDelete, kCaptions, With(services, DeleteCaptions));
  router.Add(Method::kPut, "/api/v1/videos/{id}/poster", With(services, PutPoster),
             {.body_bytes_max = kPictureBytesMax});
}

}  // namespace tritontube::http_api
