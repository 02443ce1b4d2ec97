#pragma once

#include <string_view>
#include <vector>

#include "base/error.h"
#include "foundation/config/resolve.h"

namespace tritontube::config {

// The settings in a TOML document, `name = value` each; a list may be written as
// an array. `file` is what its places are called after ("tube.toml:3").
// kInvalidArgument, with the place, for what is no TOML and for tables.
Result<std::vector<Given>> ParseToml(std::string_view text, std::string_view file);

}  // namespace tritontube::config
