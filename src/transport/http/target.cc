#include "transport/http/target.h"

#include <algorithm>

#include "base/ascii.h"
#include "transport/http/headers.h"
#include "transport/http/percent.h"

namespace tritontube::http {

namespace {

Result<std::string> DecodeName(std::string_view text) {
  std::optional<std::string> decoded = DecodePercent(text, Plus::kBlank);
  if (!decoded || decoded->contains('\0')) {
    return Fail(ErrorCode::kInvalidArgument,
                "the query of the address is not correctly percent-encoded");
  }
  return *std::move(decoded);
}

bool ClimbsOrStays(std::string_view path) {
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::string_view segment = path.substr(0, path.find('/'));
    if (segment == "." || segment == "..") return true;
    path.remove_prefix(segment.size());
  }
  return false;
}

Result<std::string> DecodePath(std::string_view text) {
  const auto slash_count = std::ranges::count(text, '/');
  std::optional<std::string> path = DecodePercent(text, Plus::kLiteral);
  if (!path) return Fail(ErrorCode::kInvalidArgument, "the path is not correctly percent-encoded");
  if (std::ranges::count(*path, '/') != slash_count || path->contains('\\') ||
      std::ranges::any_of(*path, IsAsciiControl)) {
    return Fail(ErrorCode::kInvalidArgument,
                "the path contains an encoded slash, a backslash or a control character");
  }
  if (ClimbsOrStays(*path)) {
    return Fail(ErrorCode::kInvalidArgument, R"(the path contains a segment "." or "..")");
  }
  return *std::move(path);
}

// Cuts `http://authority` off; false when the form is another one.
bool TakeAuthority(std::string_view& text, std::string& authority) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!EqualsIgnoringCase(text.substr(0, scheme.size()), scheme)) continue;
    text.remove_prefix(scheme.size());
    const std::size_t end = std::min(text.find_first_of("/?"), text.size());
    authority = text.substr(0, end);
    text.remove_prefix(end);
    return !authority.empty();
  }
  return false;
}

}  // namespace

Result<QueryParameters> QueryParameters::Parse(std::string_view text) {
  QueryParameters query;
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(pair.size() + 1, text.size()));
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    TT_ASSIGN_OR_RETURN(std::string name, DecodeName(pair.substr(0, equals)));
    TT_ASSIGN_OR_RETURN(std::string value,
                        DecodeName(pair.substr(std::min(equals + 1, pair.size()))));
    query.parameters_.emplace_back(std::move(name), std::move(value));
  }
  return query;
}

std::optional<std::string_view> QueryParameters::Get(std::string_view name) const {
  for (const auto& [candidate, value] : parameters_) {
    if (candidate == name) return value;
  }
  return std::nullopt;
}

Result<Target> ParseTarget(std::string_view text) {
  Target target;
  if (text == "*") {
    target.path = text;
    return target;
  }
  if (!text.starts_with('/') && !TakeAuthority(text, target.authority)) {
    return Fail(ErrorCode::kInvalidArgument, "the request line names no path");
  }
  if (text.contains('#')) {
    return Fail(ErrorCode::kInvalidArgument, "the request line contains a fragment");
  }
  const std::size_t question = std::min(text.find('?'), text.size());
  TT_ASSIGN_OR_RETURN(target.path, DecodePath(question == 0 ? "/" : text.substr(0, question)));
  TT_ASSIGN_OR_RETURN(target.query,
                      QueryParameters::Parse(text.substr(std::min(question + 1, text.size()))));
  return target;
}

}  // namespace tritontube::http
