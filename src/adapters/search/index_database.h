#pragma once

#include <filesystem>
#include <memory>

#include "adapters/search/cursor.h"
#include "adapters/sqlite/connection.h"
#include "domain/catalog/search_index.h"

namespace tritontube::search {

// The format of the file; any other is thrown away and filled again.
inline constexpr std::int64_t kFormat = 2;

// One connection to the index's file. A row's place is its time and, below that,
// something of its id: so the order of places is the order of time, in which
// FTS5 gives its rows without sorting. Blocks; one thread at a time.
class IndexDatabase {
 public:
  using Access = sqlite::Connection::Access;

  // kWrite makes the file when it is missing; kCorrupt when it is not one of
  // ours, or damaged as far as that is seen without reading it all.
  static Result<std::unique_ptr<IndexDatabase>> Open(const std::filesystem::path& file,
                                                     Access access, std::size_t walked_matches_min);

  Result<std::optional<coordination::Revision>> Position();
  Result<void> Apply(const catalog::IndexChanges& changes);
  Result<catalog::SearchPage> Find(const catalog::SearchQuery& query);

 private:
  struct Known;  // What is in the file of one video.

  IndexDatabase(sqlite::Connection connection, std::size_t walked_matches_min)
      : connection_(std::move(connection)), walked_matches_min_(walked_matches_min) {}
  Result<void> PrepareToRead();
  Result<void> PrepareToWrite();
  Result<void> ApplyAll(const catalog::IndexChanges& changes);
  Result<void> Put(const catalog::VideoRow& row);
  Result<void> Insert(const catalog::VideoRow& row, std::string_view digest);
  Result<void> Remove(const VideoId& id);
  Result<std::optional<Known>> Lookup(const VideoId& id);
  Result<bool> IsTaken(std::int64_t place);

  // One page of one kind; `places` are what its cursor's are made of.
  struct Rows;
  Result<Rows> FindByTime(const std::string& expression, catalog::SearchOrder order,
                          std::optional<Cursor> after, std::size_t limit);
  Result<Rows> FindByTitle(const std::string& expression, catalog::SearchOrder order,
                           std::optional<Cursor> after, std::size_t limit);
  Result<Rows> FindTitleMatches(const std::string& expression, std::optional<Cursor> after,
                                std::size_t limit);
  static Result<void> Take(const sqlite::Cursor& row, Rows& rows);
  static Result<Rows> Read(sqlite::Cursor cursor);
  // The first `limit` of those at `places`, which are sorted; nothing when they are
  // not among the next `looks` rows.
  static Result<std::optional<Rows>> ReadThose(sqlite::Cursor cursor,
                                               const std::vector<std::int64_t>& places,
                                               std::size_t limit, std::size_t looks);
  // Of all that match, sorted.
  Result<std::vector<std::int64_t>> PlacesOf(const std::string& expression);

  sqlite::Connection connection_;
  const std::size_t walked_matches_min_;
  sqlite::Statement begin_, commit_, position_, set_position_;
  sqlite::Statement lookup_, taken_, insert_, update_, remove_;
  sqlite::Statement insert_words_, update_words_, remove_words_;
  sqlite::Statement newest_, oldest_, titles_up_, titles_down_;
  sqlite::Statement matches_, match_newest_, match_oldest_, match_titles_up_, match_titles_down_;
};

}  // namespace tritontube::search
