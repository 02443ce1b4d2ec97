// Whatever a file is called, the log stays one line of what people and machines
// can read.
#include <algorithm>
#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "base/assert.h"
#include "base/printable.h"
#include "foundation/telemetry/event.h"

namespace tritontube::telemetry {
namespace {

bool IsControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

void CheckPrintable(std::string_view text) {
  const std::string shown = Printable(text);
  TT_ASSERT(std::ranges::none_of(shown, IsControl), "a control character got through");
  TT_ASSERT(shown.size() < kPrintableBytesMax + 20, "{} bytes are too many", shown.size());
}

void CheckLines(std::string_view text) {
  const std::array<Field, 2> fields{Field("file", text), Field("bytes", 1)};
  const Event event{.level = Level::kInfo, .message = "upload begun", .fields = fields};
  const std::string line = FormatText(event, WallTime());
  TT_ASSERT(std::ranges::none_of(line, IsControl), "a control character got through");
  TT_ASSERT(line.ends_with(" bytes=1"), "a field was forged");
  const auto json = nlohmann::json::parse(FormatJson(event, WallTime()), nullptr, false);
  TT_ASSERT(json.is_object() && json.size() == 5 && json["bytes"] == 1, "a field was forged");
}

}  // namespace
}  // namespace tritontube::telemetry

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  tritontube::telemetry::CheckPrintable(text);
  tritontube::telemetry::CheckLines(text);
  return 0;
}
