#pragma once

#include <string>

#include "app/client/api.h"

namespace tritontube::client {

// Has the server read and check every stored byte, of one video or, with an
// empty `id`, of all. kCorrupt when anything is damaged or missing.
Result<void> Verify(Context& context, const std::string& id);

}  // namespace tritontube::client
