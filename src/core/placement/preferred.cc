#include "core/placement/preferred.h"

#include <optional>
#include <utility>

namespace tritontube::placement {

namespace {

using NodeIndex = SlotTable::NodeIndex;

class Preferring {
 public:
  Preferring(std::vector<NodeIndex>& rows, std::size_t copies, std::size_t node_count)
      : rows_(rows), copies_(copies), nodes_(node_count) {
    for (std::size_t i = 0; i < rows.size(); ++i) {
      Node& node = nodes_[rows[i]];
      ++node.copies;
      if (i % copies == 0) ++node.firsts;
    }
  }

  void Balance() {
    // Down to what nobody may be above, then up to what nobody may be below. Either path exists as
    // long as somebody is there, because a copies-th for everybody solves it in fractions.
    for (std::size_t node = 0; node < nodes_.size(); ++node) {
      while (nodes_[node].firsts > Most(node)) {
        if (!Relieve(node, [this](std::size_t to) { return nodes_[to].firsts < Most(to); })) break;
      }
    }
    for (std::size_t node = 0; node < nodes_.size(); ++node) {
      while (nodes_[node].firsts > Least(node) && SomebodyLacks()) {
        if (!Relieve(node, [this](std::size_t to) { return nodes_[to].firsts < Least(to); })) break;
      }
    }
  }

 private:
  struct Node {
    std::size_t copies = 0;
    std::size_t firsts = 0;
  };
  // The node before on a path, and where the one after stands in a row that it leads.
  struct Step {
    std::size_t from = 0;
    std::size_t position = 0;
  };

  std::size_t Least(std::size_t node) const { return nodes_[node].copies / copies_; }
  std::size_t Most(std::size_t node) const { return (nodes_[node].copies + copies_ - 1) / copies_; }

  bool SomebodyLacks() const {
    for (std::size_t node = 0; node < nodes_.size(); ++node) {
      if (nodes_[node].firsts < Least(node)) return true;
    }
    return false;
  }

  // Lets another lead a row of `over`, and so on along the shortest path to one that `takes`.
  template <typename Takes>
  bool Relieve(std::size_t over, Takes takes) {
    std::vector<std::optional<Step>> steps(nodes_.size());
    std::vector<std::size_t> queue{over};
    for (std::size_t head = 0; head < queue.size(); ++head) {
      for (std::size_t row = 0; row < rows_.size(); row += copies_) {
        if (rows_[row] != queue[head]) continue;
        for (std::size_t i = row + 1; i < row + copies_; ++i) {
          const std::size_t to = rows_[i];
          if (to == over || steps[to]) continue;
          steps[to] = Step{.from = queue[head], .position = i};
          if (takes(to)) {
            Follow(steps, over, to);
            return true;
          }
          queue.push_back(to);
        }
      }
    }
    return false;
  }

  void Follow(const std::vector<std::optional<Step>>& steps, std::size_t over, std::size_t last) {
    --nodes_[over].firsts;
    ++nodes_[last].firsts;
    for (std::size_t node = last; node != over; node = steps[node]->from) {
      const std::size_t position = steps[node]->position;
      std::swap(rows_[position], rows_[position - (position % copies_)]);
    }
  }

  std::vector<NodeIndex>& rows_;
  std::size_t copies_;
  std::vector<Node> nodes_;
};

}  // namespace

void BalancePreferred(std::vector<SlotTable::NodeIndex>& rows, std::size_t copies,
                      std::size_t node_count) {
  Preferring(rows, copies, node_count).Balance();
}

}  // namespace tritontube::placement
