#include "adapters/sqlite/schema.h"

#include <span>

#include "adapters/sqlite/checksum.h"
#include "foundation/telemetry/log.h"

namespace tritontube::sqlite {

namespace {

// The first column of the first row, or nothing.
Result<std::string> AskOne(Connection& connection, std::string_view question) {
  TT_ASSIGN_OR_RETURN(Statement statement, connection.Prepare(question));
  Cursor cursor = statement.Query();
  TT_ASSIGN_OR_RETURN(const bool found, cursor.Next());
  return found ? std::string(cursor.Bytes(0)) : std::string();
}

Result<void> UseWal(Connection& connection) {
  // For a new database; another one keeps its own. A row of the largest kind, a
  // video of one or two kilobytes, must be at most a quarter of a page, or SQLite
  // gives it a page of its own, and the file becomes four times as large.
  TT_RETURN_IF_ERROR(connection.Execute("PRAGMA page_size = 16384"));
  TT_ASSIGN_OR_RETURN(const std::string mode, AskOne(connection, "PRAGMA journal_mode = WAL"));
  if (mode != "wal") {
    return Fail(ErrorCode::kFailedPrecondition,
                "the file system of the data folder has no shared memory files, which the "
                "database needs: choose a folder on a local disk");
  }
  // FULL syncs the log in every commit; after a spike the log shrinks again.
  return connection.Execute(
      "PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864; "
      "PRAGMA cell_size_check = 1");
}

Result<void> CheckUndamaged(Connection& connection) {
  TT_ASSIGN_OR_RETURN(const std::string verdict, AskOne(connection, "PRAGMA quick_check(1)"));
  if (verdict == "ok") return {};
  return Fail(ErrorCode::kCorrupt,
              "the database is damaged ({}): stop TritonTube, move its data folder away and bring "
              "back a backup with 'tritontube restore BACKUP --data DATA'",
              verdict);
}

Result<void> CreateTables(Connection& connection) {
  const std::string sql = fmt::format(R"(
    BEGIN IMMEDIATE;
    CREATE TABLE meta(
      id INTEGER PRIMARY KEY CHECK (id = 1),
      format INTEGER NOT NULL,
      revision INTEGER NOT NULL,
      compacted INTEGER NOT NULL,
      runs INTEGER NOT NULL);
    CREATE TABLE entries(
      key BLOB PRIMARY KEY,
      value BLOB NOT NULL,
      created INTEGER NOT NULL,
      modified INTEGER NOT NULL,
      lease INTEGER NOT NULL,
      checksum INTEGER NOT NULL) WITHOUT ROWID;
    CREATE INDEX entries_of_leases ON entries(lease, key) WHERE lease <> 0;
    CREATE TABLE changes(
      revision INTEGER NOT NULL,
      ordinal INTEGER NOT NULL,
      kind INTEGER NOT NULL,
      key BLOB NOT NULL,
      value BLOB NOT NULL,
      created INTEGER NOT NULL,
      lease INTEGER NOT NULL,
      checksum INTEGER NOT NULL,
      PRIMARY KEY (revision, ordinal)) WITHOUT ROWID;
    INSERT INTO meta VALUES (1, {}, 0, 0, 0);
    COMMIT)",
                                      kFormat);
  return connection.Execute(sql.c_str());
}

Result<std::int64_t> FormatOf(Connection& connection) {
  TT_ASSIGN_OR_RETURN(Statement statement, connection.Prepare("SELECT format FROM meta"));
  Cursor cursor = statement.Query();
  TT_RETURN_IF_ERROR(cursor.Next());
  return cursor.Integer(0);
}

std::string BytesOf(sqlite3_value* value) {
  const auto* const bytes = static_cast<const char*>(sqlite3_value_blob(value));
  return bytes == nullptr  // As SQLite calls the empty one.
             ? std::string()
             : std::string(bytes, static_cast<std::size_t>(sqlite3_value_bytes(value)));
}

// ChecksumOf() for SQL: key, value, created, modified, lease, kind.
void ChecksumOfRow(sqlite3_context* context, int /*count*/, sqlite3_value** values) {
  const std::span row(values, 6);
  const coordination::KeyValue item{.key = BytesOf(row[0]),
                                    .value = BytesOf(row[1]),
                                    .created = sqlite3_value_int64(row[2]),
                                    .modified = sqlite3_value_int64(row[3]),
                                    .lease = sqlite3_value_int64(row[4])};
  const auto kind = static_cast<coordination::Event::Kind>(sqlite3_value_int(row[5]));
  sqlite3_result_int64(context, ChecksumOf(item, kind));
}

// Format 1 had no checksums: what is there is taken for what was written.
Result<void> AddChecksums(Connection& connection) {
  TT_RETURN_IF_ERROR(connection.Execute(R"(
    BEGIN IMMEDIATE;
    ALTER TABLE entries ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE changes ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0)"));
  TT_RETURN_IF_ERROR(connection.AddFunction("checksum_of", 6, ChecksumOfRow));
  return connection.Execute(R"(
    UPDATE entries SET checksum = checksum_of(key, value, created, modified, lease, 0);
    UPDATE changes SET checksum = checksum_of(key, value, created, revision, lease, kind);
    UPDATE meta SET format = 2;
    COMMIT)");
}

Result<void> BringToOurFormat(Connection& connection) {
  TT_ASSIGN_OR_RETURN(
      const std::string ours,
      AskOne(connection, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name = 'meta'"));
  if (ours.empty()) {
    return Fail(ErrorCode::kFailedPrecondition,
                "the database in the data folder is not TritonTube's: choose another folder with "
                "--data");
  }
  TT_ASSIGN_OR_RETURN(const std::int64_t format, FormatOf(connection));
  if (format == kFormat) return {};
  if (format == 1) {
    telemetry::Log(telemetry::Level::kInfo, "converting the metadata to a newer format",
                   {{"from", format}, {"to", kFormat}});
    return AddChecksums(connection);
  }
  return Fail(ErrorCode::kFailedPrecondition,
              "the data folder has format {} and this TritonTube reads {}: start the version of "
              "TritonTube that wrote it, or a newer one",
              format, kFormat);
}

}  // namespace

Result<void> PrepareDatabase(Connection& connection) {
  TT_RETURN_IF_ERROR(UseWal(connection));
  TT_RETURN_IF_ERROR(CheckUndamaged(connection));
  TT_ASSIGN_OR_RETURN(const std::string table,
                      AskOne(connection, "SELECT name FROM sqlite_schema LIMIT 1"));
  if (table.empty()) TT_RETURN_IF_ERROR(CreateTables(connection));
  return BringToOurFormat(connection);
}

}  // namespace tritontube::sqlite
