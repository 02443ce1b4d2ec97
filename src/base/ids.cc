#include "base/ids.h"

#include <algorithm>

namespace tritontube {

namespace {
bool IsUrlSafe(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_';
}
}  // namespace

bool IsWellFormedId(std::string_view text) {
  return text.size() == kIdLength && std::ranges::all_of(text, IsUrlSafe);
}

}  // namespace tritontube
