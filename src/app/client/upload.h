#pragma once

#include <filesystem>
#include <vector>

#include "app/client/api.h"

namespace tritontube::client {

// Uploads the files one after another, and prints the watch address of each as
// soon as it can be watched, also while the next ones are sent. A file that fails does not keep the
// others; the error says how many did.
Result<void> Upload(Context& context, const std::vector<std::filesystem::path>& files);

}  // namespace tritontube::client
