#include "app/client/api.h"

#include "base/ids.h"
#include "base/printable.h"
#include "transport/http/percent.h"

namespace tritontube::client {

using nlohmann::json;

json ErrorJson(const Error& error) {
  return {{"code", ToString(error.code())}, {"message", error.message()}};
}

std::string JsonLine(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<json> ParseJson(std::string_view text) {
  json value = json::parse(text, nullptr, false);
  if (value.is_object()) return value;
  return Fail(ErrorCode::kUnknown, "the answer cannot be understood; is it a TritonTube server?");
}

Result<std::string> VideoPath(std::string_view id) {
  if (IsWellFormedId(id)) return fmt::format("/api/v1/videos/{}", id);
  return Fail(ErrorCode::kNotFound,
              "there is no video {}: say an id as \"tritontube list\" shows it", Printable(id));
}

Result<json> GetVideo(http_client::HttpClient& http, std::string_view id) {
  TT_ASSIGN_OR_RETURN(const std::string path, VideoPath(id));
  TT_ASSIGN_OR_RETURN(http_client::Answer answer, http.Send({.path = path}));
  TT_ASSIGN_OR_RETURN(answer, http_client::Check(std::move(answer)));
  return ParseJson(answer.body);
}

Result<void> ForEachVideo(http_client::HttpClient& http, std::string_view q,
                          const std::function<void(const json&)>& take) {
  std::string cursor;
  do {
    std::string path = "/api/v1/videos?limit=100";
    if (!q.empty()) path += "&q=" + http::EncodePercent(q);
    if (!cursor.empty()) path += "&cursor=" + http::EncodePercent(cursor);
    TT_ASSIGN_OR_RETURN(http_client::Answer answer, http.Send({.path = path}));
    TT_ASSIGN_OR_RETURN(answer, http_client::Check(std::move(answer)));
    TT_ASSIGN_OR_RETURN(const json page, ParseJson(answer.body));
    for (const json& video : page.value("items", json::array())) take(video);
    cursor = TextOf(page, "next");
  } while (!cursor.empty());
  return {};
}

Result<void> DeleteVideo(http_client::HttpClient& http, std::string_view id) {
  TT_ASSIGN_OR_RETURN(const std::string path, VideoPath(id));
  TT_ASSIGN_OR_RETURN(http_client::Answer answer, http.Send({.method = "DELETE", .path = path}));
  TT_RETURN_IF_ERROR(http_client::Check(std::move(answer)));
  return {};
}

std::string TextOf(const json& value, const char* name) {
  const auto found = value.is_object() ? value.find(name) : value.end();
  return found != value.end() && found->is_string() ? found->get<std::string>() : "";
}

Result<void> FailedOf(std::size_t failed_count, std::size_t count, std::string_view what) {
  if (failed_count == 0) return {};
  return Fail(ErrorCode::kUnknown, "{} of {} {} failed", failed_count, count, what);
}

}  // namespace tritontube::client
