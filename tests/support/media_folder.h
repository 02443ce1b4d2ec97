// Where a developer keeps real files of many makers: TRITONTUBE_MEDIA_DIR, or
// shared/media beside the repository. It may be missing.
#pragma once

#include <filesystem>

namespace tritontube::support {

std::filesystem::path MediaFolder();

}  // namespace tritontube::support
