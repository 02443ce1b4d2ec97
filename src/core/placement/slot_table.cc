#include "core/placement/slot_table.h"

#include <xxhash.h>

#include "base/assert.h"

namespace tritontube::placement {

namespace {
constexpr unsigned kSlotBits = 12;
static_assert(kSlotCount == std::size_t{1} << kSlotBits);

bool IsOneNodeTwice(std::span<const SlotTable::NodeIndex> replicas) {
  for (std::size_t i = 0; i < replicas.size(); ++i) {
    if (std::ranges::find(replicas.subspan(i + 1), replicas[i]) != replicas.end()) return true;
  }
  return false;
}
}  // namespace

Slot SlotOf(const blob::BlobKey& key) {
  const std::string text = blob::ToText(key);
  return static_cast<Slot>(XXH3_64bits(text.data(), text.size()) >> (64U - kSlotBits));
}

Replication ReplicationFor(std::size_t node_count) {
  if (node_count <= 1) return {.copies = 1, .acks = 1};
  if (node_count == 2) return {.copies = 2, .acks = 2};
  return {.copies = 3, .acks = 2};
}

SlotTable::SlotTable(int copies, std::vector<NodeIndex> rows)
    : copies_(copies), rows_(std::move(rows)) {
  TT_ASSERT(copies > 0 && rows_.size() == kSlotCount * static_cast<std::size_t>(copies),
            "{} places for {} copies of each slot", rows_.size(), copies);
  for (std::size_t slot = 0; slot < kSlotCount; ++slot) {
    TT_ASSERT(!IsOneNodeTwice(replicas(static_cast<Slot>(slot))), "slot {} names a node twice",
              slot);
  }
}

std::span<const SlotTable::NodeIndex> SlotTable::replicas(Slot slot) const {
  const auto copies = static_cast<std::size_t>(copies_);
  return std::span(rows_).subspan(slot * copies, copies);
}

}  // namespace tritontube::placement
