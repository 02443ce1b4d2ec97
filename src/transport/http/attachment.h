#pragma once

#include <string>
#include <string_view>

namespace tritontube::http {

// A Content-Disposition that makes a browser save the body as `file_name` (RFC
// 6266), whatever characters it has. What could be taken for a folder or a
// quote is replaced, so that the name stays one.
std::string Attachment(std::string_view file_name);

}  // namespace tritontube::http
