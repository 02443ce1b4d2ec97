#include "services/scratch/shared_copy.h"

#include <algorithm>

namespace tritontube::scratch {

RecordSet SharedCopy::all() const {
  RecordSet every;
  every.assign(states_.size(), true);
  return every;
}

std::size_t SharedCopy::FirstMissing(const RecordSet& wanted, std::size_t at) const {
  while (at < states_.size() && (!wanted[at] || states_[at] == State::kThere)) ++at;
  return at;
}

Result<std::optional<SharedCopy::Claim>> SharedCopy::TakeNext(const RecordSet& wanted,
                                                              std::size_t& at) {
  const auto is_free = [&](std::size_t i) { return wanted[i] && states_[i] == State::kMissing; };
  while (at < states_.size() && !is_free(at)) ++at;
  if (at == states_.size()) return std::nullopt;
  const std::size_t begin = at;
  // A stretch never crosses the border of a part.
  const std::size_t stretch = kStretchBytesMax / records.record_bytes;
  const std::size_t end_max = std::min(states_.size(), (begin / stretch + 1) * stretch);
  std::size_t end = begin;
  while (end < end_max && is_free(end)) ++end;
  TT_RETURN_IF_ERROR(scratch_.Reserve(folder_, records.BytesOf(begin, end).length));
  std::fill(states_.begin() + static_cast<std::ptrdiff_t>(begin),
            states_.begin() + static_cast<std::ptrdiff_t>(end), State::kComing);
  at = end;
  return std::optional<Claim>(std::in_place, *this, begin, end);
}

void SharedCopy::Settle(std::size_t begin, std::size_t end, State state) {
  std::fill(states_.begin() + static_cast<std::ptrdiff_t>(begin),
            states_.begin() + static_cast<std::ptrdiff_t>(end), state);
  changed.Notify();
}

SharedCopy::Claim::~Claim() {
  if (copy_ == nullptr) return;
  copy_->scratch_.Release(copy_->folder_, range().length);
  copy_->Settle(begin_, end_, State::kMissing);
}

void SharedCopy::Claim::Fulfil() {
  std::exchange(copy_, nullptr)->Settle(begin_, end_, State::kThere);
}

}  // namespace tritontube::scratch
