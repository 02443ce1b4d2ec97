#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "domain/catalog/video.h"
#include "domain/sources/source_parts.h"

namespace tritontube::delivery {

// A file as it was uploaded, to be read by range.
struct Original {
  sources::SourceKey key;
  std::optional<blob::Digest> digest;  // Of the whole file, once it is known.
  std::string file_name;               // What to save it as: data, never a path.
  std::string_view content_type;       // A literal.
};

// What an original is called under /content/{id}/ begins with this; its
// extension tells the container: "original.mp4".
inline constexpr std::string_view kOriginalPrefix = "original.";
std::string OriginalFileName(const catalog::SourceFile& source);

// Nothing until every byte of it is stored.
std::optional<Original> OriginalOf(const catalog::VideoRow& row);

}  // namespace tritontube::delivery
