#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "domain/catalog/search_index.h"
#include "domain/catalog/search_words.h"

namespace tritontube::support {

// A search index in memory that fails on demand. Finds parts of words, too. One
// thread only.
class MemorySearchIndex final : public catalog::SearchIndex {
 public:
  // The next call of any method fails with this and changes nothing.
  void FailNext(ErrorCode code) { failure_ = code; }

  std::map<VideoId, catalog::VideoRow>& rows() { return rows_; }
  int clear_count() const { return clear_count_; }

  async::Task<Result<std::optional<coordination::Revision>>> Position(
      Deadline /*deadline*/) override {
    TT_CO_RETURN_IF_ERROR(Failure());
    co_return position_;
  }
  async::Task<Result<void>> Apply(catalog::IndexChanges changes, Deadline /*deadline*/) override {
    TT_CO_RETURN_IF_ERROR(Failure());
    for (catalog::VideoRow& row : changes.rows) rows_.insert_or_assign(row.id, std::move(row));
    for (const VideoId& id : changes.removed) rows_.erase(id);
    if (changes.position) position_ = changes.position;
    co_return Result<void>();
  }
  async::Task<Result<void>> Clear(Deadline /*deadline*/) override {
    TT_CO_RETURN_IF_ERROR(Failure());
    ++clear_count_;
    rows_.clear();
    position_.reset();
    co_return Result<void>();
  }
  async::Task<Result<catalog::SearchPage>> Find(catalog::SearchQuery query,
                                                Deadline /*deadline*/) override {
    TT_CO_RETURN_IF_ERROR(Failure());
    catalog::SearchPage page;
    const std::vector<VideoId> found = Sorted(query);
    auto at = found.begin();
    if (!query.cursor.empty()) {
      at = std::ranges::find(found, query.cursor, &VideoId::text);
      if (at != found.end()) ++at;
    }
    for (; at != found.end() && page.ids.size() < query.limit; ++at) page.ids.push_back(*at);
    if (at != found.end()) page.next = page.ids.back().text();
    co_return page;
  }

 private:
  Result<void> Failure() {
    const auto failure = std::exchange(failure_, std::nullopt);
    if (failure) return Fail(*failure, "as the test wants");
    return {};
  }

  std::vector<VideoId> Sorted(const catalog::SearchQuery& query) const {
    std::vector<const catalog::VideoRow*> found;
    for (const auto& [id, row] : rows_) {
      if (Matches(row, query.words)) found.push_back(&row);
    }
    const bool by_title = query.order == catalog::SearchOrder::kTitle;
    std::ranges::sort(found, [&](const auto* a, const auto* b) {
      return by_title ? a->title < b->title : a->created > b->created;
    });
    std::vector<VideoId> ids;
    ids.reserve(found.size());
    for (const catalog::VideoRow* row : found) ids.push_back(row->id);
    return ids;
  }

  static bool Matches(const catalog::VideoRow& row, const std::string& words) {
    const std::string text = catalog::SpacedForSearch(row.title + " " + row.description);
    return std::ranges::all_of(catalog::PhrasesForSearch(words),
                               [&](const std::string& phrase) { return text.contains(phrase); });
  }

  std::map<VideoId, catalog::VideoRow> rows_;
  std::optional<coordination::Revision> position_;
  std::optional<ErrorCode> failure_;
  int clear_count_ = 0;
};

}  // namespace tritontube::support
