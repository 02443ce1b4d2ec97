#include "adapters/sqlite/write_queue.h"

#include <algorithm>
#include <iterator>

namespace tritontube::sqlite {

namespace {
// Bounds the memory of one transaction, and how long the first in it waits for
// the last.
constexpr std::size_t kBatchMax = 64;
}  // namespace

void WriteQueue::Add(WriteRequest& request) {
  const std::lock_guard lock(waiting_mutex_);
  waiting_.push_back(&request);
}

void WriteQueue::Finish(WriteRequest& request) {
  const std::lock_guard lock(writing_);
  while (!request.answer) {
    const coordination::Revision before = writer_.revision();
    writer_.Perform(TakeBatch(), is_alive_);
    if (writer_.revision() != before) changed_.Notify();
  }
}

std::vector<WriteRequest*> WriteQueue::TakeBatch() {
  const std::lock_guard lock(waiting_mutex_);
  const auto count = static_cast<std::ptrdiff_t>(std::min(kBatchMax, waiting_.size()));
  std::vector<WriteRequest*> batch(waiting_.begin(), std::next(waiting_.begin(), count));
  waiting_.erase(waiting_.begin(), std::next(waiting_.begin(), count));
  return batch;
}

}  // namespace tritontube::sqlite
