#include <xxhash.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "domain/topology/topology.h"

// Whatever is taken for a topology is written as the same bytes again, but for older
// formats. The checksum keeps a fuzzer out, so inputs get a right one, and a
// table, and a plan behind it.
namespace {

using namespace tritontube;

void Decode(std::string_view bytes) {
  const auto topology = topology::Decode(bytes);
  const bool is_old = bytes.starts_with('\1') || bytes.starts_with('\2');
  TT_ASSERT(!topology || is_old || topology::Encode(*topology) == bytes,
            "did not survive being written");
}

std::string WithChecksum(std::string_view body, char format = 3) {
  std::string bytes{format, 0, 0, 0};
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
  Decode(WithChecksum(body, 1));
  std::string tables;
  for (std::size_t slot = 0; slot < placement::kSlotCount; ++slot) tables.append("\0\0\1\0", 4);
  body = std::string(input) + tables;
  Decode(WithChecksum(body, 1));
  // Its last bytes say what stands behind the table.
  const std::size_t tail = std::min<std::size_t>(size, 20);
  body =
      std::string(input.substr(0, size - tail)) + tables + std::string(input.substr(size - tail));
  Decode(WithChecksum(body));
  Decode(WithChecksum(body, 2));
  Decode(WithChecksum(body + tables));
  return 0;
}
