#include <fmt/format.h>

#include "../cluster/raw_copy.h"
#include "base/assert.h"

// raw_copy RAW-STREAM FILE SEGMENTS: the seconds until so many segments are in the file.
int main(int argc, char** argv) {
  TT_ASSERT(argc == 4, "usage: raw_copy RAW-STREAM FILE SEGMENTS");
  fmt::print("{:.4f}\n",
             tritontube::measuring::MeasureRawCopy(argv[1], argv[2], std::stoull(argv[3])));
  return 0;
}
