#pragma once

#include <string>
#include <vector>

#include "app/client/api.h"

namespace tritontube::client {

// One line for each video, newest first: id, state, length, size, title.
Result<void> List(Context& context, const std::string& q);
// All that is known of a video.
Result<void> Show(Context& context, const std::string& id);
// One that cannot be deleted does not keep the others.
Result<void> Delete(Context& context, const std::vector<std::string>& ids);

}  // namespace tritontube::client
