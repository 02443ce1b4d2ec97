#pragma once

#include "adapters/sqlite/connection.h"

namespace tritontube::sqlite {

// The format that this program writes; docs/formats.md describes it.
inline constexpr std::int64_t kFormat = 2;

// Brings a writing connection into the state that the engine needs: WAL, every
// commit synced, undamaged, tables there, format known and converted to ours.
// kCorrupt when it is damaged; kFailedPrecondition when a newer TritonTube, or another program,
// made it.
Result<void> PrepareDatabase(Connection& connection);

}  // namespace tritontube::sqlite
