#include "domain/replication/scan_merge.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <span>
#include <utility>

#include "base/assert.h"

namespace tritontube::replication {

namespace {

using blob::ScanItem;

// Up to where every page tells; nothing when all of them tell everything.
std::optional<blob::BlobKey> Horizon(const std::vector<blob::ScanPage>& pages) {
  std::optional<blob::BlobKey> horizon;
  for (const blob::ScanPage& page : pages) {
    if (!page.more) continue;
    TT_ASSERT(!page.items.empty(), "a page that has more is empty");
    const blob::BlobKey& last = page.items.back().key;
    if (!horizon || last < *horizon) horizon = last;
  }
  return horizon;
}

std::vector<ScanItem> Sorted(std::vector<blob::ScanPage> pages) {
  std::vector<ScanItem> items;
  for (blob::ScanPage& page : pages) {
    std::ranges::move(page.items, std::back_inserter(items));
  }
  std::ranges::sort(items, {}, &ScanItem::key);
  return items;
}

// What most of `same` say, which are of one key; of two that as many say, the greater.
blob::BlobStat MostSay(std::span<const ScanItem> same, std::uint64_t& disagreements) {
  std::map<std::pair<ByteCount, blob::Digest>, int> votes;
  for (const ScanItem& item : same) ++votes[{item.stat.size, item.stat.digest}];
  if (votes.size() > 1) ++disagreements;
  const auto [stat, count] = *std::ranges::max_element(votes, [](const auto& a, const auto& b) {
    return std::pair(a.second, a.first) < std::pair(b.second, b.first);
  });
  return {.size = stat.first, .digest = stat.second};
}

bool AreOfOneUpload(const blob::BlobKey& one, const blob::BlobKey& other) {
  return one.video == other.video && one.upload == other.upload;
}

}  // namespace

MergedPage MergePages(std::vector<blob::ScanPage> pages, const blob::ScanRequest& request) {
  const std::optional<blob::BlobKey> horizon = Horizon(pages);
  const std::vector<ScanItem> items = Sorted(std::move(pages));
  MergedPage merged;
  merged.page.more = horizon.has_value();
  std::vector<ScanItem>& given = merged.page.items;
  for (auto item = items.begin(); item != items.end();) {
    const bool will_do = request.one_of_each_upload && !given.empty();
    if (will_do && AreOfOneUpload(given.back().key, item->key)) {
      ++item;
      continue;
    }
    const bool beyond = horizon && item->key > *horizon;
    if (beyond || given.size() == request.limit) {
      merged.page.more = true;
      break;
    }
    const auto next = std::ranges::find_if(
        item, items.end(), [&](const ScanItem& other) { return other.key != item->key; });
    given.push_back({.key = item->key, .stat = MostSay({item, next}, merged.disagreements)});
    item = next;
  }
  return merged;
}

bool CoversEverySlot(const topology::Topology& topology, const std::vector<bool>& answered) {
  for (std::size_t slot = 0; slot < placement::kSlotCount; ++slot) {
    const auto replicas = topology.table.replicas(static_cast<placement::Slot>(slot));
    const auto missing =
        std::ranges::count_if(replicas, [&](const auto node) { return !answered[node]; });
    if (missing >= topology.replication.acks) return false;
  }
  return true;
}

}  // namespace tritontube::replication
