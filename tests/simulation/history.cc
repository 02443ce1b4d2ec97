#include "simulation/history.h"

#include <algorithm>

#include "support/must.h"

namespace tritontube::simulation {

namespace {

bool IsComeback(const topology::Topology& topology) {
  if (!topology.change || !topology.change->by_itself) return false;
  return std::ranges::any_of(topology.members, [](const topology::Member& member) {
    return member.standing == topology::Standing::kJoining;
  });
}

}  // namespace

void History::See(const std::optional<coordination::KeyValue>& item) {
  if (!item || item->modified == seen_) return;
  seen_ = item->modified;
  const auto next =
      std::make_shared<const topology::Topology>(support::Must(topology::Decode(item->value)));
  // Who wants to know whether it is the newest writes it again.
  if (now_ && *now_ == *next) return;
  context_.trace.Note(Describe(*next));
  if (now_ && !IsStep(*now_, *next)) {
    context_.trace.Violate(
        fmt::format("I6 epoch {} is no legal step from epoch {}", next->epoch, now_->epoch));
  }
  const bool is_asked = now_ && !now_->change && next->change;
  if (is_asked && IsComeback(*next)) ++comebacks_;
  now_ = next;
  ++steps_;
  on_next_(*next);
  context_.on_step(Step::kTopology);
}

}  // namespace tritontube::simulation
