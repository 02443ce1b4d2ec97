#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "transport/http/message.h"

namespace tritontube::http {

// An `application/problem+json` answer (RFC 9457). `title` is the status's own
// name and `type` is about:blank; the server adds `request_id` when it sends it.
Response ProblemResponse(int status, std::string_view detail);
// With numbers that a program can use, as members of the problem.
using ProblemNumbers = std::vector<std::pair<std::string_view, std::uint64_t>>;
Response ProblemResponse(int status, std::string_view detail, const ProblemNumbers& numbers);

// One of several things that are wrong with a document that was sent.
struct ProblemCause {
  std::string pointer;  // A JSON pointer into it (RFC 6901).
  std::string detail;
};
// The same with a list of causes, as RFC 9457 (3) has it: `errors`.
Response ProblemResponse(int status, std::string_view detail,
                         const std::vector<ProblemCause>& causes);

// The answer to a failure whose cause is not the body of the request.
Response ProblemFor(const Error& error);
int StatusFor(ErrorCode code);

// Says in X-Request-Id, and in a problem, which request this answers, for the
// reader of a log.
void AddRequestId(Response& response, std::string_view request_id);

// "Not Found" for 404. Empty for numbers we never send.
std::string_view ReasonPhrase(int status);

}  // namespace tritontube::http
