#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tritontube::client {

// The file name in a Content-Disposition (RFC 6266), made safe to be created:
// no folders, no control characters, no leading dots or dashes, not too long.
// Nothing when there is none.
std::optional<std::string> FileNameIn(std::string_view content_disposition);

}  // namespace tritontube::client
