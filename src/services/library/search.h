#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>

#include "domain/catalog/catalog.h"
#include "domain/catalog/search_index.h"
#include "foundation/async/semaphore.h"

namespace tritontube::library {

struct SearchOptions {
  // How long changes gather before they go into the index by themselves.
  std::chrono::milliseconds interval{250};
  // How long a search waits for the newest changes; then it does without.
  std::chrono::milliseconds freshness_wait{2000};
};

// For metrics.
struct SearchCounts {
  bool filled = false;  // False while the index is being made.
  coordination::Revision position = 0;
  std::uint64_t rows_applied = 0;
  std::uint64_t fills = 0;  // How often it was filled from the beginning.
  std::uint64_t failures = 0;
};

// Keeps the search index up to date and asks it.
//
// Changes are taken from a watch over all rows. When the index is new, damaged,
// or so old that nobody knows the changes since, it is filled from the rows
// again. A search first takes in what was committed before it began: what
// somebody has just changed on any server, he finds.
//
// Safe to use from any thread.
class Search {
 public:
  Search(catalog::Catalog& catalog, coordination::Coordination& coordination,
         catalog::SearchIndex& index, SearchOptions options = {})
      : catalog_(catalog), coordination_(coordination), index_(index), options_(options) {}

  // Keeps the index up to date until cancelled; the only one who fills it. What
  // fails is tried again.
  async::Task<void> Run();
  // One round of that.
  async::Task<Result<void>> UpdateNow(Deadline deadline);
  // kUnavailable while the index is being filled.
  async::Task<Result<catalog::SearchPage>> Find(catalog::SearchQuery query, Deadline deadline);

  SearchCounts counts() const;

 private:
  // These are the turn's: one at a time.
  async::Task<Result<void>> Fill(Deadline deadline);
  async::Task<Result<void>> Resume(Deadline deadline);
  async::Task<Result<void>> CatchUp(coordination::Revision target, Deadline deadline);
  async::Task<Result<bool>> TakeIn(Deadline wait);
  void Watch(coordination::Revision after);
  void Doubt(const Error& error);

  async::Task<Result<void>> Refresh(Deadline deadline);
  async::Task<Result<coordination::Revision>> Now(Deadline deadline);

  catalog::Catalog& catalog_;
  coordination::Coordination& coordination_;
  catalog::SearchIndex& index_;
  const SearchOptions options_;
  async::Semaphore turn_{1};
  std::unique_ptr<coordination::Watch> watch_;  // None before the first position is known.
  coordination::Revision stored_ = 0;           // The position that the index has on the disk.
  bool is_resumable_ = true;                    // The position in the index may be gone on from.
  std::atomic<bool> filled_ = false;
  std::atomic<coordination::Revision> seen_ = 0;  // Everything up to here is in the index.
  std::atomic<std::uint64_t> rows_applied_ = 0;
  std::atomic<std::uint64_t> fills_ = 0;
  std::atomic<std::uint64_t> failures_ = 0;
};

}  // namespace tritontube::library
