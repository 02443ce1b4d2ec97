#pragma once

#include <string>
#include <string_view>

namespace tritontube::process {

// The beginning and the end of a text of any length, in bounded memory. What a
// program prints last says why it ended; what it prints first, what it began.
class CappedText {
 public:
  CappedText(std::size_t head_max, std::size_t tail_max)
      : head_max_(head_max), tail_max_(tail_max) {}

  void Append(std::string_view text);
  // Says between the two how much is missing.
  std::string ToString() const;

 private:
  const std::size_t head_max_;
  const std::size_t tail_max_;
  std::string head_;
  std::string tail_;  // Up to twice tail_max_, so that it is seldom moved.
  std::size_t dropped_ = 0;
};

}  // namespace tritontube::process
