#include <xxhash.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "domain/topology/topology.h"

// Whatever is taken for a topology is written as the same bytes again. The
// checksum keeps a fuzzer out, so inputs get a right one, and a table.
namespace {

using namespace tritontube;

void Decode(std::string_view bytes) {
  const auto topology = topology::Decode(bytes);
  TT_ASSERT(!topology || topology::Encode(*topology) == bytes, "did not survive being written");
}

std::string WithChecksum(std::string_view body) {
  std::string bytes("\1\0\0\0", 4);
  const std::uint64_t checksum = XXH3_64bits(body.data(), body.size());
  for (unsigned i = 0; i < 8; ++i) bytes.push_back(static_cast<char>(checksum >> (8 * i)));
  return bytes.append(body);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  Decode(input);
  Decode(WithChecksum(input));
  // Tables of one and of two copies, each slot alike.
  std::string body(input);
  body.resize(size + (2 * placement::kSlotCount));
  Decode(WithChecksum(body));
  body = input;
  for (std::size_t slot = 0; slot < placement::kSlotCount; ++slot) body.append("\0\0\1\0", 4);
  Decode(WithChecksum(body));
  return 0;
}
