#include "adapters/search/sqlite_search_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "adapters/search/cursor.h"
#include "adapters/search/match_expression.h"
#include "adapters/sqlite/connection.h"
#include "foundation/async/io_pool.h"
#include "support/temporary_folder.h"

namespace tritontube::search {
namespace {

using async::Task;
using catalog::IndexChanges;
using catalog::SearchOrder;
using catalog::SearchPage;
using catalog::SearchQuery;
using catalog::VideoRow;
using testing::ElementsAre;
using testing::IsEmpty;

VideoId IdOf(int number) { return *VideoId::Parse(fmt::format("video{:06}", number)); }

// Video `number` is from second `number`.
VideoRow Row(int number, std::string title) {
  return {.id = IdOf(number),
          .upload = *UploadId::Parse("uploadload0"),
          .title = std::move(title),
          .created = WallTime(std::chrono::seconds(number))};
}

class SqliteSearchIndexTest : public testing::Test {
 protected:
  template <typename T>
  T Value(Task<T> task) {
    std::optional<T> value;
    async::BlockOn(io_.executor(0), Keep(std::move(task), value));
    return *std::move(value);
  }
  template <typename T>
  static Task<void> Keep(Task<T> task, std::optional<T>& value) {
    value.emplace(co_await std::move(task));
  }

  void Open(const SearchIndexOptions& options = {}) {
    index_.reset();
    auto opened = SqliteSearchIndex::Open(temp_.path() / "search", options);
    ASSERT_TRUE(opened.has_value()) << opened.error().message();
    index_ = *std::move(opened);
  }
  void Put(std::vector<VideoRow> rows) {
    const auto applied = Value(index_->Apply({.rows = std::move(rows)}, Deadline::Never()));
    ASSERT_TRUE(applied.has_value()) << applied.error().message();
  }
  Result<SearchPage> Find(SearchQuery query) {
    return Value(index_->Find(std::move(query), Deadline::Never()));
  }
  // The numbers of the videos that are found.
  std::vector<int> Found(SearchQuery query) {
    std::vector<int> numbers;
    const Result<SearchPage> page = Find(std::move(query));
    EXPECT_TRUE(page.has_value()) << page.error().message();
    for (const VideoId& id : page->ids) numbers.push_back(std::stoi(id.text().substr(5)));
    return numbers;
  }
  std::vector<int> Found(std::string words) {
    return Found(SearchQuery{.words = std::move(words)});
  }
  std::filesystem::path File() const { return temp_.path() / "search" / "search.db"; }

  support::TemporaryFolder temp_;
  async::IoPool io_{1};
  std::unique_ptr<SqliteSearchIndex> index_;
};

TEST_F(SqliteSearchIndexTest, FindsWordsWherePeoplePutThem) {
  Open();
  VideoRow row = Row(1, "Harbour at dawn");
  row.description = "Filmed in Trieste.\nWith a drone";
  row.tags = {"sea side", "boats"};
  row.file_name = "DJI_0042.MP4";
  Put({row, Row(2, "Mountains")});
  for (const char* words : {"harbour", "HARB", "dawn harbour", "trieste", "trieste with a dr",
                            "boats", "side", "dji 0042", "DJI_0042.MP4", "harbour boats dji"}) {
    EXPECT_THAT(Found(words), ElementsAre(1)) << words;
  }
  for (const char* words : {"arbour", "harb dawn", "harbour mountains", "night", "!!"}) {
    EXPECT_THAT(Found(words), IsEmpty()) << words;
  }
}

TEST_F(SqliteSearchIndexTest, IgnoresCaseAndAccentsInEveryScript) {
  Open();
  Put({Row(1, "Le Café de Nuit"), Row(2, "МОСКВА вечером"), Row(3, "東京の夏2020"),
       Row(4, "Straße")});
  EXPECT_THAT(Found("CAFE"), ElementsAre(1));
  EXPECT_THAT(Found("cafe\u0301"), ElementsAre(1));
  EXPECT_THAT(Found("москва"), ElementsAre(2));
  EXPECT_THAT(Found("京の"), ElementsAre(3));
  EXPECT_THAT(Found("京夏"), IsEmpty());
  EXPECT_THAT(Found("strasse"), ElementsAre(4));
}

// Each is an operator, a column, a quote or an error to FTS5.
TEST_F(SqliteSearchIndexTest, TakesNothingInAQueryForAnythingButWords) {
  Open();
  Put({Row(1, "and or not near"), Row(2, "title colon star")});
  EXPECT_THAT(Found("AND OR NOT NEAR"), ElementsAre(1));
  EXPECT_THAT(Found("near OR nothing"), IsEmpty());
  EXPECT_THAT(Found("title:star"), IsEmpty());
  EXPECT_THAT(Found("st*r"), IsEmpty());
  EXPECT_THAT(Found("star* \" ) ( ^"), ElementsAre(2));
  for (const std::string& words :
       {std::string("\""), std::string(R"(""")"), std::string("'"), std::string("*"),
        std::string("("), std::string("-x"), std::string("NEAR("), std::string("a\0b", 3),
        std::string("\xff\xfe"), std::string("{title}:a"), std::string(1000, '(')}) {
    EXPECT_TRUE(Find({.words = words}).has_value()) << words;
  }
}

TEST_F(SqliteSearchIndexTest, ForgetsWhatHasChangedOrGone) {
  Open();
  Put({Row(1, "Before"), Row(2, "Before")});
  Put({Row(1, "Afterwards")});
  EXPECT_THAT(Found("before"), ElementsAre(2));
  EXPECT_THAT(Found("after"), ElementsAre(1));
  const auto removed = Value(index_->Apply({.removed = {IdOf(2), IdOf(99)}}, Deadline::Never()));
  EXPECT_TRUE(removed.has_value());
  EXPECT_THAT(Found("before"), IsEmpty());
  EXPECT_THAT(Found(""), ElementsAre(1));
}

TEST_F(SqliteSearchIndexTest, KnowsEveryOrderWithAndWithoutWords) {
  Open();
  VideoRow described = Row(4, "zebra");
  described.description = "a film";
  Put({Row(1, "Éclair film"), Row(2, "bright film"), Row(3, "Apple film"), described});
  using enum SearchOrder;
  const auto sorted = [&](SearchOrder order, std::string words) {
    return Found({.words = std::move(words), .order = order});
  };
  EXPECT_THAT(sorted(kNewest, ""), ElementsAre(4, 3, 2, 1));
  EXPECT_THAT(sorted(kOldest, ""), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(sorted(kTitle, ""), ElementsAre(3, 2, 1, 4));
  EXPECT_THAT(sorted(kTitleDescending, ""), ElementsAre(4, 1, 2, 3));
  EXPECT_THAT(sorted(kNewest, "film"), ElementsAre(4, 3, 2, 1));
  EXPECT_THAT(sorted(kOldest, "film"), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(sorted(kTitle, "film"), ElementsAre(3, 2, 1, 4));
  EXPECT_THAT(sorted(kTitleDescending, "film"), ElementsAre(4, 1, 2, 3));
  EXPECT_THAT(sorted(kTitleMatches, "film"), ElementsAre(3, 2, 1, 4));
}

// Half of them have the word in the title only; many share a title or a moment.
TEST_F(SqliteSearchIndexTest, PagesThroughEveryOrderWhileOthersComeAndGo) {
  Open();
  std::vector<VideoRow> rows;
  for (int i = 0; i < 40; ++i) {
    VideoRow row = Row(i + 10, i % 2 == 0 ? "film" : fmt::format("{}", i % 5));
    row.created = WallTime(std::chrono::seconds(i / 4));
    row.description = "a film";
    rows.push_back(std::move(row));
  }
  Put(rows);
  for (const SearchOrder order : {SearchOrder::kNewest, SearchOrder::kOldest, SearchOrder::kTitle,
                                  SearchOrder::kTitleDescending, SearchOrder::kTitleMatches}) {
    for (const char* words : {"", "film"}) {
      if (order == SearchOrder::kTitleMatches && *words == '\0') continue;
      const std::vector<int> all = Found({.words = words, .order = order, .limit = 100});
      ASSERT_EQ(all.size(), 40U);
      std::vector<int> paged;
      SearchQuery query{.words = words, .order = order, .limit = 7};
      for (;;) {
        const SearchPage page = Find(query).value();
        for (const VideoId& id : page.ids) paged.push_back(std::stoi(id.text().substr(5)));
        if (!page.next) break;
        query.cursor = *page.next;
        // The row that the cursor is behind goes, and comes back after the page.
        const auto gone = Value(index_->Apply({.removed = {page.ids.back()}}, Deadline::Never()));
        ASSERT_TRUE(gone.has_value());
      }
      EXPECT_EQ(paged, all) << static_cast<int>(order) << words;
      Put(rows);
    }
  }
}

TEST_F(SqliteSearchIndexTest, SortsByTitleTheSameWithManyMatchesAndWithFew) {
  Open();
  std::vector<VideoRow> rows;
  rows.reserve(41);
  for (int i = 0; i < 40; ++i) rows.push_back(Row(i, fmt::format("{} film", i * 7 % 10)));
  rows.push_back(Row(40, "0 other"));
  Put(rows);
  for (const SearchOrder order : {SearchOrder::kTitle, SearchOrder::kTitleDescending}) {
    Open();
    SearchQuery query{.words = "film", .order = order, .limit = 15};
    const std::vector<int> sorted = Found({.words = "film", .order = order, .limit = 100});
    ASSERT_EQ(sorted.size(), 40U);
    Open({.walked_matches_min = 40});
    std::vector<int> walked;
    for (int page = 0; page < 3; ++page) {
      const std::vector<int> found = Found(query);
      walked.insert(walked.end(), found.begin(), found.end());
      query.cursor = Find(query)->next.value_or("");
    }
    EXPECT_EQ(walked, sorted);
    EXPECT_EQ(query.cursor, "");
  }
}

TEST_F(SqliteSearchIndexTest, SortsByTitleTheSameWhenAllMatchesAreFarAlongTheTitles) {
  Open({.walked_matches_min = 3});
  std::vector<VideoRow> rows;
  rows.reserve(43);
  for (int i = 0; i < 43; ++i) rows.push_back(Row(i, i < 40 ? "a" : fmt::format("z{}", i)));
  Put(rows);
  EXPECT_THAT(Found({.words = "z", .order = SearchOrder::kTitle, .limit = 2}), ElementsAre(40, 41));
}

TEST_F(SqliteSearchIndexTest, TakesNoCursorButOneOfTheSameOrder) {
  Open();
  Put({Row(1, "a"), Row(2, "b"), Row(3, "c")});
  const std::string cursor = *Find({.order = SearchOrder::kOldest, .limit = 1})->next;
  EXPECT_THAT(Found({.order = SearchOrder::kOldest, .cursor = cursor}), ElementsAre(2, 3));
  for (const std::string& wrong :
       {std::string("x"), cursor + "0", cursor.substr(0, 10), "n" + cursor.substr(1),
        "o" + std::string(16, '-'), "o" + std::string(16, 'f'), cursor + std::string(600, '0')}) {
    const auto page = Find({.order = SearchOrder::kOldest, .cursor = wrong});
    ASSERT_FALSE(page.has_value()) << wrong;
    EXPECT_EQ(page.error().code(), ErrorCode::kInvalidArgument);
  }
}

TEST(SearchCursor, ComesBackAsItWas) {
  using enum SearchOrder;
  const Cursor plain{.place = 1LL << 60U};
  for (const SearchOrder order : {kNewest, kOldest, kTitleMatches}) {
    EXPECT_EQ(ParseCursor(order, CursorText(order, plain)), plain);
  }
  const Cursor titled{.place = 7, .title = std::string("\x00\xff z", 4)};
  EXPECT_EQ(ParseCursor(kTitle, CursorText(kTitle, titled)), titled);
  const Cursor second_half{.in_titles = false, .place = 7};
  EXPECT_EQ(ParseCursor(kTitleMatches, CursorText(kTitleMatches, second_half)), second_half);
  EXPECT_EQ(ParseCursor(kTitle, CursorText(kTitleDescending, titled)), std::nullopt);
}

TEST_F(SqliteSearchIndexTest, RemembersItsPositionOverARestart) {
  Open();
  EXPECT_EQ(Value(index_->Position(Deadline::Never())).value(), std::nullopt);
  const auto applied =
      Value(index_->Apply({.rows = {Row(1, "kept")}, .position = 42}, Deadline::Never()));
  ASSERT_TRUE(applied.has_value());
  index_.reset();
  Open();
  EXPECT_EQ(Value(index_->Position(Deadline::Never())).value(), 42);
  EXPECT_THAT(Found("kept"), ElementsAre(1));
  ASSERT_TRUE(Value(index_->Clear(Deadline::Never())).has_value());
  EXPECT_EQ(Value(index_->Position(Deadline::Never())).value(), std::nullopt);
  EXPECT_THAT(Found("kept"), IsEmpty());
  Put({Row(2, "new")});
  EXPECT_THAT(Found("new"), ElementsAre(2));
}

TEST_F(SqliteSearchIndexTest, StartsOverWhenTheFileIsOfAnotherFormatOrNone) {
  const std::vector<std::function<void()>> spoil = {
      [&] {
        auto file = sqlite::Connection::Open(File(), sqlite::Connection::Access::kWrite).value();
        ASSERT_TRUE(file.Execute("UPDATE meta SET format = 1").has_value());
      },
      [&] {
        auto file = sqlite::Connection::Open(File(), sqlite::Connection::Access::kWrite).value();
        ASSERT_TRUE(file.Execute("DROP TABLE words").has_value());
      },
      [&] { std::ofstream(File(), std::ios::trunc) << std::string(5000, 'x'); },
      [&] { std::filesystem::resize_file(File(), 100); },
  };
  for (const auto& act : spoil) {
    index_.reset();
    Open();
    Put({Row(1, "old")});
    index_.reset();
    act();
    Open();
    EXPECT_EQ(Value(index_->Position(Deadline::Never())).value(), std::nullopt);
    EXPECT_THAT(Found("old"), IsEmpty());
    Put({Row(1, "old")});
    EXPECT_THAT(Found("old"), ElementsAre(1));
  }
}

TEST_F(SqliteSearchIndexTest, SaysThatItIsDamagedAndMendsThatByClearing) {
  Open();
  std::vector<VideoRow> rows;
  rows.reserve(500);
  for (int i = 0; i < 500; ++i) rows.push_back(Row(i, fmt::format("film number {}", i)));
  Put(rows);
  index_.reset();
  {
    // Opening sees nothing of what words are kept in.
    auto file = sqlite::Connection::Open(File(), sqlite::Connection::Access::kWrite).value();
    ASSERT_TRUE(file.Execute("DELETE FROM words_data WHERE id > 1000").has_value());
  }
  Open();
  Result<SearchPage> page = Find({.words = "film", .limit = 100});
  ASSERT_FALSE(page.has_value());
  EXPECT_EQ(page.error().code(), ErrorCode::kCorrupt);
  ASSERT_TRUE(Value(index_->Clear(Deadline::Never())).has_value());
  Put(rows);
  EXPECT_EQ(Find({.words = "film", .limit = 100})->ids.size(), 100U);
}

TEST_F(SqliteSearchIndexTest, KeepsItsFolderToItself) {
  Open();
  const auto second = SqliteSearchIndex::Open(temp_.path() / "search");
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code(), ErrorCode::kFailedPrecondition);
}

TEST_F(SqliteSearchIndexTest, ChangesNothingWhenAChangeFailsHalfWay) {
  Open();
  Put({Row(1, "kept")});
  {
    auto file = sqlite::Connection::Open(File(), sqlite::Connection::Access::kWrite).value();
    ASSERT_TRUE(
        file.Execute("CREATE TRIGGER no BEFORE INSERT ON videos WHEN NEW.place > 3000000000 "
                     "BEGIN SELECT RAISE(ABORT, 'no'); END")
            .has_value());
  }
  const auto applied = Value(
      index_->Apply({.rows = {Row(2, "two"), Row(3, "three")}, .position = 9}, Deadline::Never()));
  EXPECT_FALSE(applied.has_value());
  EXPECT_THAT(Found(""), ElementsAre(1));
  EXPECT_EQ(Value(index_->Position(Deadline::Never())).value(), std::nullopt);
}

}  // namespace
}  // namespace tritontube::search
