#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "core/blob/blob_store.h"
#include "foundation/strict_json/json_fields.h"

// Fields of what is stored about scrubs and what they find.
namespace tritontube::scrubbing {

nlohmann::json KeyJson(const blob::BlobKey& key);
// Nothing when it is wrong: then the fields say so.
std::optional<blob::BlobKey> KeyField(strict_json::JsonFields& fields, const char* name);

nlohmann::json KeysJson(const std::vector<blob::BlobKey>& keys);
std::vector<blob::BlobKey> KeysField(strict_json::JsonFields& fields, const char* name);

// Null for no time.
nlohmann::json TimeJson(const std::optional<WallTime>& time);
std::optional<WallTime> TimeOrNothing(strict_json::JsonFields& fields, const char* name);

}  // namespace tritontube::scrubbing
