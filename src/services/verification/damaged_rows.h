#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "core/coordination/coordination.h"

namespace tritontube::verification {

// A row of the metadata that is not what was written.
struct DamagedRow {
  std::string key;
  std::optional<VideoId> video;  // Whose it is, where the key tells.

  bool operator==(const DamagedRow&) const = default;
};

// Reads all of the metadata. Of very many damaged rows the first ones are told.
async::Task<Result<std::vector<DamagedRow>>> FindDamagedRows(
    coordination::Coordination& coordination, Deadline deadline);

}  // namespace tritontube::verification
