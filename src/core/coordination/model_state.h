#pragma once

#include <deque>
#include <map>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "core/coordination/coordination.h"
#include "core/coordination/lease_table.h"

namespace tritontube::coordination {

// What a Coordination must do, written as plainly as possible: the whole state
// in memory, every call a function of the state and `now`. The engines are
// tested against the same suite; a simulator runs this one under virtual time.
//
// A value type: copy it to look ahead. Not synchronized.
class ModelState {
 public:
  // Keeps the last `history_max` events, and the rest of the oldest revision.
  explicit ModelState(std::size_t history_max) : history_max_(history_max) {}

  Revision revision() const { return revision_; }

  // With `behind`, the state of so many revisions ago, or the oldest that is
  // still remembered: a stale read.
  Result<GetAnswer> Get(std::string_view key, Revision behind = 0) const;
  Result<RangePage> Range(const RangeRequest& request, Revision behind = 0) const;
  Result<TxnAnswer> Commit(const Txn& txn, SteadyTime now);

  Result<LeaseId> GrantLease(std::chrono::milliseconds ttl, SteadyTime now) {
    return leases_.Grant(ttl, now);
  }
  Result<void> RenewLease(LeaseId lease, SteadyTime now) { return leases_.Renew(lease, now); }
  // Both remove the keys of the leases, one revision for each lease that has any.
  void EndLease(LeaseId lease);
  void EndAllLeases();
  void EndDueLeases(SteadyTime now);
  std::optional<SteadyTime> next_lease_end() const { return leases_.next_end(); }

  // Whole revisions after `after`, at least `events_max` events if there are so
  // many. kOutOfRange when that history is forgotten.
  Result<WatchBatch> EventsAfter(std::string_view prefix, Revision after,
                                 std::size_t events_max) const;
  // Forgets the history up to and including `revision`.
  void Compact(Revision revision);

 private:
  using Entries = std::map<std::string, KeyValue, std::less<>>;
  struct Change {
    Event event;
    std::optional<KeyValue> before;
  };

  bool Holds(const Compare& compare) const;
  bool Write(const Operation& operation, Revision revision);
  void Record(Event event, std::optional<KeyValue> before);
  void Publish(Revision revision);
  void RemoveKeysOf(LeaseId lease);
  Entries EntriesAt(Revision revision) const;
  Revision RevisionOf(Revision behind) const;

  std::size_t history_max_;
  Revision revision_ = 0;
  Revision compacted_ = 0;
  Entries entries_;
  std::deque<Change> history_;
  LeaseTable leases_{1};
};

}  // namespace tritontube::coordination
