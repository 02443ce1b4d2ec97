#include "services/storage_node/cleaner.h"

#include <algorithm>

#include "domain/replication/nodes.h"
#include "foundation/telemetry/log.h"

namespace tritontube::storage_node {

using telemetry::Level;
using telemetry::Log;
using topology::NodeIndex;
using topology::Topology;

async::Task<void> Cleaner::Run() {
  Deadline next = Deadline::Never();
  while (!co_await async::IsCancelled()) {
    const auto seen = node_.changed().count();
    const TopologyPointer topology = SettledTopology();
    if (topology && table_ != topology->table) {
      table_ = topology->table;
      since_ = SteadyClock::now();
    }
    // A look reads every key, so one is enough for each epoch, and whenever something was left.
    if (topology &&
        (std::exchange(looked_at_, topology->epoch) != topology->epoch || next.HasPassed())) {
      next = co_await Look(*topology);
    }
    co_await node_.changed().WaitBeyond(seen, topology ? next : Deadline::Never());
  }
}

Cleaner::TopologyPointer Cleaner::SettledTopology() const {
  const TopologyPointer topology = node_.OwnTopology();
  if (!topology || !topology::IndexOf(*topology, node_.state()->node)) return nullptr;
  const bool moving = topology->plan && topology->plan->phase == topology::Phase::kWriteBoth;
  return moving ? nullptr : topology;
}

async::Task<Deadline> Cleaner::Look(const Topology& topology) {
  const Deadline due = Deadline::At(since_ + options_.keep_for);
  const bool is_due = due.HasPassed();
  const bool remove = is_due || co_await IsDiskFull();
  const Result<Leftovers> leftovers = co_await Walk(topology, remove);
  const Deadline again = Deadline::After(options_.look_again_after);
  if (!leftovers) {
    if (leftovers.error().code() != ErrorCode::kAborted) {
      Log(Level::kWarning, "what has moved to other nodes is not cleaned up yet",
          {{"why", leftovers.error().message()}});
    }
    co_return again;
  }
  if (leftovers->held_back > 0 && !held_back_) {
    Log(Level::kInfo, "what has moved to other nodes stays here until enough of them have it",
        {{"blobs", leftovers->held_back}});
  }
  held_back_ = leftovers->held_back > 0;
  if (leftovers->removed > 0) {
    Log(Level::kInfo, "what has moved to other nodes is gone from here",
        {{"blobs", leftovers->removed}});
  }
  if (leftovers->found == leftovers->removed) co_return Deadline::Never();
  // The disk may fill meanwhile, and others may come back that keep too few copies.
  co_return is_due ? again : due.EarlierOf(again);
}

async::Task<Result<Cleaner::Leftovers>> Cleaner::Walk(const Topology& topology, bool remove) {
  const NodeIndex self = *topology::IndexOf(topology, node_.state()->node);
  Leftovers leftovers;
  blob::ScanRequest request{.limit = options_.page_items};
  for (bool more = true; more;) {
    TT_CO_ASSIGN_OR_RETURN(blob::ScanPage page, co_await node_.store().Scan(request, Soon()));
    more = page.more;
    if (!page.items.empty()) request.after = page.items.back().key;
    std::erase_if(page.items, [&](const blob::ScanItem& item) {
      return topology::IsKeeper(topology, placement::SlotOf(item.key), self);
    });
    if (page.items.empty()) continue;
    leftovers.found += page.items.size();
    TT_CO_RETURN_IF_ERROR(co_await Treat(topology, std::move(page.items), remove, leftovers));
    const bool cancelled = co_await async::IsCancelled();
    if (cancelled) co_return Fail(ErrorCode::kCancelled, "the work was stopped");
  }
  co_return leftovers;
}

async::Task<Result<void>> Cleaner::Treat(const Topology& topology,
                                         std::vector<blob::ScanItem> items, bool remove,
                                         Leftovers& leftovers) {
  const std::size_t found = items.size();
  std::vector<blob::ScanItem> sure = co_await Sure(topology, {.items = std::move(items)});
  leftovers.held_back += found - sure.size();
  if (!remove) co_return Result<void>();
  std::vector<blob::ScanItem> group;
  ByteCount bytes = 0;
  for (blob::ScanItem& item : sure) {
    bytes += item.stat.size;
    const bool is_full = bytes > options_.read_bytes || group.size() == options_.read_items;
    if (is_full && !group.empty()) {
      TT_CO_RETURN_IF_ERROR(
          co_await RemoveWhatOthersRead(topology, std::exchange(group, {}), leftovers));
      bytes = item.stat.size;
    }
    group.push_back(std::move(item));
  }
  co_return co_await RemoveWhatOthersRead(topology, std::move(group), leftovers);
}

// An index tells nothing of bits that have turned since: of a copy that is to stand for this one
// every byte is read.
async::Task<Result<void>> Cleaner::RemoveWhatOthersRead(const Topology& topology,
                                                        std::vector<blob::ScanItem> items,
                                                        Leftovers& leftovers) {
  const std::size_t found = items.size();
  std::vector<blob::BlobKey> keys;
  for (blob::ScanItem& item : co_await Sure(topology, {.items = std::move(items), .read = true})) {
    keys.push_back(std::move(item.key));
  }
  leftovers.held_back += found - keys.size();
  leftovers.removed += keys.size();
  if (keys.empty()) co_return Result<void>();
  co_return co_await node_.RemoveOwn(topology.epoch, std::move(keys), Soon());
}

async::Task<std::vector<blob::ScanItem>> Cleaner::Sure(const Topology& topology,
                                                       replication::ConfirmationRequest leftovers) {
  std::vector<blob::ScanItem> sure;
  const auto needed = static_cast<std::size_t>(topology.replication.acks);
  for (Checked& checked : co_await Check(topology, std::move(leftovers))) {
    if (checked.confirmations >= needed) {
      sure.push_back(std::move(checked.item));
    } else {
      co_await Give(topology, checked);
    }
  }
  co_return sure;
}

// Whoever comes first in a slot's row is asked first, so that all are asked about as much, and
// nobody reads what enough others have read.
async::Task<std::vector<Cleaner::Checked>> Cleaner::Check(
    const Topology& topology, replication::ConfirmationRequest leftovers) {
  std::vector<Checked> all;
  all.reserve(leftovers.items.size());
  for (blob::ScanItem& item : leftovers.items) all.push_back({.item = std::move(item)});
  const auto needed = static_cast<std::size_t>(topology.replication.acks);
  for (int rank = 0; rank < topology.table.copies(); ++rank) {
    std::map<NodeIndex, std::vector<Checked*>> asked;
    for (Checked& checked : all) {
      const placement::Slot slot = placement::SlotOf(checked.item.key);
      const NodeIndex node = topology.table.replicas(slot)[static_cast<std::size_t>(rank)];
      const bool asks = checked.confirmations < needed && topology::MayDeny(topology, slot, node);
      if (asks) asked[node].push_back(&checked);
    }
    for (const auto& [node, about] : asked) {
      co_await Ask(topology, node, leftovers.read, about);
    }
  }
  co_return all;
}

async::Task<void> Cleaner::Ask(const Topology& topology, NodeIndex node, bool read,
                               const std::vector<Checked*>& about) {
  replication::ConfirmationRequest request{.items = {}, .read = read};
  for (const Checked* checked : about) request.items.push_back(checked->item);
  const Result<std::vector<bool>> answer = co_await client_.Confirm(
      replication::TargetOf(topology, topology.members[node]), std::move(request), Soon());
  if (!answer) co_return;
  for (std::size_t i = 0; i < about.size(); ++i) {
    if ((*answer)[i]) {
      ++about[i]->confirmations;
    } else {
      about[i]->lacking.push_back(node);
    }
  }
}

// The next look counts whether they have it then.
async::Task<void> Cleaner::Give(const Topology& topology, const Checked& checked) {
  if (checked.lacking.empty()) co_return;
  const Result<blob::Bytes> bytes = co_await node_.store().GetWhole(checked.item.key, Soon());
  if (!bytes) co_return;
  for (const NodeIndex node : checked.lacking) {
    std::vector<blob::Blob> batch;
    batch.push_back({.key = checked.item.key, .bytes = *bytes});
    Ignore(co_await client_.Put(replication::TargetOf(topology, topology.members[node]),
                                std::move(batch), Soon()),
           "the next look tells who has it");
  }
}

async::Task<bool> Cleaner::IsDiskFull() {
  const Result<blob::StoreStatus> status = co_await node_.store().Status(Soon());
  if (!status || status->capacity_bytes == 0) co_return false;
  const double used =
      1 - (static_cast<double>(status->free_bytes) / static_cast<double>(status->capacity_bytes));
  co_return used >= options_.full_at;
}

}  // namespace tritontube::storage_node
