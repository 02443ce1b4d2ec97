#pragma once

#include <cstddef>
#include <map>
#include <vector>

#include "base/clock.h"
#include "domain/topology/roles.h"

namespace tritontube::migration {

using topology::NodeIndex;
using topology::Slot;

// A slot that a node has to pull: from so many of these sources that every acknowledged put is on
// one of them.
struct Want {
  Slot slot = 0;
  std::vector<NodeIndex> sources = {};
  std::size_t needed = 1;

  bool operator==(const Want&) const = default;
};

// For the running plan: from those who keep the slot and are complete. `node` itself may be one.
std::vector<Want> WantsForPlan(const topology::Topology& topology, NodeIndex node);
// Of those, the slots of somebody who leaves the cluster with a copy: what the node has of them
// already is to stand for that one, and has to be whole and not only there. (Who stays has others
// read what it removes.)
placement::SlotSet SlotsToRead(const topology::Topology& topology, const std::vector<Want>& wants);
// For an incomplete member: what it keeps, from the others.
std::vector<Want> WantsForRepair(const topology::Topology& topology, NodeIndex node);

// From whom to pull what next. A pass is one walk over what a source has of some slots; once one
// has ended well, those slots are pulled from that source. Pure.
class PullSchedule {
 public:
  struct Pass {
    NodeIndex source = 0;
    placement::SlotSet slots;
  };

  explicit PullSchedule(std::vector<Want> wants) : wants_(std::move(wants)) {}

  // What is wanted now; what has been pulled stays so.
  void Retarget(std::vector<Want> wants) { wants_ = std::move(wants); }
  // At most one pass for each source and no slot in two of them, so that all may run at once. Those
  // that have failed, at these times, come last, and who has failed last behind the others.
  std::vector<Pass> NextPasses(const std::map<NodeIndex, SteadyTime>& failed) const;
  void Done(const Pass& pass) { passed_[pass.source] |= pass.slots; }

  bool IsComplete() const { return slots_done() == wants_.size(); }
  std::size_t slots() const { return wants_.size(); }
  std::size_t slots_done() const;

 private:
  bool IsDone(const Want& want) const;
  bool HasPassed(NodeIndex source, Slot slot) const;

  std::vector<Want> wants_;
  std::map<NodeIndex, placement::SlotSet> passed_ = {};
};

}  // namespace tritontube::migration
