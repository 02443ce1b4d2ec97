#include "services/transcode/doing.h"

#include <utility>

namespace tritontube::transcode {

DoingList::Entry::Entry(DoingList& list, chunks::Doing doing) : list_(list) {
  const std::lock_guard lock(list_.mutex_);
  at_ = list_.doing_.insert(list_.doing_.end(), std::move(doing));
}

DoingList::Entry::~Entry() {
  const std::lock_guard lock(list_.mutex_);
  list_.doing_.erase(at_);
}

void DoingList::Entry::SetFraction(double fraction) {
  const std::lock_guard lock(list_.mutex_);
  at_->fraction = fraction;
}

std::vector<chunks::Doing> DoingList::Now() const {
  const std::lock_guard lock(mutex_);
  return {doing_.begin(), doing_.end()};
}

}  // namespace tritontube::transcode
