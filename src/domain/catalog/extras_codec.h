#pragma once

#include <nlohmann/json.hpp>

#include "domain/catalog/video.h"
#include "foundation/strict_json/json_fields.h"

// The part of a video's row that tells its extras.
namespace tritontube::catalog {

nlohmann::json ToJson(const VideoExtras& extras);
// None is no field. What is wrong with it makes the row wrong.
VideoExtras ExtrasFrom(strict_json::JsonFields& row, const char* name);

}  // namespace tritontube::catalog
