#pragma once

#include <string_view>

namespace tritontube::app {

// What lies in a data folder, and must not be lost.
inline constexpr std::string_view kCoordinationFolder = "coordination";
inline constexpr std::string_view kBlobsFolder = "blobs";

}  // namespace tritontube::app
