#pragma once

#include <mutex>
#include <vector>

#include "adapters/sqlite/writer.h"
#include "foundation/async/event.h"

namespace tritontube::sqlite {

// Puts writes that wait together into one SQLite transaction: while one batch is
// being synced the next one gathers, and whoever comes first performs it for all.
// Not bounded by itself: callers bound how many they add.
//
// Any thread.
class WriteQueue {
 public:
  WriteQueue(Writer& writer, Writer::IsAlive is_alive, async::Event& changed)
      : writer_(writer), is_alive_(std::move(is_alive)), changed_(changed) {}

  // `request` must stay where it is until it is finished.
  void Add(WriteRequest& request);
  // Blocks until a request that was added has its answer.
  void Finish(WriteRequest& request);

 private:
  std::vector<WriteRequest*> TakeBatch();

  Writer& writer_;
  const Writer::IsAlive is_alive_;
  async::Event& changed_;
  std::mutex writing_;  // Held while a batch is performed; before waiting_mutex_.
  std::mutex waiting_mutex_;
  std::vector<WriteRequest*> waiting_;
};

}  // namespace tritontube::sqlite
