#include "services/library/library.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "domain/catalog/title.h"

namespace tritontube::library {

using catalog::SearchOrder;
using catalog::SearchQuery;
using catalog::VideoRecord;

namespace {

// The order that a sort of kSorts means.
Result<SearchOrder> OrderOf(std::string_view sort) {
  constexpr std::array<SearchOrder, kSorts.size()> kOrders = {
      SearchOrder::kNewest, SearchOrder::kOldest, SearchOrder::kTitle,
      SearchOrder::kTitleDescending, SearchOrder::kTitleMatches};
  const auto* const found = std::ranges::find(kSorts, sort);
  if (found == kSorts.end()) {
    return Fail(ErrorCode::kInvalidArgument, "sort must be one of {}", fmt::join(kSorts, ", "));
  }
  return kOrders[static_cast<std::size_t>(found - kSorts.begin())];
}

Result<SearchQuery> Checked(const LibraryQuery& query) {
  if (query.limit < 1 || query.limit > kListLimitMax) {
    return Fail(ErrorCode::kInvalidArgument, "limit must be 1 to {}", kListLimitMax);
  }
  if (query.q.size() > kQueryBytesMax) {
    return Fail(ErrorCode::kInvalidArgument, "q must be at most {} bytes long", kQueryBytesMax);
  }
  TT_ASSIGN_OR_RETURN(SearchOrder order, OrderOf(query.sort));
  std::string words = catalog::CleanLine(query.q);
  if (words.empty() && order == SearchOrder::kTitleMatches) order = SearchOrder::kNewest;
  return SearchQuery{
      .words = std::move(words), .order = order, .cursor = query.cursor, .limit = query.limit};
}

}  // namespace

async::Task<Result<catalog::VideoView>> Library::Get(VideoId id, Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(const VideoRecord record, co_await catalog_.Find(std::move(id), deadline));
  co_return catalog::ViewOf(record);
}

async::Task<Result<LibraryPage>> Library::List(LibraryQuery query, Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(SearchQuery checked, Checked(query));
  if (checked.words.empty() && checked.order == SearchOrder::kNewest) {
    co_return co_await ListNewest(std::move(query), deadline);
  }
  co_return co_await ListFromIndex(std::move(checked), deadline);
}

async::Task<Result<LibraryPage>> Library::ListNewest(LibraryQuery query, Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(
      const catalog::ListPage page,
      co_await catalog_.List({.limit = query.limit, .cursor = std::move(query.cursor)}, deadline));
  LibraryPage list{.items = {}, .next = page.next};
  for (const VideoRecord& record : page.items) list.items.push_back(catalog::ViewOf(record));
  co_return list;
}

async::Task<Result<LibraryPage>> Library::ListFromIndex(SearchQuery query, Deadline deadline) {
  const std::size_t wanted = query.limit;
  LibraryPage list;
  do {
    query.limit = wanted - list.items.size();
    TT_CO_ASSIGN_OR_RETURN(catalog::SearchPage page, co_await search_.Find(query, deadline));
    TT_CO_ASSIGN_OR_RETURN(const auto each,
                           co_await catalog_.FindEach(std::move(page.ids), deadline));
    for (const catalog::Catalog::Found& found : each) {
      if (!found || !*found || catalog::IsAbandoned(**found)) continue;
      list.items.push_back(catalog::ViewOf(**found));
    }
    list.next = std::move(page.next);
    query.cursor = list.next.value_or("");
  } while (list.next && list.items.size() < wanted);
  co_return list;
}

async::Task<Result<EditedView>> Library::Edit(VideoId id, catalog::VideoEdit edit,
                                              catalog::MayEdit may_edit, Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(
      const catalog::Edited edited,
      co_await catalog_.Edit(std::move(id), std::move(edit), std::move(may_edit), deadline));
  co_return EditedView{.video = catalog::ViewOf(edited.record), .allowed = edited.allowed};
}

async::Task<Result<void>> Library::Delete(VideoId id, Deadline deadline,
                                          catalog::MayEdit may_delete) {
  TT_CO_ASSIGN_OR_RETURN(const catalog::Leftovers leftovers,
                         co_await catalog_.Delete(std::move(id), deadline, std::move(may_delete)));
  for (const UploadId& upload : leftovers.uploads) {
    const Result<void> erased = co_await store_.RemoveUpload(leftovers.video, upload, deadline);
    Ignore(erased, "no row names these blobs: the collector finds them");
  }
  co_return Result<void>();
}

}  // namespace tritontube::library
