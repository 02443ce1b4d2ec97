#include "transport/process/capped_text.h"

#include <fmt/format.h>

#include <algorithm>

namespace tritontube::process {

void CappedText::Append(std::string_view text) {
  const std::size_t to_head = std::min(head_max_ - head_.size(), text.size());
  head_ += text.substr(0, to_head);
  tail_ += text.substr(to_head);
  if (tail_.size() <= 2 * tail_max_) return;
  dropped_ += tail_.size() - tail_max_;
  tail_.erase(0, tail_.size() - tail_max_);
}

std::string CappedText::ToString() const {
  const std::size_t cut = tail_.size() - std::min(tail_.size(), tail_max_);
  if (dropped_ + cut == 0) return head_ + tail_;
  return fmt::format("{}\n[{} bytes left out]\n{}", head_, dropped_ + cut, tail_.substr(cut));
}

}  // namespace tritontube::process
