#include <cstddef>
#include <cstdint>
#include <span>

#include "base/assert.h"
#include "base/bytes.h"
#include "core/media/container.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using tritontube::media::SniffContainer;
  const auto bytes = std::as_bytes(std::span(data, size));
  const auto container = SniffContainer(bytes);
  const std::string_view text = tritontube::AsText(bytes);
  // No script, playlist or page may ever reach a demuxer.
  constexpr std::string_view kTexts[] = {"#EXTM3U", "<?xml",    "<!DOCTYPE", "<html",
                                         "<MPD ",   "ffconcat", "[playlist]"};
  for (const std::string_view beginning : kTexts) {
    TT_ASSERT(!text.starts_with(beginning) || !container, "{} was taken for {}", beginning,
              ToString(*container));
  }
  return 0;
}
