#pragma once

#include "simulation/ledger.h"
#include "simulation/node.h"

namespace tritontube::simulation {

// Looks at all disks at once, which nobody in the system can, and compares them with what was
// promised (I3) and with the newest topology (I9).
class Audit {
 public:
  Audit(Context& context, const Ledger& ledger, std::vector<std::unique_ptr<Machine>>& machines,
        const History& history)
      : context_(context), ledger_(ledger), machines_(machines), history_(history) {}

  // Whether every acknowledged blob is durable often enough on those who keep its slot now. Members
  // that are known as incomplete, and disks that are lost, are excused.
  void CheckCopies();
  void CheckCopies(const Ledger::Acknowledged& blob);
  // These have just gone from a disk where they did not belong any more: then enough others have
  // them, and those who have lost them do not count, unless nobody could know.
  void CheckRemoval(const std::vector<blob::BlobKey>& keys);
  // At the end nobody is excused, and all copies are the same bytes.
  void CheckEnd();
  // What keeps the cluster from being at rest; empty when it is.
  std::string ReasonOfUnrest() const;

 private:
  const Machine& MachineOf(const topology::Member& member) const;
  // The first acknowledged blob of which a copy is missing or rotten; empty when there is none.
  std::string FirstThatIsNotWhole(const topology::Topology& topology) const;
  bool KeepsWhatIsNotHis(const topology::Topology& topology, topology::NodeIndex index) const;
  enum class Excuse : std::uint8_t { kEveryLoss, kNewLoss, kNone };
  void Check(const Ledger::Acknowledged& blob, Excuse excuse);

  Context& context_;
  const Ledger& ledger_;
  std::vector<std::unique_ptr<Machine>>& machines_;
  const History& history_;
};

}  // namespace tritontube::simulation
