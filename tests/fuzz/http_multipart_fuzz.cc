// A form gives the same parts however its bytes are cut. The first byte of the
// input chooses the cuts, the rest is the body, with the boundary "XX".
#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "base/assert.h"
#include "transport/http/multipart.h"

namespace tritontube::http {
namespace {

// What a parse said, in a form that does not show where data was cut.
struct Outcome {
  std::string parts;
  ErrorCode error = ErrorCode::kUnknown;
  bool failed = false;
};

void Append(std::string& parts, const MultipartEvent& event) {
  if (const auto* const begin = std::get_if<PartBegin>(&event)) {
    parts +=
        fmt::format("[{}|{}|{}]", begin->name, begin->file_name.value_or("-"), begin->content_type);
  } else if (const auto* const data = std::get_if<PartData>(&event)) {
    parts += data->bytes.Flatten();
  } else {
    parts += std::holds_alternative<PartEnd>(event) ? "[end]" : "[last]";
  }
}

Outcome Parse(std::string_view body, std::size_t step) {
  auto parser = MultipartParser::ForContentType("multipart/form-data; boundary=XX",
                                                {.part_head_bytes_max = 200, .part_count_max = 5});
  TT_ASSERT(parser.has_value(), "the boundary is well-formed");
  Outcome outcome;
  for (std::size_t at = 0; at < body.size(); at += step) {
    const auto events = parser->Push(blob::Bytes(std::string(body.substr(at, step))));
    if (!events) {
      // Where a failure is noticed depends on the cut; what it is does not.
      return {.parts = {}, .error = events.error().code(), .failed = true};
    }
    for (const MultipartEvent& event : *events) Append(outcome.parts, event);
  }
  const auto finished = parser->Finish();
  if (!finished) return {.parts = {}, .error = finished.error().code(), .failed = true};
  return outcome;
}

}  // namespace
}  // namespace tritontube::http

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using tritontube::http::Outcome;
  if (size == 0) return 0;
  const std::size_t step = std::max<std::size_t>(1, data[0]);
  const std::string_view body(reinterpret_cast<const char*>(data + 1), size - 1);
  const Outcome whole = tritontube::http::Parse(body, std::max<std::size_t>(1, body.size()));
  for (const std::size_t cut : {std::size_t{1}, step}) {
    const Outcome pieces = tritontube::http::Parse(body, cut);
    TT_ASSERT(pieces.failed == whole.failed, "cut {} fails differently", cut);
    TT_ASSERT(pieces.error == whole.error, "cut {} fails with another code", cut);
    TT_ASSERT(pieces.parts == whole.parts, "cut {} gives other parts", cut);
  }
  return 0;
}
