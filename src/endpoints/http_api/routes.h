#pragma once

#include <nlohmann/json_fwd.hpp>

#include "endpoints/http_api/api.h"
#include "transport/http/range.h"

// The groups that BuildRouter() puts together.
namespace tritontube::http_api {

void AddVideoRoutes(http::Router& router, const Services& services, const ApiOptions& options);
void AddUploadRoutes(http::Router& router, const Services& services, const ApiOptions& options);
void AddExtraRoutes(http::Router& router, const Services& services);
void AddEventRoute(http::Router& router, const Services& services);
void AddContentRoute(http::Router& router, const Services& services);
void AddBackupRoutes(http::Router& router, const Services& services);
void AddClusterRoute(http::Router& router, const Services& services);
void AddVerificationRoutes(http::Router& router, verification::Verifier& verifier);
void AddOpenApiRoute(http::Router& router);
void AddPageRoutes(http::Router& router, const Services& services);

inline constexpr std::chrono::seconds kRequestTimeout{10};

inline Deadline RequestDeadline() { return Deadline::After(kRequestTimeout); }

// Gives slices of bytes that are in memory.
http::SliceBody SlicesOf(blob::Bytes bytes);

http::Response JsonResponse(int status, const nlohmann::json& json);

// Why a file is not taken.
http::Response RefusalResponse(const upload::Refused& refused);

// Of what people can edit (RFC 9110, 8.8.3).
std::string EntityTagOf(const catalog::VideoRow& row);
http::Response VideoResponse(int status, const catalog::VideoView& video);

// A handler that has the services at hand.
template <typename Function>
http::Handler With(const Services& services, Function function) {
  return [services, function](http::Request& request) { return function(services, request); };
}

// 507, with the numbers.
http::Response NoRoomResponse(const space::Shortage& shortage, std::string_view detail);

// The `{id}` of a path; kNotFound when it cannot be one.
Result<VideoId> VideoIdOf(const http::Request& request);

}  // namespace tritontube::http_api
