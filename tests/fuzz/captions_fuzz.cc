#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/assert.h"
#include "domain/timed_text/caption_parser.h"
#include "domain/timed_text/webvtt.h"

// Whatever is accepted from a stranger is written as WebVTT that is read as the
// same cues, and has no tag in it but ours.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tritontube;
  const auto read = timed_text::ParseCaptions({reinterpret_cast<const char*>(data), size});
  if (!read) return 0;
  const std::string text = timed_text::WriteWebVtt(*read);
  for (std::size_t at = text.find('<'); at != std::string::npos; at = text.find('<', at + 1)) {
    const std::string_view tag = std::string_view(text).substr(at, 4);
    const bool ours = tag.starts_with("<b>") || tag.starts_with("<i>") || tag.starts_with("<u>") ||
                      tag == "</b>" || tag == "</i>" || tag == "</u>";
    TT_ASSERT(ours, "a tag that is not ours: {}", tag);
  }
  if (text.size() > timed_text::kCaptionBytesMax) return 0;
  const auto again = timed_text::ParseCaptions(text);
  TT_ASSERT(again && *again == *read, "did not survive being written");
  return 0;
}
