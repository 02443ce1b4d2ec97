#pragma once

#include <deque>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "adapters/rocksdb/engine.h"
#include "adapters/rocksdb/record_format.h"
#include "base/deadline.h"
#include "core/blob/blob_store.h"

namespace tritontube::rocksdb {

// A batch on its way in. What is expensive (digests, checksums) is computed
// when it is made, on the caller's thread.
class PendingPut {
 public:
  PendingPut(std::vector<blob::Blob> batch, ByteCount record_bytes, Deadline deadline);

  struct Prepared {
    std::string head_key;
    Head head;
    blob::Bytes bytes;
    std::vector<std::string> checksums;  // One for each record.
  };
  const std::vector<Prepared>& blobs() const { return blobs_; }
  ByteCount size() const { return size_; }
  bool is_late() const { return deadline_.HasPassed(); }

  std::optional<Result<void>> result;

 private:
  std::vector<Prepared> blobs_;
  ByteCount size_ = 0;
  const Deadline deadline_;
};

// The only one who writes blobs, on one thread: nothing is stored between its
// looking whether a key is taken and its writing. Puts that wait are committed
// together, so that they share one sync or one flush.
class Writer {
 public:
  explicit Writer(Engine& engine) : engine_(engine) {}

  // Any thread. Commit() must follow for every put that was queued.
  void Queue(PendingPut& put);
  // On the writer's thread; `put` has its result afterwards. Takes others from
  // the queue along, whose own Commit() then finds the work done.
  void Commit(PendingPut& put);
  // On the writer's thread.
  Result<void> Remove(const std::vector<KeyRange>& ranges);

 private:
  // What one group writes.
  struct Group {
    std::vector<PendingPut*> puts = {};  // Those that wait for the write.
    std::vector<const PendingPut::Prepared*> fresh = {};
    std::vector<const PendingPut::Prepared*> healing = {};
    ByteCount fresh_bytes = 0;

    // The blob of that head that is to be written already; null when there is none.
    const PendingPut::Prepared* Find(std::string_view head_key) const;
  };

  std::vector<PendingPut*> TakeQueued();
  Group Examine(const std::vector<PendingPut*>& puts);
  // The blobs of `put` that must be written; kAlreadyExists, kCorrupt.
  Result<void> Admit(PendingPut& put, Group& group);
  Result<void> Write(const Group& group);

  Engine& engine_;
  std::mutex mutex_;
  std::deque<PendingPut*> queue_;
};

}  // namespace tritontube::rocksdb
