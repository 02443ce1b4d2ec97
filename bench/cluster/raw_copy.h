#pragma once

#include <cstdint>
#include <string>

namespace tritontube::measuring {

// The destination of the reference: asks the raw stream at `address` for so many segments, appends
// what it brings to `file`, and syncs it. The seconds that this takes.
double MeasureRawCopy(const std::string& address, const std::string& file, std::uint64_t segments);

}  // namespace tritontube::measuring
