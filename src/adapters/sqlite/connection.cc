#include "adapters/sqlite/connection.h"

#include <cerrno>
#include <system_error>

namespace tritontube::sqlite {

namespace {

// Readers and the writer do not wait for each other in WAL mode, except around
// recovery and the end of the last connection.
constexpr int kBusyTimeoutMilliseconds = 10'000;

bool IsNoSpace(int system_error) {
  return system_error == ENOSPC || system_error == EDQUOT || system_error == EFBIG;
}

// sqlite3_system_errno() does not know of what failed inside a COMMIT, but the
// file of the log does.
int SystemError(sqlite3* db) {
  int system_error = 0;
  sqlite3_file* log = nullptr;
  sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, static_cast<void*>(&log));
  if (log != nullptr && log->pMethods != nullptr) {
    log->pMethods->xFileControl(log, SQLITE_FCNTL_LAST_ERRNO, &system_error);
  }
  if (system_error == 0) {
    sqlite3_file_control(db, "main", SQLITE_FCNTL_LAST_ERRNO, &system_error);
  }
  return system_error != 0 ? system_error : sqlite3_system_errno(db);
}

Error DiskError(sqlite3* db, const char* file, const char* message) {
  const int system_error = SystemError(db);
  if (IsNoSpace(system_error)) {
    return {ErrorCode::kResourceExhausted,
            fmt::format("no room left for {}: free some space on that disk", file)};
  }
  return {ErrorCode::kUnavailable,
          fmt::format("the disk failed under {} ({}, {}): check the disk", file, message,
                      std::generic_category().message(system_error))};
}

}  // namespace

Error LastError(sqlite3* db) {
  const char* name = sqlite3_db_filename(db, "main");
  const char* file = name != nullptr && *name != '\0' ? name : "the database";
  const char* message = sqlite3_errmsg(db);
  switch (sqlite3_errcode(db) & 0xff) {  // Without what extends the code.
    case SQLITE_FULL:
      return {ErrorCode::kResourceExhausted,
              fmt::format("no room left for {}: free some space on that disk", file)};
    case SQLITE_NOMEM:
      return {ErrorCode::kResourceExhausted, fmt::format("no memory left for {}", file)};
    case SQLITE_IOERR:
      return DiskError(db, file, message);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return {ErrorCode::kCorrupt,
              fmt::format("{} is damaged ({}): stop TritonTube, move its data folder away and "
                          "bring back a backup with 'tritontube restore BACKUP --data DATA'",
                          file, message)};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {ErrorCode::kUnavailable,
              fmt::format("another program holds {}: close it and try again", file)};
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_READONLY:
      return {ErrorCode::kFailedPrecondition,
              fmt::format("{} cannot be opened for writing ({}): check who owns it and its rights",
                          file, message)};
    default:
      return {ErrorCode::kInternal, fmt::format("{}: {}", file, message)};
  }
}

Result<bool> Cursor::Next() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return std::unexpected(LastError(sqlite3_db_handle(statement_)));
}

bool Cursor::IsNull(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

std::int64_t Cursor::Integer(int column) const { return sqlite3_column_int64(statement_, column); }

std::string_view Cursor::Bytes(int column) const {
  const void* bytes = sqlite3_column_blob(statement_, column);
  const int size = sqlite3_column_bytes(statement_, column);
  return {static_cast<const char*>(bytes), static_cast<std::size_t>(size)};
}

// Binding fails only for an index or a size that our own code has wrong.
void Statement::Bind(int index, std::int64_t value) {
  const int code = sqlite3_bind_int64(statement_.get(), index, value);
  TT_ASSERT(code == SQLITE_OK, "{}: {}", index, sqlite3_errstr(code));
}

void Statement::Bind(int index, std::string_view bytes) {
  // A null pointer would bind NULL, which is not the empty string.
  const char* data = bytes.data() == nullptr ? "" : bytes.data();
  const int code = sqlite3_bind_blob64(statement_.get(), index, data, bytes.size(), SQLITE_STATIC);
  TT_ASSERT(code == SQLITE_OK, "{}: {}", index, sqlite3_errstr(code));
}

Result<Connection> Connection::Open(const std::filesystem::path& file, Access access) {
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
                    (access == Access::kWrite ? SQLITE_OPEN_CREATE : 0);
  sqlite3* db = nullptr;
  const int code = sqlite3_open_v2(file.c_str(), &db, flags, nullptr);
  TT_ASSERT(db != nullptr, "no memory for a database connection");
  Connection connection(db);
  if (code != SQLITE_OK) return std::unexpected(LastError(db).Within(file.string()));
  sqlite3_busy_timeout(db, kBusyTimeoutMilliseconds);
  if (access == Access::kRead) TT_RETURN_IF_ERROR(connection.Execute("PRAGMA query_only = 1"));
  return connection;
}

void Connection::KeepLog() {
  sqlite3_db_config(db_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
}

Result<void> Connection::Execute(const char* sql) {
  if (sqlite3_exec(db_.get(), sql, nullptr, nullptr, nullptr) == SQLITE_OK) return {};
  return std::unexpected(LastError(db_.get()));
}

Result<void> Connection::AddFunction(const char* name, int argument_count, Function function) {
  const int code = sqlite3_create_function_v2(
      db_.get(), name, argument_count, SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY,
      nullptr, function, nullptr, nullptr, nullptr);
  if (code == SQLITE_OK) return {};
  return std::unexpected(LastError(db_.get()));
}

Result<Statement> Connection::Prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(db_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) return std::unexpected(LastError(db_.get()));
  return Statement(statement);
}

Result<void> Connection::PrepareAll(
    std::initializer_list<std::pair<Statement*, std::string_view>> statements) {
  for (const auto& [statement, sql] : statements) {
    TT_ASSIGN_OR_RETURN(*statement, Prepare(sql));
  }
  return {};
}

}  // namespace tritontube::sqlite
