#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

#include "base/assert.h"

namespace tritontube {

// Why an operation failed. The first values are those of grpc::StatusCode, so
// an error keeps its meaning when it crosses the wire; the last two are ours.
enum class ErrorCode : std::uint8_t {
  kCancelled = 1,
  kUnknown = 2,
  kInvalidArgument = 3,
  kDeadlineExceeded = 4,
  kNotFound = 5,
  kAlreadyExists = 6,
  kPermissionDenied = 7,
  kResourceExhausted = 8,
  kFailedPrecondition = 9,
  kAborted = 10,
  kOutOfRange = 11,
  kUnimplemented = 12,
  kInternal = 13,
  kUnavailable = 14,
  kDataLoss = 15,
  kOutcomeUnknown = 64,  // The change may or may not have happened: read before trying again.
  kCorrupt = 65,         // Stored bytes do not match their checksum; they are never handed out.
};

std::string_view ToString(ErrorCode code);

// What users, networks, disks and child processes do wrong.
class Error {
 public:
  Error(ErrorCode code, std::string message) : code_(code), message_(std::move(message)) {}

  ErrorCode code() const { return code_; }
  const std::string& message() const { return message_; }

  // Adds what the caller was doing, in front: "storing segment 7: disk is full".
  Error Within(std::string_view context) && {
    message_ = fmt::format("{}: {}", context, message_);
    return std::move(*this);
  }

 private:
  ErrorCode code_;
  std::string message_;
};

template <typename T>
using Result = std::expected<T, Error>;

// return Fail(ErrorCode::kNotFound, "video {} does not exist", id.text());
template <typename... Args>
std::unexpected<Error> Fail(ErrorCode code, fmt::format_string<Args...> format, Args&&... args) {
  return std::unexpected(Error(code, fmt::format(format, std::forward<Args>(args)...)));
}

// Drops a result on purpose; the reason is for the reader.
template <typename T>
void Ignore(const T& /*result*/, std::string_view /*reason*/) {}

}  // namespace tritontube

// Return the error to our caller, or go on. The CO_ forms are for coroutines.
// `expr` may contain a co_await; it is evaluated in a statement of its own.
// The WITHIN forms add what the caller was doing.
#define TT_RETURN_IF_ERROR(expr) TT_PROPAGATE_(TT_CONCAT_(tt_result_, __COUNTER__), expr, return)
#define TT_CO_RETURN_IF_ERROR(expr) \
  TT_PROPAGATE_(TT_CONCAT_(tt_result_, __COUNTER__), expr, co_return)
#define TT_ASSIGN_OR_RETURN(lhs, expr) \
  TT_ASSIGN_(TT_CONCAT_(tt_result_, __COUNTER__), lhs, expr, return)
#define TT_CO_ASSIGN_OR_RETURN(lhs, expr) \
  TT_ASSIGN_(TT_CONCAT_(tt_result_, __COUNTER__), lhs, expr, co_return)

// The arguments are declarations, keywords and expressions that end the statement.
// NOLINTBEGIN(bugprone-macro-parentheses)
#define TT_PROPAGATE_(result, expr, return_keyword)                                     \
  do {                                                                                  \
    auto result = expr;                                                                 \
    if (!result.has_value()) return_keyword std::unexpected(std::move(result).error()); \
  } while (false)
#define TT_ASSIGN_(result, lhs, expr, return_keyword)                                 \
  auto result = expr;                                                                 \
  if (!result.has_value()) return_keyword std::unexpected(std::move(result).error()); \
  lhs = *std::move(result)
// NOLINTEND(bugprone-macro-parentheses)
#define TT_CONCAT_(a, b) TT_CONCAT_IMPL_(a, b)
#define TT_CONCAT_IMPL_(a, b) a##b
