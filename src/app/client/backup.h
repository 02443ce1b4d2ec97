#pragma once

#include <filesystem>

#include "app/client/api.h"

namespace tritontube::client {

// Brings the backup in `folder` up to date with the server, which works on
// meanwhile: only what the folder lacks is sent. kCorrupt when videos had to be
// left out because the server has them damaged; the others are in it.
Result<void> Backup(Context& context, const std::filesystem::path& folder);

}  // namespace tritontube::client
