#include "transport/http/range.h"

#include <algorithm>
#include <charconv>

#include "transport/http/problem.h"

namespace tritontube::http {

namespace {

// Digits only. A number beyond 64 bits counts as the largest.
std::optional<ByteCount> ParseNumber(std::string_view text) {
  ByteCount number = 0;
  const char* const text_end = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), text_end, number);
  if (end != text_end || error == std::errc::invalid_argument) return std::nullopt;
  return error == std::errc::result_out_of_range ? ~ByteCount{0} : number;
}

RangeAnswer Suffix(std::string_view text, ByteCount size) {
  const std::optional<ByteCount> wanted = ParseNumber(text);
  if (!wanted) return {.kind = RangeKind::kWhole, .slice = {.offset = 0, .length = size}};
  if (*wanted == 0 || size == 0) return {.kind = RangeKind::kUnsatisfiable, .slice = {}};
  const ByteCount length = std::min(*wanted, size);
  return {.kind = RangeKind::kPartial, .slice = {.offset = size - length, .length = length}};
}

bool IfRangeHolds(const Headers& request, std::string_view etag) {
  const std::optional<std::string_view> validator = request.Get("If-Range");
  // A date never matches: we send no Last-Modified.
  return !validator || (!etag.empty() && *validator == etag && !etag.starts_with("W/"));
}

Headers WithValidators(Representation& representation) {
  Headers headers = std::move(representation.headers);
  if (!representation.etag.empty()) headers.Set("ETag", representation.etag);
  headers.Set("Accept-Ranges", "bytes");
  return headers;
}

}  // namespace

RangeAnswer ParseRange(std::string_view field, ByteCount size) {
  const RangeAnswer whole{.kind = RangeKind::kWhole, .slice = {.offset = 0, .length = size}};
  const std::size_t equals = field.find('=');
  if (equals == std::string_view::npos || !EqualsIgnoringCase(field.substr(0, equals), "bytes")) {
    return whole;
  }
  const std::string_view range = TrimBlanks(field.substr(equals + 1));
  const std::size_t dash = range.find('-');
  if (dash == std::string_view::npos || range.contains(',')) return whole;
  if (dash == 0) return Suffix(range.substr(1), size);

  const std::optional<ByteCount> first = ParseNumber(range.substr(0, dash));
  const std::string_view last_text = range.substr(dash + 1);
  const std::optional<ByteCount> last =
      last_text.empty() ? std::optional(~ByteCount{0}) : ParseNumber(last_text);
  if (!first || !last || *last < *first) return whole;
  if (*first >= size) return {.kind = RangeKind::kUnsatisfiable, .slice = {}};
  const ByteCount end = std::min(*last, size - 1) + 1;
  return {.kind = RangeKind::kPartial, .slice = {.offset = *first, .length = end - *first}};
}

bool MatchesEntityTag(std::string_view list, std::string_view etag, Comparison comparison) {
  if (TrimBlanks(list) == "*") return true;
  while (!list.empty()) {
    list.remove_prefix(std::min(list.find_first_not_of(" \t,"), list.size()));
    const bool weak = list.starts_with("W/");
    if (weak) list.remove_prefix(2);
    if (!list.starts_with('"')) return false;
    const std::size_t quote = list.find('"', 1);
    if (quote == std::string_view::npos) return false;
    const bool comparable = comparison == Comparison::kWeak || !weak;
    if (comparable && list.substr(0, quote + 1) == etag) return true;
    list.remove_prefix(quote + 1);
  }
  return false;
}

Selection Select(Method method, const Headers& request, ByteCount size, std::string_view etag) {
  const ByteSlice whole{.offset = 0, .length = size};
  const auto if_match = request.Get("If-Match");
  if (if_match && !MatchesEntityTag(*if_match, etag, Comparison::kStrong)) {
    return {.status = 412, .slice = {}};
  }
  const auto if_none_match = request.Get("If-None-Match");
  if (if_none_match && MatchesEntityTag(*if_none_match, etag, Comparison::kWeak)) {
    return {.status = 304, .slice = {}};
  }
  const auto range = request.Get("Range");
  if (!range || method != Method::kGet || request.Count("Range") != 1 ||
      !IfRangeHolds(request, etag)) {
    return {.status = 200, .slice = whole};
  }
  const RangeAnswer answer = ParseRange(*range, size);
  switch (answer.kind) {
    case RangeKind::kWhole:
      return {.status = 200, .slice = whole};
    case RangeKind::kPartial:
      return {.status = 206, .slice = answer.slice};
    case RangeKind::kUnsatisfiable:
      break;
  }
  return {.status = 416, .slice = {}};
}

async::Task<Result<Response>> RangeResponse(const Request& request, Representation representation,
                                            SliceBody slice_body) {
  const Selection selection =
      Select(request.method, request.headers, representation.size, representation.etag);
  if (selection.status == 412) {
    co_return ProblemResponse(412, "the resource has another entity tag");
  }
  if (selection.status == 416) {
    Response response = ProblemResponse(
        416, fmt::format("the range lies outside the {} bytes there are", representation.size));
    response.headers.Add("Content-Range", fmt::format("bytes */{}", representation.size));
    co_return response;
  }
  Response response{
      .status = selection.status, .headers = WithValidators(representation), .body = {}};
  if (selection.status == 304) co_return response;
  if (selection.status == 206) {
    response.headers.Set(
        "Content-Range",
        fmt::format("bytes {}-{}/{}", selection.slice.offset,
                    selection.slice.offset + selection.slice.length - 1, representation.size));
  }
  if (request.method == Method::kHead) {
    response.headers.Set("Content-Length", fmt::format("{}", selection.slice.length));
    co_return response;
  }
  TT_CO_ASSIGN_OR_RETURN(response.body, co_await slice_body(selection.slice));
  co_return response;
}

}  // namespace tritontube::http
