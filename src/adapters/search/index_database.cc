#include "adapters/search/index_database.h"

#include <algorithm>
#include <limits>

#include "adapters/search/match_expression.h"
#include "domain/catalog/edit.h"
#include "domain/catalog/search_words.h"
#include "domain/catalog/title.h"

namespace tritontube::search {

using catalog::IndexChanges;
using catalog::SearchOrder;
using catalog::SearchPage;
using catalog::VideoRow;
using coordination::Revision;

namespace {

constexpr std::int64_t kNoLimit = -1;  // SQLite's.
constexpr std::int64_t kPlaceMax = std::numeric_limits<std::int64_t>::max();
// Below the milliseconds of a place: what tells videos of one moment apart.
constexpr int kPlaceIdBits = 20;
// Of a title, in the order of titles; what is the same so far is sorted by time.
constexpr std::size_t kSortBytesMax = 64;

constexpr const char* kTables = R"(
  BEGIN IMMEDIATE;
  CREATE TABLE meta(
    id INTEGER PRIMARY KEY CHECK (id = 1),
    format INTEGER NOT NULL,
    position INTEGER);
  CREATE TABLE videos(
    place INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    title BLOB NOT NULL,
    digest BLOB NOT NULL);
  CREATE INDEX videos_by_title ON videos(title, place);
  CREATE VIRTUAL TABLE words USING fts5(
    title, description, tags, file_name,
    tokenize = 'unicode61 remove_diacritics 0', prefix = '1 2 3 4 5 6', columnsize = 0);
  INSERT INTO meta VALUES (1, 2, NULL);
  COMMIT)";

std::int64_t PlaceOf(const VideoRow& row) {
  constexpr std::int64_t kMillisecondsMax = kPlaceMax >> kPlaceIdBits;
  const std::int64_t milliseconds =
      std::clamp<std::int64_t>(row.created.time_since_epoch().count(), 0, kMillisecondsMax);
  const blob::Digest digest = blob::DigestOf(blob::Bytes(row.id.text()));
  constexpr std::uint64_t kIdMask = (std::uint64_t{1} << kPlaceIdBits) - 1;
  return (milliseconds << kPlaceIdBits) | static_cast<std::int64_t>(digest.low & kIdMask);
}

std::string SortTitle(std::string_view title) {
  std::string sorted = catalog::FoldForSearch(title);
  if (sorted.size() <= kSortBytesMax) return sorted;
  std::size_t end = kSortBytesMax;
  while (end > 0 && (static_cast<unsigned char>(sorted[end]) & 0xC0U) == 0x80U) --end;
  sorted.resize(end);
  return sorted;
}

std::string TagsText(const VideoRow& row) {
  std::string text;
  for (const std::string& tag : row.tags) text += tag + " ";
  return catalog::SpacedForSearch(text);
}

}  // namespace

struct IndexDatabase::Known {
  std::int64_t place = 0;
  std::string digest;
};

struct IndexDatabase::Rows {
  std::vector<VideoId> ids;
  Cursor last;  // The place of the last one.
};

Result<std::unique_ptr<IndexDatabase>> IndexDatabase::Open(const std::filesystem::path& file,
                                                           Access access,
                                                           std::size_t walked_matches_min) {
  TT_ASSIGN_OR_RETURN(sqlite::Connection connection, sqlite::Connection::Open(file, access));
  std::unique_ptr<IndexDatabase> database(
      new IndexDatabase(std::move(connection), walked_matches_min));
  if (access == Access::kWrite) TT_RETURN_IF_ERROR(database->PrepareToWrite());
  TT_RETURN_IF_ERROR(database->PrepareToRead());
  return database;
}

Result<void> IndexDatabase::PrepareToWrite() {
  // NORMAL: a power cut may take the last changes, which come again, and leaves
  // the file whole.
  TT_RETURN_IF_ERROR(
      connection_.Execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; "
                          "PRAGMA journal_size_limit = 67108864"));
  bool is_new = false;
  {
    TT_ASSIGN_OR_RETURN(sqlite::Statement any,
                        connection_.Prepare("SELECT 1 FROM sqlite_schema LIMIT 1"));
    TT_ASSIGN_OR_RETURN(const bool found, any.Query().Next());
    is_new = !found;
  }
  if (is_new) TT_RETURN_IF_ERROR(connection_.Execute(kTables));
  return connection_.PrepareAll({
      {&begin_, "BEGIN IMMEDIATE"},
      {&commit_, "COMMIT"},
      {&set_position_, "UPDATE meta SET position = ?"},
      {&lookup_, "SELECT place, digest FROM videos WHERE id = ?"},
      {&taken_, "SELECT 1 FROM videos WHERE place = ?"},
      {&insert_, "INSERT INTO videos(place, id, title, digest) VALUES (?, ?, ?, ?)"},
      {&update_, "UPDATE videos SET title = ?, digest = ? WHERE place = ?"},
      {&remove_, "DELETE FROM videos WHERE place = ?"},
      {&insert_words_,
       "INSERT INTO words(rowid, title, description, tags, file_name) VALUES (?, ?, ?, ?, ?)"},
      {&update_words_,
       "UPDATE words SET title = ?, description = ?, tags = ?, file_name = ? WHERE rowid = ?"},
      {&remove_words_, "DELETE FROM words WHERE rowid = ?"},
  });
}

Result<void> IndexDatabase::PrepareToRead() {
  TT_RETURN_IF_ERROR(connection_.PrepareAll({
      {&position_, "SELECT format, position FROM meta"},
      {&newest_, "SELECT place, title, id FROM videos WHERE place < ? ORDER BY place DESC LIMIT ?"},
      {&oldest_, "SELECT place, title, id FROM videos WHERE place > ? ORDER BY place LIMIT ?"},
      {&titles_up_,
       "SELECT place, title, id FROM videos WHERE (title, place) > (?, ?) "
       "ORDER BY title, place LIMIT ?"},
      {&matches_, "SELECT rowid FROM words WHERE words MATCH ? ORDER BY rowid"},
      {&titles_down_,
       "SELECT place, title, id FROM videos WHERE (title, place) < (?, ?) "
       "ORDER BY title DESC, place DESC LIMIT ?"},
      {&match_newest_,
       "SELECT place, videos.title, id FROM words CROSS JOIN videos ON place = words.rowid "
       "WHERE words MATCH ? AND words.rowid < ? ORDER BY words.rowid DESC LIMIT ?"},
      {&match_oldest_,
       "SELECT place, videos.title, id FROM words CROSS JOIN videos ON place = words.rowid "
       "WHERE words MATCH ? AND words.rowid > ? ORDER BY words.rowid LIMIT ?"},
      {&match_titles_up_,
       "SELECT place, videos.title, id FROM words CROSS JOIN videos ON place = words.rowid "
       "WHERE words MATCH ? AND (videos.title, place) > (?, ?) "
       "ORDER BY videos.title, place LIMIT ?"},
      {&match_titles_down_,
       "SELECT place, videos.title, id FROM words CROSS JOIN videos ON place = words.rowid "
       "WHERE words MATCH ? AND (videos.title, place) < (?, ?) "
       "ORDER BY videos.title DESC, place DESC LIMIT ?"},
  }));
  sqlite::Cursor meta = position_.Query();
  TT_ASSIGN_OR_RETURN(const bool found, meta.Next());
  if (found && meta.Integer(0) == kFormat) return {};
  return Fail(ErrorCode::kCorrupt, "the search index has another format");
}

Result<std::optional<Revision>> IndexDatabase::Position() {
  sqlite::Cursor meta = position_.Query();
  TT_RETURN_IF_ERROR(meta.Next());
  if (meta.IsNull(1)) return std::nullopt;
  return meta.Integer(1);
}

Result<void> IndexDatabase::Apply(const IndexChanges& changes) {
  TT_RETURN_IF_ERROR(begin_.Execute());
  Result<void> applied = ApplyAll(changes);
  if (applied) applied = commit_.Execute();
  if (!applied && connection_.in_transaction()) {
    Ignore(connection_.Execute("ROLLBACK"), "the next transaction says so when it did not work");
  }
  return applied;
}

Result<void> IndexDatabase::ApplyAll(const IndexChanges& changes) {
  for (const VideoRow& row : changes.rows) TT_RETURN_IF_ERROR(Put(row));
  for (const VideoId& id : changes.removed) TT_RETURN_IF_ERROR(Remove(id));
  if (changes.position) TT_RETURN_IF_ERROR(set_position_.Execute(*changes.position));
  return {};
}

Result<std::optional<IndexDatabase::Known>> IndexDatabase::Lookup(const VideoId& id) {
  sqlite::Cursor cursor = lookup_.Query(id.text());
  TT_ASSIGN_OR_RETURN(const bool found, cursor.Next());
  if (!found) return std::nullopt;
  return Known{.place = cursor.Integer(0), .digest = std::string(cursor.Bytes(1))};
}

Result<void> IndexDatabase::Put(const VideoRow& row) {
  TT_ASSIGN_OR_RETURN(const std::optional<Known> known, Lookup(row.id));
  // Most changes of a row are the transcode's: what is searched stays.
  const std::string digest = catalog::EditTagOf(row);
  if (!known) return Insert(row, digest);
  if (known->digest == digest) return {};
  TT_RETURN_IF_ERROR(update_.Execute(SortTitle(row.title), digest, known->place));
  return update_words_.Execute(catalog::SpacedForSearch(row.title),
                               catalog::SpacedForSearch(row.description), TagsText(row),
                               catalog::SpacedForSearch(row.file_name), known->place);
}

Result<void> IndexDatabase::Insert(const VideoRow& row, std::string_view digest) {
  std::int64_t place = PlaceOf(row);
  for (;;) {
    TT_ASSIGN_OR_RETURN(const bool taken, IsTaken(place));
    if (!taken) break;
    ++place;
  }
  TT_RETURN_IF_ERROR(insert_.Execute(place, row.id.text(), SortTitle(row.title), digest));
  return insert_words_.Execute(place, catalog::SpacedForSearch(row.title),
                               catalog::SpacedForSearch(row.description), TagsText(row),
                               catalog::SpacedForSearch(row.file_name));
}

Result<bool> IndexDatabase::IsTaken(std::int64_t place) { return taken_.Query(place).Next(); }

Result<void> IndexDatabase::Remove(const VideoId& id) {
  TT_ASSIGN_OR_RETURN(const std::optional<Known> known, Lookup(id));
  if (!known) return {};
  TT_RETURN_IF_ERROR(remove_.Execute(known->place));
  return remove_words_.Execute(known->place);
}

Result<void> IndexDatabase::Take(const sqlite::Cursor& row, Rows& rows) {
  const std::optional<VideoId> id = VideoId::Parse(row.Bytes(2));
  if (!id) return Fail(ErrorCode::kCorrupt, "the search index names a video that cannot be");
  rows.ids.push_back(*id);
  rows.last.place = row.Integer(0);
  rows.last.title = row.Bytes(1);
  return {};
}

Result<IndexDatabase::Rows> IndexDatabase::Read(sqlite::Cursor cursor) {
  Rows rows;
  for (;;) {
    TT_ASSIGN_OR_RETURN(const bool found, cursor.Next());
    if (!found) return rows;
    TT_RETURN_IF_ERROR(Take(cursor, rows));
  }
}

Result<std::optional<IndexDatabase::Rows>> IndexDatabase::ReadThose(
    sqlite::Cursor cursor, const std::vector<std::int64_t>& places, std::size_t limit,
    std::size_t looks) {
  Rows rows;
  while (rows.ids.size() < limit) {
    TT_ASSIGN_OR_RETURN(const bool found, cursor.Next());
    if (!found) break;
    if (looks-- == 0) return std::nullopt;
    if (!std::ranges::binary_search(places, cursor.Integer(0))) continue;
    TT_RETURN_IF_ERROR(Take(cursor, rows));
  }
  return rows;
}

Result<std::vector<std::int64_t>> IndexDatabase::PlacesOf(const std::string& expression) {
  std::vector<std::int64_t> places;
  sqlite::Cursor cursor = matches_.Query(expression);
  for (;;) {
    TT_ASSIGN_OR_RETURN(const bool found, cursor.Next());
    if (!found) return places;
    places.push_back(cursor.Integer(0));
  }
}

Result<IndexDatabase::Rows> IndexDatabase::FindByTime(const std::string& expression,
                                                      SearchOrder order,
                                                      std::optional<Cursor> after,
                                                      std::size_t limit) {
  const bool oldest = order == SearchOrder::kOldest;
  const std::int64_t place = after ? after->place : oldest ? -1 : kPlaceMax;
  const auto count = static_cast<std::int64_t>(limit);
  sqlite::Statement& all = oldest ? oldest_ : newest_;
  sqlite::Statement& matching = oldest ? match_oldest_ : match_newest_;
  TT_ASSIGN_OR_RETURN(Rows rows, expression.empty()
                                     ? Read(all.Query(place, count))
                                     : Read(matching.Query(expression, place, count)));
  rows.last.title.clear();
  return rows;
}

Result<IndexDatabase::Rows> IndexDatabase::FindByTitle(const std::string& expression,
                                                       SearchOrder order,
                                                       std::optional<Cursor> after,
                                                       std::size_t limit) {
  const bool down = order == SearchOrder::kTitleDescending;
  // Above every title: no UTF-8 has this byte.
  const std::string title = after ? after->title : down ? "\xff" : "";
  const std::int64_t place = after ? after->place : -1;
  const auto count = static_cast<std::int64_t>(limit);
  sqlite::Statement& all = down ? titles_down_ : titles_up_;
  sqlite::Statement& matching = down ? match_titles_down_ : match_titles_up_;
  if (expression.empty()) return Read(all.Query(title, place, count));
  TT_ASSIGN_OR_RETURN(const std::vector<std::int64_t> places, PlacesOf(expression));
  // Sorting costs a look at the title of each match; walking the titles in their
  // order is as much at worst, and far less when matches are many and everywhere.
  if (places.size() >= walked_matches_min_) {
    TT_ASSIGN_OR_RETURN(std::optional<Rows> rows,
                        ReadThose(all.Query(title, place, kNoLimit), places, limit, places.size()));
    if (rows) return *std::move(rows);
  }
  return Read(matching.Query(expression, title, place, count));
}

Result<IndexDatabase::Rows> IndexDatabase::FindTitleMatches(const std::string& expression,
                                                            std::optional<Cursor> after,
                                                            std::size_t limit) {
  Rows rows;
  if (!after || after->in_titles) {
    TT_ASSIGN_OR_RETURN(rows, FindByTime(InTitle(expression), SearchOrder::kNewest, after, limit));
    if (rows.ids.size() == limit) return rows;
    after.reset();
  }
  TT_ASSIGN_OR_RETURN(const Rows others, FindByTime(NotInTitle(expression), SearchOrder::kNewest,
                                                    after, limit - rows.ids.size()));
  rows.ids.insert(rows.ids.end(), others.ids.begin(), others.ids.end());
  rows.last = others.last;
  rows.last.in_titles = false;
  return rows;
}

Result<SearchPage> IndexDatabase::Find(const catalog::SearchQuery& query) {
  const std::optional<Cursor> after = ParseCursor(query.order, query.cursor);
  if (!query.cursor.empty() && !after) {
    return Fail(ErrorCode::kInvalidArgument, "the cursor is none of this order");
  }
  const std::string expression = MatchExpression(query.words);
  // Words of nothing but punctuation are in no video.
  if (expression.empty() && !query.words.empty()) return SearchPage{};
  Result<Rows> rows = Rows{};
  switch (query.order) {
    case SearchOrder::kNewest:
    case SearchOrder::kOldest:
      rows = FindByTime(expression, query.order, after, query.limit);
      break;
    case SearchOrder::kTitle:
    case SearchOrder::kTitleDescending:
      rows = FindByTitle(expression, query.order, after, query.limit);
      break;
    case SearchOrder::kTitleMatches:
      rows = FindTitleMatches(expression, after, query.limit);
      break;
  }
  if (!rows) return std::unexpected(std::move(rows).error());
  SearchPage page{.ids = std::move(rows->ids), .next = std::nullopt};
  if (page.ids.size() == query.limit) page.next = CursorText(query.order, rows->last);
  return page;
}

}  // namespace tritontube::search
