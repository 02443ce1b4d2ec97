#pragma once

#include <optional>
#include <string>
#include <vector>

#include "domain/catalog/video.h"
#include "foundation/async/task.h"

namespace tritontube::catalog {

enum class SearchOrder : std::uint8_t {
  kNewest,
  kOldest,
  kTitle,            // Without case and accents.
  kTitleDescending,  // The other way round.
  kTitleMatches,     // Where all words are in the title, then the others; each newest first.
};

struct SearchQuery {
  std::string words = {};  // Empty: every video.
  SearchOrder order = SearchOrder::kNewest;
  std::string cursor = {};  // `next` of the page before; empty for the first.
  std::size_t limit = 24;
};

struct SearchPage {
  std::vector<VideoId> ids;
  std::optional<std::string> next;  // Nothing when this was the last page.
};

struct IndexChanges {
  std::vector<VideoRow> rows = {};    // New, or not as they were.
  std::vector<VideoId> removed = {};  // Rows that are no more.
  // With these changes everything up to here is in the index.
  std::optional<coordination::Revision> position = {};
};

// A read model of all rows that knows in what order they are and which words
// they have. It may be behind; it can be filled again at any time, so nothing
// that matters is only in it.
//
// A row is found by words of its title, description, tags and file name: all
// words of the query must be there, the last one as the beginning of a word.
// Nothing in a query has a meaning but its words. A cursor is a place in the
// order, and stays right while others come and go.
//
// Errors of every method: kUnavailable, kResourceExhausted, kDeadlineExceeded;
// kCorrupt when it is damaged: Clear() mends that. Safe to use from any thread.
class SearchIndex {
 public:
  virtual ~SearchIndex() = default;

  // Nothing when it must be filled from the beginning.
  virtual async::Task<Result<std::optional<coordination::Revision>>> Position(
      Deadline deadline) = 0;
  // All of the changes or, on an error, none.
  virtual async::Task<Result<void>> Apply(IndexChanges changes, Deadline deadline) = 0;
  // It is empty and has no position.
  virtual async::Task<Result<void>> Clear(Deadline deadline) = 0;
  // kInvalidArgument when the cursor is none of this order.
  virtual async::Task<Result<SearchPage>> Find(SearchQuery query, Deadline deadline) = 0;
};

}  // namespace tritontube::catalog
