#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"

// SQLite's C interface with Results and owners (https://sqlite.org/c3ref/intro.html).
namespace tritontube::sqlite {

// What `db` says went wrong last.
Error LastError(sqlite3* db);

// The rows of one execution, read one after another. The statement is free again
// when it goes. Values that were bound must outlive it.
class Cursor {
 public:
  explicit Cursor(sqlite3_stmt* statement) : statement_(statement) {}
  ~Cursor() {
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
  }
  Cursor(const Cursor&) = delete;
  Cursor& operator=(const Cursor&) = delete;

  // False after the last row.
  Result<bool> Next();
  bool IsNull(int column) const;
  std::int64_t Integer(int column) const;
  // The bytes of a BLOB or TEXT; valid until Next().
  std::string_view Bytes(int column) const;

 private:
  sqlite3_stmt* statement_;
};

// A prepared statement. Parameters are integers and byte strings (BLOBs).
class Statement {
 public:
  Statement() = default;
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}

  template <typename... Values>
  Cursor Query(const Values&... values) {
    BindAll(std::index_sequence_for<Values...>(), values...);
    return Cursor(statement_.get());
  }
  // Runs to the end; for statements without rows.
  template <typename... Values>
  Result<void> Execute(const Values&... values) {
    Cursor cursor = Query(values...);
    TT_RETURN_IF_ERROR(cursor.Next());
    return {};
  }

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };

  template <std::size_t... kIndices, typename... Values>
  void BindAll(std::index_sequence<kIndices...> /*indices*/, const Values&... values) {
    (Bind(static_cast<int>(kIndices) + 1, values), ...);
  }
  void Bind(int index, std::int64_t value);
  void Bind(int index, std::string_view bytes);

  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

// One connection to a database file. One thread at a time.
class Connection {
 public:
  enum class Access : std::uint8_t { kRead, kWrite };

  // Creates the file for kWrite.
  static Result<Connection> Open(const std::filesystem::path& file, Access access);

  // Leaves the log as it is when this goes, for whoever wants to look at it.
  void KeepLog();

  // Runs statements whose rows nobody wants.
  Result<void> Execute(const char* sql);
  using Function = void (*)(sqlite3_context*, int, sqlite3_value**);
  // A function for SQL, whose answer depends on its arguments alone.
  Result<void> AddFunction(const char* name, int argument_count, Function function);
  Result<Statement> Prepare(std::string_view sql);
  // For tables of statements: fills each.
  Result<void> PrepareAll(
      std::initializer_list<std::pair<Statement*, std::string_view>> statements);

  // False once SQLite has rolled back by itself, too.
  bool in_transaction() const { return sqlite3_get_autocommit(db_.get()) == 0; }
  int last_code() const { return sqlite3_extended_errcode(db_.get()); }
  // Rows that the last statement wrote.
  std::int64_t changed_count() const { return sqlite3_changes64(db_.get()); }

 private:
  struct Close {
    void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
  };
  explicit Connection(sqlite3* db) : db_(db) {}

  std::unique_ptr<sqlite3, Close> db_;
};

}  // namespace tritontube::sqlite
