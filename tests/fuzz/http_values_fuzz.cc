// What the parsers of request heads and header values promise holds for every
// input.
#include <algorithm>
#include <cstdint>
#include <string>

#include "base/assert.h"
#include "transport/http/event_stream.h"
#include "transport/http/head_parser.h"
#include "transport/http/host_policy.h"
#include "transport/http/media_type.h"
#include "transport/http/range.h"
#include "transport/http/target.h"
#include "transport/http/upload_headers.h"

namespace tritontube::http {
namespace {

void CheckPath(std::string_view path) {
  TT_ASSERT(path == "*" || path.starts_with('/'), "a path begins with /");
  TT_ASSERT(!path.contains('\\') && !path.contains('\0'), "a path hides nothing");
  TT_ASSERT(!(std::string(path) + '/').contains("/../"), "a path does not climb");
}

void CheckTarget(std::string_view text) {
  const Result<Target> target = ParseTarget(text);
  if (target) CheckPath(target->path);
  const Result<QueryParameters> query = QueryParameters::Parse(text);
  if (!query) return;
  for (const auto& [name, value] : query->all()) {
    TT_ASSERT(!name.contains('\0') && !value.contains('\0'), "a parameter contains no NUL");
  }
}

void CheckRange(std::string_view text) {
  for (const ByteCount size : {ByteCount{0}, ByteCount{1}, ByteCount{1000}, ~ByteCount{0}}) {
    const RangeAnswer answer = ParseRange(text, size);
    if (answer.kind == RangeKind::kUnsatisfiable) continue;
    const ByteSlice slice = answer.slice;
    TT_ASSERT(slice.offset <= size && slice.length <= size - slice.offset, "a slice lies inside");
    TT_ASSERT(answer.kind == RangeKind::kWhole || slice.length > 0, "a part is not empty");
  }
  MatchesEntityTag(text, "\"a\"", Comparison::kWeak);
}

void CheckUploadHeaders(std::string_view text) {
  const Result<ContentRange> range = ParseContentRange(text);
  if (range) {
    const auto [slice, total] = *range;
    TT_ASSERT(slice.length > 0, "a part of a file is not empty");
    TT_ASSERT(slice.offset <= total && slice.length <= total - slice.offset, "it lies inside");
  }
  const Result<UploadMetadata> metadata = ParseUploadMetadata(text);
  if (!metadata) return;
  for (const auto& [key, value] : *metadata) {
    TT_ASSERT(!key.empty() && value.size() <= text.size(), "a key has a value of its own");
  }
}

// The length of the head, nothing when there is none, or the refusal's status.
std::pair<int, std::optional<std::size_t>> Scan(std::string_view text, std::size_t step) {
  HeadScanner scanner;
  for (std::size_t size = std::min(step, text.size());; size = std::min(size + step, text.size())) {
    const auto length = scanner.Scan(text.substr(0, size));
    if (!length) return {length.error().status, std::nullopt};
    if (*length || size == text.size()) return {0, *length};
  }
}

void CheckHead(std::string_view text) {
  const auto whole = Scan(text, std::max<std::size_t>(1, text.size()));
  // A head is refused, found, or not complete, however it is cut.
  TT_ASSERT(Scan(text, 1) == whole, "byte by byte the head is another");
  TT_ASSERT(Scan(text, 7) == whole, "in sevens the head is another");
  if (!whole.second) return;
  const auto head =
      ParseHead(text.substr(0, *whole.second), {.target_bytes_max = 100, .header_count_max = 5});
  if (!head) {
    TT_ASSERT(head.error().status >= 400, "a refusal has a status");
    return;
  }
  CheckPath(head->target.path);
  TT_ASSERT(head->headers.all().size() <= 5, "there are more headers than allowed");
  TT_ASSERT(!(head->headers.Has("Content-Length") && head->headers.Has("Transfer-Encoding")),
            "the body is delimited in one way");
  for (const Header& header : head->headers.all()) {
    TT_ASSERT(header.value.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos,
              "a value is one line");
  }
}

void CheckEvent(std::string_view text) {
  const std::string event =
      FormatEvent({.id = std::string(text), .name = std::string(text), .data = std::string(text)});
  TT_ASSERT(event.find("\n\n") == event.size() - 2, "an event ends once");
}

}  // namespace
}  // namespace tritontube::http

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tritontube::http;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  CheckTarget(text);
  CheckRange(text);
  CheckUploadHeaders(text);
  CheckHead(text);
  CheckEvent(text);
  const auto value = ParseParameterizedValue(text);
  TT_ASSERT(!value || !value->value.contains(';'), "a value ends before its parameters");
  const auto authority = ParseAuthority(text);
  TT_ASSERT(!authority || !authority->host.empty(), "an authority has a host");
  DecodeExtendedParameter(text);
  ParseChunkSize(text);
  return 0;
}
