#pragma once

#include <nlohmann/json_fwd.hpp>

#include "domain/catalog/view.h"
#include "services/library/library.h"

namespace tritontube::library {

// The video of the HTTP API. What is not known is null; paths begin with "/".
nlohmann::json ToJson(const catalog::VideoView& video);
// {"items": [...], "next": text or null}
nlohmann::json ToJson(const LibraryPage& page);

}  // namespace tritontube::library
