#include <algorithm>
#include <functional>
#include <iterator>
#include <set>

#include "base/printable.h"
#include "domain/catalog/catalog.h"
#include "domain/catalog/catalog_state.h"
#include "domain/catalog/keys.h"

// Catalog's methods about videos of which something is stored that cannot be read.
namespace tritontube::catalog {

using coordination::Coordination;
using coordination::KeyValue;
using coordination::Operation;
using coordination::RangePage;
using coordination::TxnAnswer;

namespace {

using IsWanted = std::function<bool(const KeyValue&)>;

async::Task<Result<std::vector<KeyValue>>> ItemsUnder(Coordination& coordination,
                                                      std::string_view prefix, IsWanted is_wanted,
                                                      Deadline deadline) {
  std::vector<KeyValue> wanted;
  coordination::RangeRequest range{.prefix = std::string(prefix)};
  for (bool more = true; more;) {
    TT_CO_ASSIGN_OR_RETURN(RangePage page, co_await coordination.Range(range, deadline));
    if (!page.items.empty()) range.after = page.items.back().key;
    more = page.more;
    for (KeyValue& item : page.items) {
      if (is_wanted(item)) wanted.push_back(std::move(item));
    }
  }
  co_return wanted;
}

// What there is of the video, wherever it lies: when it was created stands in two
// of the keys, and in the row, which cannot be read.
async::Task<Result<std::vector<KeyValue>>> ItemsOf(Coordination& coordination, const VideoId& id,
                                                   Deadline deadline) {
  const auto is_of_video = [&id](const KeyValue& item) { return VideoOf(item.key) == id; };
  std::vector<KeyValue> items;
  for (const std::string_view prefix : {kVideoPrefix, kOpenPrefix, kOrderPrefix, kJobPrefix}) {
    TT_CO_ASSIGN_OR_RETURN(std::vector<KeyValue> some,
                           co_await ItemsUnder(coordination, prefix, is_of_video, deadline));
    std::ranges::move(some, std::back_inserter(items));
  }
  co_return items;
}

}  // namespace

// No transaction can compare what is damaged. All the rest is compared, so that what
// is removed is what was found.
async::Task<Result<void>> Catalog::DeleteDamaged(VideoId id, Deadline deadline) {
  for (;;) {
    TT_CO_ASSIGN_OR_RETURN(const std::vector<KeyValue> items,
                           co_await ItemsOf(coordination_, id, deadline));
    if (items.empty()) co_return Result<void>();
    coordination::Txn removal;
    for (const KeyValue& item : items) {
      if (!item.damaged) removal.compares.push_back({item.key, item.modified});
      removal.then.push_back(Operation::Delete(item.key));
    }
    const Result<TxnAnswer> answer = co_await coordination_.Commit(std::move(removal), deadline);
    if (answer && answer->succeeded) co_return Result<void>();
    if (!answer && !IsUnknown(answer)) co_return std::unexpected(answer.error());
    const Result<void> going_on = co_await CheckGoingOn(deadline);
    if (!going_on) co_return answer ? going_on : Result<void>(std::unexpected(answer.error()));
  }
}

// What is damaged may be a key, and stand under an id that no video has: then some
// other video's row, or its claim, is missing. The list tells which ids there are.
async::Task<Result<std::set<VideoId>>> Catalog::DamagedVideos(Deadline deadline) {
  const auto is_damaged = [](const KeyValue& item) { return item.damaged || !VideoOf(item.key); };
  TT_CO_ASSIGN_OR_RETURN(const std::vector<KeyValue> damaged,
                         co_await ItemsUnder(coordination_, kVideoPrefix, is_damaged, deadline));
  std::set<VideoId> videos;
  if (damaged.empty()) co_return videos;
  std::set<VideoId> listed;
  const auto list = [&listed](const KeyValue& item) {
    const std::optional<VideoId> id = VideoOf(item.key);
    if (id && !item.damaged) listed.insert(*id);
    return false;
  };
  TT_CO_RETURN_IF_ERROR(co_await ItemsUnder(coordination_, kOrderPrefix, list, deadline));
  for (const KeyValue& item : damaged) {
    const std::optional<VideoId> id = VideoOf(item.key);
    if (!id || !listed.contains(*id)) {
      co_return Fail(ErrorCode::kCorrupt,
                     "what is stored under {} is damaged, and cannot be told whose it is",
                     Printable(item.key));
    }
    videos.insert(*id);
  }
  co_return videos;
}

}  // namespace tritontube::catalog
