#include "worker_deaths/life.h"

namespace tritontube::worker_deaths {

async::Task<int> Life::Begin(std::string name) {
  co_await WaitForThaw();
  const int number = ++call_count_;
  if (number != fatal_call_) co_return number;
  fatal_name_ = std::move(name);
  if (fate_ == Fate::kDiesBefore || fate_ == Fate::kFreezesBefore) co_await Meet();
  co_return number;
}

async::Task<void> Life::End(int number) {
  if (number == fatal_call_ && (fate_ == Fate::kDiesAfter || fate_ == Fate::kFreezesAfter)) {
    co_await Meet();
  }
  co_await WaitForThaw();
}

async::Task<void> Life::Meet() {
  if (fate_ == Fate::kDiesBefore || fate_ == Fate::kDiesAfter) {
    is_dead_ = true;
    co_return;
  }
  thaw_ = Deadline::After(kFreezeTime);
  co_await WaitForThaw();
}

async::Task<void> Life::WaitForThaw() {
  if (is_frozen()) co_await async::SleepUntil(thaw_);
}

}  // namespace tritontube::worker_deaths
