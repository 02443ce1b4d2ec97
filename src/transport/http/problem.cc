#include "transport/http/problem.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

namespace tritontube::http {

namespace {

constexpr auto kReasons = std::to_array<std::pair<int, std::string_view>>({
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {422, "Unprocessable Content"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {460, "Checksum Mismatch"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
    {507, "Insufficient Storage"},
});

using Json = nlohmann::ordered_json;

constexpr std::string_view kProblemType = "application/problem+json";

// Details may quote what a client sent, which need not be UTF-8.
std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json Problem(int status, std::string_view detail) {
  return {{"type", "about:blank"},
          {"title", ReasonPhrase(status)},
          {"status", status},
          {"detail", detail}};
}

Response AsResponse(int status, const Json& problem) {
  return TextResponse(status, kProblemType, Dump(problem));
}

}  // namespace

std::string_view ReasonPhrase(int status) {
  const auto* const found =
      std::ranges::find(kReasons, status, [](const auto& entry) { return entry.first; });
  return found == kReasons.end() ? std::string_view() : found->second;
}

Response ProblemResponse(int status, std::string_view detail) {
  return AsResponse(status, Problem(status, detail));
}

Response ProblemResponse(int status, std::string_view detail, const ProblemNumbers& numbers) {
  Json problem = Problem(status, detail);
  for (const auto& [name, number] : numbers) problem[name] = number;
  return AsResponse(status, problem);
}

Response ProblemResponse(int status, std::string_view detail,
                         const std::vector<ProblemCause>& causes) {
  Json problem = Problem(status, detail);
  for (const ProblemCause& cause : causes) {
    // A pointer in a URI fragment needs no more escaping: ours are names.
    problem["errors"].push_back({{"detail", cause.detail}, {"pointer", "#" + cause.pointer}});
  }
  return AsResponse(status, problem);
}

void AddRequestId(Response& response, std::string_view request_id) {
  response.headers.Set("X-Request-Id", request_id);
  auto* const body = std::get_if<blob::Bytes>(&response.body);
  if (body == nullptr || response.headers.Get("Content-Type") != kProblemType) return;
  Json problem = Json::parse(body->Flatten(), nullptr, false);
  if (!problem.is_object()) return;
  problem["request_id"] = request_id;
  *body = blob::Bytes(Dump(problem));
}

int StatusFor(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument:
      return 400;
    case ErrorCode::kPermissionDenied:
      return 403;
    case ErrorCode::kNotFound:
      return 404;
    case ErrorCode::kAlreadyExists:
    case ErrorCode::kFailedPrecondition:
    case ErrorCode::kAborted:
      return 409;
    case ErrorCode::kOutOfRange:
      return 416;
    case ErrorCode::kUnimplemented:
      return 501;
    case ErrorCode::kResourceExhausted:
    case ErrorCode::kUnavailable:
    case ErrorCode::kCancelled:
      return 503;
    case ErrorCode::kDeadlineExceeded:
      return 504;
    case ErrorCode::kUnknown:
    case ErrorCode::kInternal:
    case ErrorCode::kDataLoss:
    case ErrorCode::kOutcomeUnknown:
    case ErrorCode::kCorrupt:
      return 500;
  }
  return 500;
}

Response ProblemFor(const Error& error) {
  Response response = ProblemResponse(StatusFor(error.code()), error.message());
  if (response.status == 503) response.headers.Add("Retry-After", "5");
  return response;
}

}  // namespace tritontube::http
