#include "support/media_folder.h"

#include <cstdlib>

namespace tritontube::support {

std::filesystem::path MediaFolder() {
  const char* const named = std::getenv("TRITONTUBE_MEDIA_DIR");
  return named != nullptr ? named : TT_MEDIA_FOLDER;
}

}  // namespace tritontube::support
