#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "adapters/rocksdb/database.h"
#include "adapters/rocksdb/record_format.h"

namespace tritontube::rocksdb {

// Gives the space of removed uploads back to the disk, on a thread of its own.
//
// Compacting the removed keys rewrites only the index; blob files that hold
// nothing else are then deleted. Removed bytes that share a blob file with
// living ones are taken back by rewriting blob files, oldest first, once they
// are more than a part of all bytes.
//
// Even this takes some room. Without any the reserve is given up for it; when
// that does not help either it is tried again now and then.
//
// A removal is marked in the database when it is written and unmarked once its
// space is back, so a restart goes on with it.
class SpaceKeeper {
 public:
  // `use` calls back with the database, which stays open meanwhile. `repair`
  // finds and drops what is damaged, so that rewriting can be tried again; it
  // returns soon once its flag is set.
  using Use = std::function<void(const std::function<void(const Database&)>&)>;
  using Repair = std::function<void(const Database&, const std::atomic<bool>& cancelled)>;
  // Gives up the reserve; false when that has been done already. Opens the
  // database again and interrupts the keeper for it.
  using MakeRoom = std::function<bool()>;
  SpaceKeeper(Use use, double garbage_fraction_max, Repair repair, MakeRoom make_room);
  ~SpaceKeeper();
  SpaceKeeper(const SpaceKeeper&) = delete;
  SpaceKeeper& operator=(const SpaceKeeper&) = delete;

  // The mark to write, with their end as its value, together with the removal of these keys.
  static std::string MarkOf(const KeyRange& keys);
  void Add(KeyRange keys);
  // Takes up what an earlier run has left.
  void AddMarked(const Database& database);
  // The marks whose space is back, for the next removal to delete. The keeper
  // itself writes nothing: a failed write is the writer's to handle.
  std::vector<std::string> TakeFinishedMarks();
  void WaitUntilIdle();

  // Makes work under way return soon, and none start, until each caller has
  // called Continue().
  void Interrupt();
  void Continue();

 private:
  void Work();
  bool TakeNext(KeyRange& keys);
  void Settle(const KeyRange& keys, const rdb::Status& status);
  // Returns when it may go on better than before.
  void WaitForRoom();
  rdb::Status GiveBack(const Database& database, const KeyRange& keys);
  rdb::Status RewriteSharedFiles(const Database& database, rdb::ColumnFamilyHandle* family);

  const Use use_;
  const double garbage_fraction_max_;
  const Repair repair_;
  const MakeRoom make_room_;
  std::atomic<bool> cancelled_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<KeyRange> queue_;
  std::vector<std::string> finished_marks_;
  bool working_ = false;
  int interruptions_ = 0;
  bool stopping_ = false;
  std::jthread thread_;
};

}  // namespace tritontube::rocksdb
