#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/assert.h"
#include "domain/catalog/codec.h"
#include "services/library/video_patch.h"

// Whatever a stranger sends as a patch: what is accepted can be stored and is
// read as it was written.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tritontube;
  const auto patch =
      library::ParseVideoPatch(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!patch || !patch->faults.empty()) return 0;
  catalog::VideoRow row{.id = *VideoId::Parse("videovideo0"),
                        .upload = *UploadId::Parse("uploadload0"),
                        .title = "t",
                        .file_name = "a.mp4"};
  catalog::Apply(patch->edit, row);
  const auto read = catalog::DecodeVideoRow(catalog::Encode(row));
  TT_ASSERT(read && *read == row, "did not survive being stored");
  TT_ASSERT(!row.title.empty(), "no title");
  return 0;
}
