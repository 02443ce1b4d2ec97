#include "adapters/http_client/http_client.h"

#include <nlohmann/json.hpp>

#include "base/ascii.h"

namespace tritontube::http_client {

namespace {

ErrorCode CodeOf(int status) {
  switch (status) {
    case 400:
    case 413:
    case 415:
    case 422:
      return ErrorCode::kInvalidArgument;
    case 401:
    case 403:
      return ErrorCode::kPermissionDenied;
    case 404:
      return ErrorCode::kNotFound;
    case 409:
    case 412:
      return ErrorCode::kFailedPrecondition;
    case 503:
      return ErrorCode::kUnavailable;
    case 507:
      return ErrorCode::kResourceExhausted;
    default:
      return ErrorCode::kUnknown;
  }
}

// What a server says ends on a terminal: it must not move the cursor.
std::string WithoutControls(std::string text) {
  for (char& c : text) {
    if (IsAsciiControl(c)) c = ' ';
  }
  return text;
}

std::string DetailOf(const Answer& answer) {
  const auto problem = nlohmann::json::parse(answer.body, nullptr, false);
  for (const char* name : {"detail", "title"}) {
    if (problem.is_object() && problem.contains(name) && problem[name].is_string()) {
      return WithoutControls(problem[name]);
    }
  }
  return fmt::format("the server answered {} without saying why; is it a TritonTube?",
                     answer.status);
}

}  // namespace

Result<Answer> Check(Answer answer) {
  if (answer.status >= 200 && answer.status < 300) return answer;
  return std::unexpected(Error(CodeOf(answer.status), DetailOf(answer)));
}

}  // namespace tritontube::http_client
