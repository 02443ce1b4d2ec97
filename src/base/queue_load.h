#pragma once

#include <cstddef>
#include <string_view>

namespace tritontube {

// How full something is that has a bound.
struct QueueLoad {
  std::size_t depth = 0;
  std::size_t limit = 0;
};

struct NamedQueueLoad {
  std::string_view name;  // A literal: it becomes a label.
  QueueLoad load;
};

}  // namespace tritontube
