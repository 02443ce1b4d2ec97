#pragma once

#include <filesystem>
#include <memory>

#include "domain/catalog/search_index.h"

namespace tritontube::search {

struct SearchIndexOptions {
  std::size_t reader_count = 2;  // Threads and connections that search at once.
  // So many matches are not sorted by title at once: who walks along the sorted
  // titles has soon met a page of them.
  std::size_t walked_matches_min = 2'000;
};

// The search index in a folder of its own, which this process has for itself: a
// file that is damaged, or of another format, is thrown away.
class SqliteSearchIndex final : public catalog::SearchIndex {
 public:
  // Creates the folder when it is missing. kFailedPrecondition when another
  // process has it or its files cannot be written. Blocks.
  static Result<std::unique_ptr<SqliteSearchIndex>> Open(const std::filesystem::path& folder,
                                                         const SearchIndexOptions& options = {});
  ~SqliteSearchIndex() override;

  async::Task<Result<std::optional<coordination::Revision>>> Position(Deadline deadline) override;
  async::Task<Result<void>> Apply(catalog::IndexChanges changes, Deadline deadline) override;
  async::Task<Result<void>> Clear(Deadline deadline) override;
  async::Task<Result<catalog::SearchPage>> Find(catalog::SearchQuery query,
                                                Deadline deadline) override;

 private:
  class Impl;
  explicit SqliteSearchIndex(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace tritontube::search
