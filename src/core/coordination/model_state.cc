#include "core/coordination/model_state.h"

#include <algorithm>
#include <ranges>

namespace tritontube::coordination {

namespace {

template <typename Entries>
std::optional<KeyValue> Find(const Entries& entries, std::string_view key) {
  const auto found = entries.find(key);
  if (found == entries.end()) return std::nullopt;
  return found->second;
}

}  // namespace

Revision ModelState::RevisionOf(Revision behind) const {
  return std::max(compacted_, revision_ - behind);
}

// Undoes what happened after `revision`, the newest first.
ModelState::Entries ModelState::EntriesAt(Revision revision) const {
  Entries entries = entries_;
  for (const Change& change : std::views::reverse(history_)) {
    if (change.event.item.modified <= revision) break;
    if (change.before) {
      entries[change.event.item.key] = *change.before;
    } else {
      entries.erase(change.event.item.key);
    }
  }
  return entries;
}

Result<GetAnswer> ModelState::Get(std::string_view key, Revision behind) const {
  TT_RETURN_IF_ERROR(CheckKey(key));
  const Revision at = RevisionOf(behind);
  std::optional<KeyValue> item = Find(entries_, key);
  for (const Change& change : std::views::reverse(history_)) {
    if (change.event.item.modified <= at) break;
    if (change.event.item.key == key) item = change.before;
  }
  return GetAnswer{.item = std::move(item), .revision = at};
}

Result<RangePage> ModelState::Range(const RangeRequest& request, Revision behind) const {
  TT_RETURN_IF_ERROR(Check(request));
  RangePage page{.revision = RevisionOf(behind)};
  const bool is_now = page.revision == revision_;
  const Entries past = is_now ? Entries() : EntriesAt(page.revision);
  const Entries& entries = is_now ? entries_ : past;
  auto next = request.after < request.prefix ? entries.lower_bound(request.prefix)
                                             : entries.upper_bound(request.after);
  for (; next != entries.end() && next->first.starts_with(request.prefix); ++next) {
    page.more = page.items.size() == request.limit;
    if (page.more) break;
    page.items.push_back(next->second);
  }
  return page;
}

bool ModelState::Holds(const Compare& compare) const {
  const auto found = entries_.find(compare.key);
  return (found == entries_.end() ? 0 : found->second.modified) == compare.modified;
}

Result<TxnAnswer> ModelState::Commit(const Txn& txn, SteadyTime now) {
  TT_RETURN_IF_ERROR(Check(txn));
  const bool succeeded =
      std::ranges::all_of(txn.compares, [this](const Compare& compare) { return Holds(compare); });
  const std::vector<Operation>& branch = succeeded ? txn.then : txn.otherwise;
  for (const Operation& operation : branch) {
    if (operation.lease == kNoLease || leases_.IsAlive(operation.lease, now)) continue;
    return Fail(ErrorCode::kNotFound, "lease {} has ended", operation.lease);
  }
  TxnAnswer answer{.succeeded = succeeded};
  bool changed = false;
  for (const Operation& operation : branch) {
    if (operation.kind == Operation::Kind::kGet) {
      answer.gets.push_back(Find(entries_, operation.key));
    } else {
      changed |= Write(operation, revision_ + 1);
    }
  }
  if (changed) Publish(revision_ + 1);
  answer.revision = revision_;
  return answer;
}

bool ModelState::Write(const Operation& operation, Revision revision) {
  const std::optional<KeyValue> before = Find(entries_, operation.key);
  if (operation.kind == Operation::Kind::kDelete) {
    if (!before) return false;
    entries_.erase(operation.key);
    Record({Event::Kind::kDelete, {.key = operation.key, .modified = revision}}, before);
    return true;
  }
  const KeyValue item{.key = operation.key,
                      .value = operation.value,
                      .created = before ? before->created : revision,
                      .modified = revision,
                      .lease = operation.lease};
  entries_[item.key] = item;
  Record({Event::Kind::kPut, item}, before);
  return true;
}

void ModelState::Record(Event event, std::optional<KeyValue> before) {
  history_.push_back({.event = std::move(event), .before = std::move(before)});
}

void ModelState::Publish(Revision revision) {
  revision_ = revision;
  if (history_.size() <= history_max_) return;
  // What is too much goes, except the rest of a revision of which some stays.
  Compact(history_[history_.size() - history_max_].event.item.modified - 1);
}

void ModelState::Compact(Revision revision) {
  compacted_ = std::max(compacted_, std::min(revision, revision_));
  while (!history_.empty() && history_.front().event.item.modified <= compacted_) {
    history_.pop_front();
  }
}

void ModelState::RemoveKeysOf(LeaseId lease) {
  std::vector<std::string> keys;
  for (const auto& [key, item] : entries_) {
    if (item.lease == lease) keys.push_back(key);
  }
  for (std::string& key : keys) Write(Operation::Delete(std::move(key)), revision_ + 1);
  if (!keys.empty()) Publish(revision_ + 1);
}

void ModelState::EndLease(LeaseId lease) {
  if (lease != kNoLease) RemoveKeysOf(lease);
  leases_.Forget(lease);
}

void ModelState::EndAllLeases() {
  for (const LeaseId lease : leases_.All()) EndLease(lease);
}

void ModelState::EndDueLeases(SteadyTime now) {
  for (const LeaseId lease : leases_.Ended(now)) EndLease(lease);
}

Result<WatchBatch> ModelState::EventsAfter(std::string_view prefix, Revision after,
                                           std::size_t events_max) const {
  if (after < compacted_) {
    return Fail(ErrorCode::kOutOfRange, "what happened after revision {} is forgotten", after);
  }
  WatchBatch batch{.revision = std::max(after, revision_)};
  auto next = std::ranges::upper_bound(
      history_, after, {}, [](const Change& change) { return change.event.item.modified; });
  Revision told = after;
  for (; next != history_.end(); ++next) {
    const Revision revision = next->event.item.modified;
    if (batch.events.size() >= events_max && revision != told) {
      batch.revision = told;
      break;
    }
    told = revision;
    if (next->event.item.key.starts_with(prefix)) batch.events.push_back(next->event);
  }
  return batch;
}

}  // namespace tritontube::coordination
