#pragma once

#include <string>
#include <string_view>

#include "core/media/rational.h"

// How manifests write what is not theirs: labels, seconds, rates.
namespace tritontube::manifest {

// For text and attribute values of XML 1.0: markup is escaped, and characters
// that no XML document may contain are left out.
std::string EscapeXml(std::string_view text);

// For a quoted string of an HLS attribute list, which has no escape: what may
// not stand in it (RFC 8216, 4.2) is replaced by a blank.
std::string QuoteHls(std::string_view text);

// Seconds with six digits behind the point, rounded: "4.004000".
std::string Seconds(double seconds);

// "24" or "24000/1001" (ISO/IEC 23009-1, FrameRateType).
std::string DashFrameRate(media::Rational rate);

}  // namespace tritontube::manifest
