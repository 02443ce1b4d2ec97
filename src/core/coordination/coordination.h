#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/deadline.h"
#include "base/error.h"
#include "foundation/async/task.h"

// The first of the two seams: small, consistent state, shaped after etcd v3
// (https://etcd.io/docs/v3.4/learning/api/), so that SQLite on a laptop and an
// etcd cluster behave alike.
namespace tritontube::coordination {

// Counts committed write transactions; never repeats, never falls. 0 is before
// the first.
using Revision = std::int64_t;

// Names a lease. 0 is no lease.
using LeaseId = std::int64_t;
inline constexpr LeaseId kNoLease = 0;

// What every engine takes. Within etcd's own limits, 128 operations and 1.5 MiB
// a request (https://etcd.io/docs/v3.4/dev-guide/limit/).
inline constexpr std::size_t kKeyBytesMax = 1024;
inline constexpr std::size_t kTxnOperationsMax = 128;       // Compares, and each branch.
inline constexpr std::size_t kTxnBytesMax = 1024UL * 1024;  // Keys and values together.
inline constexpr std::size_t kRangeItemsMax = 10'000;
inline constexpr std::chrono::milliseconds kLeaseTtlMax = std::chrono::hours(24);

// Keys and values are bytes, not text.
struct KeyValue {
  std::string key;
  std::string value = {};
  Revision created = 0;   // The revision that brought the key into being.
  Revision modified = 0;  // The revision of the last put: what a Compare names.
  LeaseId lease = kNoLease;
  // What is stored does not match its checksum: the value is left out, and none
  // of the rest can be relied on. Get() answers kCorrupt instead.
  bool damaged = false;

  bool operator==(const KeyValue&) const = default;
};

// One page of the keys that begin with `prefix`, in byte order of the key: from
// 1 to kRangeItemsMax of them. Pages are read one by one, each from its moment.
struct RangeRequest {
  std::string prefix;
  std::string after = {};  // Only keys greater than this one: the last key of the page before.
  std::size_t limit = 1000;
};

struct RangePage {
  std::vector<KeyValue> items = {};
  bool more = false;      // True when keys beyond the last item remain.
  Revision revision = 0;  // The state that was read.
};

struct GetAnswer {
  std::optional<KeyValue> item = {};
  Revision revision = 0;
};

// Holds when the key's `modified` revision equals `modified`; 0 means that the
// key must not exist.
struct Compare {
  std::string key;
  Revision modified = 0;
};

struct Operation {
  enum class Kind : std::uint8_t { kPut, kDelete, kGet };
  Kind kind = Kind::kGet;
  std::string key;
  std::string value = {};    // kPut only.
  LeaseId lease = kNoLease;  // kPut only: the key goes when the lease ends.

  static Operation Put(std::string key, std::string value, LeaseId lease = kNoLease) {
    return {Kind::kPut, std::move(key), std::move(value), lease};
  }
  static Operation Delete(std::string key) { return {Kind::kDelete, std::move(key)}; }
  static Operation Get(std::string key) { return {Kind::kGet, std::move(key)}; }
};

// If every compare holds, `then` happens as one, else `otherwise` does. The
// operations of a branch happen in order, so that a get sees the writes that
// stand before it. A key may be written at most once in a branch (etcd refuses
// more). A branch that changes nothing makes no revision; a delete of a key that
// does not exist changes nothing.
struct Txn {
  std::vector<Compare> compares;
  std::vector<Operation> then;
  std::vector<Operation> otherwise = {};
};

struct TxnAnswer {
  bool succeeded = false;                          // Which branch happened.
  Revision revision = 0;                           // The state after it.
  std::vector<std::optional<KeyValue>> gets = {};  // One per kGet of that branch, in order.
};

struct Event {
  enum class Kind : std::uint8_t { kPut, kDelete };
  Kind kind = Kind::kPut;
  KeyValue item;  // For kDelete only the key and, in `modified`, the revision that removed it.

  bool operator==(const Event&) const = default;
};

// What happened in one revision, or in several, in order. A batch never splits
// a revision.
struct WatchBatch {
  std::vector<Event> events = {};
  Revision revision = 0;  // Everything up to here has been told.
};

// A subscription. Events are hints to look again, never a basis for a decision:
// an engine may repeat or lose them around a reconnection.
class Watch {
 public:
  virtual ~Watch() = default;
  // The next events; an empty batch at the deadline. kOutOfRange when the
  // history that was asked for is gone: read everything again and start a new
  // watch. One caller at a time.
  virtual async::Task<Result<WatchBatch>> Next(Deadline deadline) = 0;
};

// Errors of every method: kUnavailable (it did not happen, trying again is
// sensible), kResourceExhausted (it did not happen: the disk, a quota or a queue
// is full), kInvalidArgument (beyond the limits above), kDeadlineExceeded,
// kCancelled, kCorrupt (what is stored is damaged: somebody must look). A read,
// and a write to an embedded engine, that ends with kDeadlineExceeded or
// kCancelled did not happen. Safe to call from any io_context.
class Coordination {
 public:
  virtual ~Coordination() = default;

  virtual async::Task<Result<GetAnswer>> Get(std::string key, Deadline deadline) = 0;
  virtual async::Task<Result<RangePage>> Range(RangeRequest request, Deadline deadline) = 0;

  // The only way to decide anything. kOutcomeUnknown when the connection broke
  // after the request was sent: read before trying again. kNotFound when a put
  // of the branch names a lease that has ended; nothing happens then.
  virtual async::Task<Result<TxnAnswer>> Commit(Txn txn, Deadline deadline) = 0;

  // A lease ends `ttl` after the last renewal, and its keys with it, all in one
  // revision; an engine may wait longer, never shorter. A put under another
  // lease, or none, takes the key out of it. A lease is a hint that somebody
  // lives, not a lock: guard writes with compares.
  virtual async::Task<Result<LeaseId>> GrantLease(std::chrono::milliseconds ttl,
                                                  Deadline deadline) = 0;
  // kNotFound when the lease has ended.
  virtual async::Task<Result<void>> RenewLease(LeaseId lease, Deadline deadline) = 0;
  // Ends the lease now. Ending one that has ended is no error.
  virtual async::Task<Result<void>> RevokeLease(LeaseId lease, Deadline deadline) = 0;

  // Everything that happens to keys that begin with `prefix` after revision
  // `after`. The Watch must be gone before the Coordination is.
  virtual std::unique_ptr<Watch> WatchPrefix(std::string prefix, Revision after) = 0;
};

// kInvalidArgument when the request is beyond the limits or writes a key twice
// in a branch. Every engine asks these first, so that all refuse the same.
Result<void> Check(const Txn& txn);
Result<void> Check(const RangeRequest& request);
Result<void> CheckKey(std::string_view key);
Result<void> CheckTtl(std::chrono::milliseconds ttl);

}  // namespace tritontube::coordination
