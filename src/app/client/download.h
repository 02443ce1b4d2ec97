#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "adapters/local_files/files.h"
#include "app/client/api.h"

namespace tritontube::client {

struct DownloadOptions {
  std::string id;
  // A file, or a folder to put it into; nothing is the folder one is in, under
  // the name that it was uploaded with.
  std::optional<std::filesystem::path> output = {};
  local_files::Overwrite overwrite = local_files::Overwrite::kNo;
};

// Downloads a video's original, byte by byte as it was uploaded. A download that
// was stopped goes on where it was. The file gets its name when its size and
// digest are right.
Result<void> Download(Context& context, const DownloadOptions& options);

}  // namespace tritontube::client
