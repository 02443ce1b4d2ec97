#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "core/blob/blob_store.h"
#include "domain/catalog/catalog.h"
#include "domain/catalog/view.h"
#include "services/library/search.h"

namespace tritontube::library {

inline constexpr std::size_t kListLimitDefault = 24;
inline constexpr std::size_t kListLimitMax = 100;
inline constexpr std::size_t kQueryBytesMax = 1024;

// Newest or oldest first; by title, up or down; those whose title has the words
// first.
inline constexpr std::array<std::string_view, 5> kSorts = {"-created", "created", "title", "-title",
                                                           "relevance"};

struct LibraryQuery {
  std::size_t limit = kListLimitDefault;  // 1 to kListLimitMax.
  std::string cursor = {};
  std::string q = {};               // Words to look for; empty for every video.
  std::string sort = {"-created"};  // One of kSorts.
};

struct LibraryPage {
  std::vector<catalog::VideoView> items;
  std::optional<std::string> next;
};

struct EditedView {
  catalog::VideoView video;  // As it is now.
  bool allowed = true;       // False: nothing has changed.
};

// What people see of the videos, and the one way to edit or delete one. Errors as for
// Catalog; kInvalidArgument names the parameter that is wrong.
//
// Stateless; safe to use from any thread.
class Library {
 public:
  Library(catalog::Catalog& catalog, blob::BlobStore& store, Search& search)
      : catalog_(catalog), store_(store), search_(search) {}

  async::Task<Result<catalog::VideoView>> Get(VideoId id, Deadline deadline);
  // Without words, newest first, this needs no index. Otherwise the index says
  // which and in what order, and the catalog what they are: so what is shown is
  // there, and as it is now, however old the index.
  async::Task<Result<LibraryPage>> List(LibraryQuery query, Deadline deadline);
  // Changes what people may change, if `may_edit` says so; see Catalog::Edit.
  async::Task<Result<EditedView>> Edit(VideoId id, catalog::VideoEdit edit,
                                       catalog::MayEdit may_edit, Deadline deadline);
  // The video is gone when this returns. Its blobs are erased too, unless the
  // store fails: then the collector does it.
  async::Task<Result<void>> Delete(VideoId id, Deadline deadline, catalog::MayEdit may_delete = {});

 private:
  async::Task<Result<LibraryPage>> ListNewest(LibraryQuery query, Deadline deadline);
  async::Task<Result<LibraryPage>> ListFromIndex(catalog::SearchQuery query, Deadline deadline);

  catalog::Catalog& catalog_;
  blob::BlobStore& store_;
  Search& search_;
};

}  // namespace tritontube::library
