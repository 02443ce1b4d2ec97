#include <fmt/format.h>

#include "../cluster/raw_copy.h"

// raw_copy RAW-STREAM FILE SEGMENTS: the seconds until so many segments are in the file.
int main(int argc, char** argv) {
  TT_ASSERT(argc == 4, "usage: raw_copy RAW-STREAM FILE SEGMENTS");
  tritontube::measuring::RawCopy copy(argv[1], argv[2]);
  fmt::print("{:.4f}\n", copy.Measure(std::stoull(argv[3])));
  return 0;
}
