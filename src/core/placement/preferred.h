#pragma once

#include <vector>

#include "core/placement/slot_table.h"

namespace tritontube::placement {

// Puts one node of each row first, so that every node is first in its part of the rows that it is
// in: a `copies`-th, rounded up or down. Who is first already stays as far as that allows.
void BalancePreferred(std::vector<SlotTable::NodeIndex>& rows, std::size_t copies,
                      std::size_t node_count);

}  // namespace tritontube::placement
