#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/assert.h"
#include "domain/manifest/growth.h"
#include "domain/manifest/hls.h"
#include "domain/manifest/mpd.h"
#include "domain/manifest/presentation_json.h"

// Whatever is accepted from a disk survives being stored again, and can be
// written as manifests; a step of growth likewise.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tritontube;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto step = manifest::GrowthFromJson(text);
  if (step) {
    const auto again = manifest::GrowthFromJson(manifest::GrowthToJson(*step));
    TT_ASSERT(again && *again == *step, "did not survive being stored");
    std::vector<media::Rendition> whole = *step;
    TT_ASSERT(!manifest::AppendGrowth(whole, *step) || step->empty(), "the same step twice");
  }
  const auto read = manifest::PresentationFromJson(text);
  if (!read) return 0;
  const auto again = manifest::PresentationFromJson(manifest::PresentationToJson(*read));
  TT_ASSERT(again && *again == *read, "did not survive being stored");
  bool playable = false;
  for (const media::Rendition& rendition : read->renditions) {
    manifest::WriteMediaPlaylist(rendition);
    playable = playable || (!rendition.segments.empty() && rendition.kind != media::Kind::kText);
  }
  if (!playable) return 0;
  manifest::WriteMpd(*read);
  manifest::WriteMasterPlaylist(*read);
  return 0;
}
