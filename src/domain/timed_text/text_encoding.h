#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace tritontube::timed_text {

// The text of a file as UTF-8 with line ends of "\n": UTF-16 is told by its byte
// order mark, everything else has to be UTF-8. Without control characters but
// tabs and line ends. kInvalidArgument says what to do about another encoding.
Result<std::string> DecodeText(std::string_view bytes);

}  // namespace tritontube::timed_text
