#pragma once

#include <filesystem>
#include <string_view>

#include "base/error.h"

namespace tritontube::scratch {

// "writing /scratch/source: No space left on device": kResourceExhausted when the
// disk is full, or else kUnavailable.
std::unexpected<Error> SystemError(std::string_view doing, const std::filesystem::path& path,
                                   int error);

}  // namespace tritontube::scratch
