#pragma once

#include "adapters/sqlite/connection.h"
#include "core/coordination/coordination.h"

namespace tritontube::sqlite {

// XXH3-64 of a row of `entries` or `changes`: of all that a reader is told of it.
// SQLite has no checksums of its own for what lies in the database.
std::int64_t ChecksumOf(const coordination::KeyValue& item,
                        coordination::Event::Kind kind = coordination::Event::Kind::kPut);

// What stands in a row: value, created, modified, lease and checksum from column
// `first` on. The value is left out when the row is damaged.
coordination::KeyValue ItemOf(std::string key, const Cursor& row, int first,
                              coordination::Event::Kind kind = coordination::Event::Kind::kPut);

// What is told of a row whose checksum is another one.
Error DamagedRow(std::string_view key);

}  // namespace tritontube::sqlite
