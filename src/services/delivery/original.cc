#include "services/delivery/original.h"

#include <fmt/format.h>

namespace tritontube::delivery {

std::string OriginalFileName(const catalog::SourceFile& source) {
  return fmt::format("{}{}", kOriginalPrefix, media::FileExtension(source.container));
}

std::optional<Original> OriginalOf(const catalog::VideoRow& row) {
  if (!row.source) return std::nullopt;
  const media::Container container = row.source->container;
  // An upload by its bytes alone has a title and no file name.
  std::string file_name = row.file_name.empty()
                              ? fmt::format("{}.{}", row.title, media::FileExtension(container))
                              : row.file_name;
  return Original{.key = {row.id, row.upload, row.source->size},
                  .digest = row.source->digest,
                  .file_name = std::move(file_name),
                  .content_type = media::ContentType(container)};
}

}  // namespace tritontube::delivery
