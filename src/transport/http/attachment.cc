#include "transport/http/attachment.h"

#include <fmt/format.h>

#include "base/ascii.h"
#include "transport/http/percent.h"

namespace tritontube::http {

std::string Attachment(std::string_view file_name) {
  std::string name(file_name);
  for (char& c : name) {
    if (IsAsciiControl(c) || std::string_view("/\\\"").contains(c)) c = '_';
  }
  std::string ascii = name;
  for (char& c : ascii) {
    // Some browsers decode a percent sign even here (RFC 6266, appendix D).
    if (static_cast<unsigned char>(c) > 0x7e || c == '%') c = '_';
  }
  if (ascii == name) return fmt::format("attachment; filename=\"{}\"", ascii);
  return fmt::format("attachment; filename=\"{}\"; filename*=UTF-8''{}", ascii,
                     EncodePercent(name));
}

}  // namespace tritontube::http
