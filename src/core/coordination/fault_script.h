#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>

#include "base/error.h"
#include "core/coordination/coordination.h"

namespace tritontube::coordination {

// One thing that goes wrong in a call. All of them have been seen in etcd, in
// its clients or in the network between them.
struct Fault {
  enum class Kind : std::uint8_t {
    kError,          // The call fails with `code` and does nothing.
    kDelay,          // The call begins `delay` later, unless its deadline is sooner.
    kUnknownBefore,  // kOutcomeUnknown; nothing happened.
    kUnknownAfter,   // kOutcomeUnknown; it did happen.
    kStaleRead,      // Get, Range: the state of `revisions` ago.
    kEndLeases,      // Before the call acts, `lease` ends, or every lease.
    kLoseEvents,     // Watch: the events of this batch are never told.
    kRepeatEvents,   // Watch: the events of this batch are told again in the next.
  };

  static Fault Error(ErrorCode code) { return {.kind = Kind::kError, .code = code}; }
  static Fault Delay(std::chrono::milliseconds delay) {
    return {.kind = Kind::kDelay, .delay = delay};
  }
  static Fault UnknownBefore() { return {.kind = Kind::kUnknownBefore}; }
  static Fault UnknownAfter() { return {.kind = Kind::kUnknownAfter}; }
  static Fault StaleRead(Revision revisions) {
    return {.kind = Kind::kStaleRead, .revisions = revisions};
  }
  static Fault EndLeases(LeaseId lease = kNoLease) {
    return {.kind = Kind::kEndLeases, .lease = lease};
  }
  static Fault LoseEvents() { return {.kind = Kind::kLoseEvents}; }
  static Fault RepeatEvents() { return {.kind = Kind::kRepeatEvents}; }

  Kind kind = Kind::kError;
  ErrorCode code = ErrorCode::kUnavailable;
  std::chrono::milliseconds delay{0};
  Revision revisions = 0;
  LeaseId lease = kNoLease;
};

// kWatch counts the batches with events that a watch is about to hand out.
enum class Call : std::uint8_t {
  kGet,
  kRange,
  kCommit,
  kGrantLease,
  kRenewLease,
  kRevokeLease,
  kWatch,
};

// Which calls go wrong, and how: the n-th from now of each kind, so that a run
// can be repeated. A value type, not synchronized.
class FaultScript {
 public:
  // The next call of kind `call` meets `fault`, after `skip` calls that go well
  // and after the faults that were added before.
  void Add(Call call, const Fault& fault, int skip = 0);

  // Counts one call; the fault that it meets, if any.
  std::optional<Fault> Take(Call call);

 private:
  struct Step {
    Fault fault;
    int skip;
  };

  std::map<Call, std::deque<Step>> steps_;
};

}  // namespace tritontube::coordination
