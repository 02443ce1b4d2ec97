#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "adapters/search/sqlite_search_index.h"
#include "adapters/sqlite/connection.h"
#include "adapters/sqlite/sqlite_coordination.h"
#include "base/assert.h"
#include "base/clock.h"
#include "base/random.h"
#include "foundation/async/io_pool.h"
#include "foundation/async/task_group.h"
#include "services/library/library.h"
#include "services/verification/damage_log.h"
#include "support/memory_blob_store.h"

// See README.md.
namespace tritontube {
namespace {

using Clock = std::chrono::steady_clock;
using async::Task;
using catalog::VideoRow;

constexpr std::size_t kVocabulary = 5000;
constexpr int kRounds = 500;
constexpr int kWriters = 64;

double Milliseconds(Clock::duration time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

template <typename T>
T Must(Result<T> result) {
  TT_ASSERT(result.has_value(), "{}", result.error().message());
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

// Words as they are spread in texts: the n-th is about 1/n as frequent as the first.
class Words {
 public:
  explicit Words(std::uint64_t seed) : random_(seed) {}

  std::string Next() {
    const double fraction = static_cast<double>(random_.Next() % 1'000'000) / 1e6;
    return WordOf(static_cast<std::size_t>(std::pow(double{kVocabulary}, fraction)) - 1);
  }
  std::string Text(std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += (i > 0 ? " " : "") + Next();
    return text;
  }
  static std::string WordOf(std::size_t rank) {
    static constexpr std::string_view kSyllables[] = {"ka", "lo", "mi",  "ren", "sta",
                                                      "vo", "tu", "pel", "nor", "è"};
    std::string word;
    for (std::size_t rest = rank + 10; rest > 0; rest /= 10) word += kSyllables[rest % 10];
    return word;
  }

 private:
  SeededRandom random_;
};

VideoRow RowOf(int number, SeededRandom& random, Words& words) {
  const UploadId upload = UploadId::Generate(random);
  return {.id = VideoId::Generate(random),
          .upload = upload,
          .title = fmt::format("{} {}", words.Text(5), number),
          .description = words.Text(40),
          .tags = {words.Next(), words.Next(), words.Next()},
          .created = WallTime(std::chrono::milliseconds(1'700'000'000'000 + number * 60'000LL)),
          .file_name = words.Text(3) + ".mp4",
          .source = catalog::SourceFile{.size = 1'000'000'000, .part_count = 120},
          .facts = {.duration_seconds = 600, .width = 1920, .height = 1080},
          .renditions = {{.id = "v1080", .codec = "avc1.640028", .width = 1920, .height = 1080},
                         {.id = "v720", .codec = "avc1.64001f", .width = 1280, .height = 720},
                         {.id = "a0", .kind = media::Kind::kAudio, .codec = "mp4a.40.2"}},
          .presentation = catalog::StoredPresentation{.output = upload, .has_poster = true},
          // Or a job to make them would wait for each.
          .extras = {.storyboard = upload, .storyboard_sheets = 2}};
}

struct Engines {
  std::unique_ptr<sqlite::SqliteCoordination> coordination;
  std::unique_ptr<search::SqliteSearchIndex> index;
};

Task<void> FillSome(catalog::Catalog& catalog, int writer, int count) {
  SeededRandom random(static_cast<std::uint64_t>(writer) + 1);
  Words words(static_cast<std::uint64_t>(writer) + 1);
  for (int number = writer; number < count; number += kWriters) {
    Must(co_await catalog.Restore(RowOf(number, random, words), Deadline::Never()));
  }
}

Task<void> Fill(Engines& engines, const async::IoPool& io, int count) {
  catalog::Catalog catalog(*engines.coordination);
  const auto begin = Clock::now();
  async::TaskGroup writers(io.executor(0));
  for (int writer = 0; writer < kWriters; ++writer) {
    writers.Spawn(FillSome(catalog, writer, count));
  }
  co_await writers.Join();
  // No blobs were stored: the scrub of a server on this folder would find nothing else all day.
  const WallTime now = SystemClock().WallNow();
  Must(co_await verification::DamageLog(*engines.coordination)
           .SaveState({.last_started = now, .last_ended = now}, Deadline::Never()));
  fmt::print("{} videos written in {:.1f} s\n", count, Milliseconds(Clock::now() - begin) / 1000);
}

struct Question {
  const char* name;
  library::LibraryQuery query;
};

std::vector<Question> Questions() {
  const std::string frequent = Words::WordOf(0);
  const std::string common = Words::WordOf(100);
  const std::string rare = Words::WordOf(4000);
  return {
      {"list, newest", {}},
      {"list, newest, 100", {.limit = 100}},
      {"list, oldest", {.sort = "created"}},
      {"list, by title", {.sort = "title"}},
      {"search, in most", {.q = frequent}},
      {"search, common", {.q = common}},
      {"search, rare", {.q = rare}},
      {"search, two words", {.q = frequent + " " + common}},
      {"search, one letter", {.q = "k"}},
      {"search, none", {.q = "nosuchword"}},
      {"search, relevance", {.q = common, .sort = "relevance"}},
      {"search, in most, relevance", {.q = frequent, .sort = "relevance"}},
      {"search, rare, by title", {.q = rare, .sort = "title"}},
      {"search, common, by title", {.q = common, .sort = "title"}},
      {"search, in most, by title", {.q = frequent, .sort = "title"}},
  };
}

void Print(const char* name, std::vector<double>& times, const std::string& found) {
  std::ranges::sort(times);
  fmt::print("{:<30} p50 {:7.2f} ms   p99 {:7.2f} ms   {}\n", name, times[times.size() / 2],
             times[times.size() * 99 / 100], found);
}

Task<void> AskOne(library::Library& library, const Question& question) {
  std::vector<double> times;
  std::string found;
  for (int i = 0; i < kRounds; ++i) {
    const auto begin = Clock::now();
    const auto page = Must(co_await library.List(question.query, Deadline::Never()));
    times.push_back(Milliseconds(Clock::now() - begin));
    found = fmt::format("{} found{}", page.items.size(), page.next ? ", and more" : "");
  }
  Print(question.name, times, found);
}

// As far as a person goes who presses "More" again and again.
Task<void> AskDeep(library::Library& library) {
  library::LibraryQuery query{.limit = 100};
  std::vector<double> times;
  for (int i = 0; i < kRounds; ++i) {
    const auto begin = Clock::now();
    const auto page = Must(co_await library.List(query, Deadline::Never()));
    times.push_back(Milliseconds(Clock::now() - begin));
    query.cursor = page.next.value_or("");
  }
  Print("list, 100 each, 500 pages on", times, "");
}

Task<void> Ask(Engines& engines) {
  catalog::Catalog catalog(*engines.coordination);
  support::MemoryBlobStore blobs;
  library::Search search(catalog, *engines.coordination, *engines.index);
  library::Library library(catalog, blobs, search);
  const auto begin = Clock::now();
  Must(co_await search.UpdateNow(Deadline::Never()));
  fmt::print("index up to date in {:.2f} s, {} rows applied, filled {} times\n",
             Milliseconds(Clock::now() - begin) / 1000, search.counts().rows_applied,
             search.counts().fills);
  for (const Question& question : Questions()) co_await AskOne(library, question);
  co_await AskDeep(library);
}

// What SQLite takes for the same questions by itself: without the rows' JSON,
// and, where there is no index, with a look at every row.
void AskSqlite(const std::filesystem::path& data) {
  const auto time = [](sqlite::Connection& connection, const char* name, const std::string& sql) {
    std::vector<double> times;
    int found = 0;
    for (int i = 0; i < kRounds / 10; ++i) {
      const auto begin = Clock::now();
      sqlite::Statement statement = Must(connection.Prepare(sql));
      sqlite::Cursor cursor = statement.Query();
      for (found = 0; Must(cursor.Next()); ++found) continue;
      times.push_back(Milliseconds(Clock::now() - begin));
    }
    Print(name, times, fmt::format("{} found", found));
  };
  using Access = sqlite::Connection::Access;
  auto rows = Must(sqlite::Connection::Open(data / "coordination/coordination.db", Access::kRead));
  time(rows, "sqlite: 24 rows by key",
       "SELECT value FROM entries WHERE key > CAST('video/row/' AS BLOB) ORDER BY key LIMIT 24");
  time(rows, "sqlite: a rare word by LIKE",
       fmt::format("SELECT value FROM entries WHERE key BETWEEN CAST('video/row/' AS BLOB) AND "
                   "CAST('video/row0' AS BLOB) AND CAST(value AS TEXT) LIKE '%{}%' LIMIT 24",
                   Words::WordOf(4000)));
  auto words = Must(sqlite::Connection::Open(data / "search/search.db", Access::kRead));
  time(words, "sqlite: fts5, ordered by rank",
       "SELECT rowid FROM words WHERE words MATCH 'kal' || 'o*' ORDER BY rank LIMIT 24");
}

int Run(const std::filesystem::path& data, int count) {
  const async::IoPool io(1);
  Engines engines;
  const bool is_new = !std::filesystem::exists(data / "coordination/coordination.db");
  const auto begin = Clock::now();
  engines.coordination = Must(sqlite::SqliteCoordination::Open(data / "coordination"));
  engines.index = Must(search::SqliteSearchIndex::Open(data / "search"));
  fmt::print("stores opened in {:.2f} s\n", Milliseconds(Clock::now() - begin) / 1000);
  if (is_new) async::BlockOn(io.executor(0), Fill(engines, io, count));
  async::BlockOn(io.executor(0), Ask(engines));
  AskSqlite(data);
  return 0;
}

}  // namespace
}  // namespace tritontube

int main(int argc, char** argv) {
  int count = 100'000;
  if (argc > 2) std::from_chars(argv[2], argv[2] + std::strlen(argv[2]), count);
  if (argc < 2) {
    fmt::print(stderr, "usage: library_bench DATA [COUNT]\n");
    return 2;
  }
  return tritontube::Run(argv[1], count);
}
