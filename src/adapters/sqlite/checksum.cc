#include "adapters/sqlite/checksum.h"

#include <xxhash.h>

#include <array>
#include <bit>

#include "base/printable.h"

namespace tritontube::sqlite {

// Each part is the seed of the next one, so that none runs into its neighbour.
std::int64_t ChecksumOf(const coordination::KeyValue& item, coordination::Event::Kind kind) {
  static_assert(std::endian::native == std::endian::little, "numbers are hashed little-endian");
  const std::array numbers = {item.created, item.modified, item.lease,
                              static_cast<std::int64_t>(kind)};
  const XXH64_hash_t of_key = XXH3_64bits(item.key.data(), item.key.size());
  const XXH64_hash_t of_numbers = XXH3_64bits_withSeed(numbers.data(), sizeof(numbers), of_key);
  return std::bit_cast<std::int64_t>(
      XXH3_64bits_withSeed(item.value.data(), item.value.size(), of_numbers));
}

coordination::KeyValue ItemOf(std::string key, const Cursor& row, int first,
                              coordination::Event::Kind kind) {
  coordination::KeyValue item{.key = std::move(key),
                              .value = std::string(row.Bytes(first)),
                              .created = row.Integer(first + 1),
                              .modified = row.Integer(first + 2),
                              .lease = row.Integer(first + 3)};
  item.damaged = ChecksumOf(item, kind) != row.Integer(first + 4);
  if (item.damaged) item.value.clear();
  return item;
}

Error DamagedRow(std::string_view key) {
  return {ErrorCode::kCorrupt,
          fmt::format("what is stored under {} is damaged: check the disk. A backup brings it back "
                      "('tritontube restore BACKUP --data DATA')",
                      Printable(key))};
}

}  // namespace tritontube::sqlite
