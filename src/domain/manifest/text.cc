#include "domain/manifest/text.h"

#include <fmt/format.h>

namespace tritontube::manifest {

std::string EscapeXml(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      default:
        if (static_cast<unsigned char>(c) >= 0x20) escaped += c;
    }
  }
  return escaped;
}

std::string QuoteHls(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    quoted += c == '"' || static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return quoted + '"';
}

std::string Seconds(double seconds) { return fmt::format("{:.6f}", seconds); }

std::string DashFrameRate(media::Rational rate) {
  const media::Rational reduced = rate.Reduced();
  if (reduced.denominator == 1) return fmt::format("{}", reduced.numerator);
  return fmt::format("{}/{}", reduced.numerator, reduced.denominator);
}

}  // namespace tritontube::manifest
