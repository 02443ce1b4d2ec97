#pragma once

#include <atomic>

namespace tritontube::sqlite {

// A disk that fails on demand. The test program has its own pwrite64() and
// fdatasync(), which SQLite then calls. Any thread.
struct DiskFaults {
  std::atomic<int> write_error = 0;  // The errno of every write; 0 for none.
  std::atomic<int> sync_error = 0;
  std::atomic<bool> hold_syncs = false;  // Syncs wait until it is false (and notified).
  std::atomic<int> failed_count = 0;
  std::atomic<int> sync_count = 0;  // Begun.

  void Release() {
    hold_syncs = false;
    hold_syncs.notify_all();
  }
};

DiskFaults& Disk();

}  // namespace tritontube::sqlite
