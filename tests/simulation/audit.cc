#include "simulation/audit.h"

#include <algorithm>

#include "base/assert.h"
#include "domain/topology/roles.h"

namespace tritontube::simulation {

using topology::Member;
using topology::NodeIndex;
using topology::Topology;

const Machine& Audit::MachineOf(const Member& member) const {
  const auto found = std::ranges::find_if(
      machines_, [&](const auto& machine) { return machine->member().id == member.id; });
  TT_ASSERT(found != machines_.end(), "no machine is node {}", member.id.text());
  return **found;
}

void Audit::Check(const Ledger::Acknowledged& blob, Excuse excuse) {
  if (blob.video->deletion_begun) return;
  const Topology& now = *history_.now();
  // What is promised, whatever the topology says.
  const auto copies = static_cast<std::size_t>(now.replication.copies);
  const int promised = placement::ReplicationFor(copies).acks;
  int good = 0;
  std::string where;
  for (const NodeIndex index : now.table.replicas(placement::SlotOf(blob.key))) {
    const Machine& machine = MachineOf(now.members[index]);
    const bool durable = machine.loss() != Machine::Loss::kAll &&
                         machine.platter().HasDurably(blob.key, blob.digest);
    const bool excused = (excuse == Excuse::kEveryLoss && machine.loss() != Machine::Loss::kNone) ||
                         (excuse == Excuse::kNewLoss && machine.IsLossNew());
    good += durable || excused ? 1 : 0;
    where += fmt::format(" {}{}", machine.member().address, durable ? "" : " (not)");
  }
  if (good >= promised) return;
  context_.trace.Violate(fmt::format("I3 {} of video {} is durable {} times at epoch {}:{}",
                                     blob.key.file, blob.key.video.text(), good, now.epoch, where));
}

void Audit::CheckCopies() {
  for (const Ledger::Acknowledged& blob : ledger_.acknowledged()) Check(blob, Excuse::kEveryLoss);
}

void Audit::CheckCopies(const Ledger::Acknowledged& blob) { Check(blob, Excuse::kEveryLoss); }

void Audit::CheckRemoval(const std::vector<blob::BlobKey>& keys) {
  for (const Ledger::Acknowledged& blob : ledger_.acknowledged()) {
    if (std::ranges::find(keys, blob.key) != keys.end()) Check(blob, Excuse::kNewLoss);
  }
}

void Audit::CheckEnd() {
  for (const Ledger::Acknowledged& blob : ledger_.acknowledged()) {
    Check(blob, Excuse::kNone);
    if (blob.video->deletion_begun) continue;
    for (const Member& member : history_.now()->members) {
      const Machine& machine = MachineOf(member);
      const auto stored = machine.platter().blobs().find(blob.key);
      if (stored == machine.platter().blobs().end() || stored->second.digest == blob.digest) {
        continue;
      }
      context_.trace.Violate(fmt::format("I2 {} of video {} is something else on {}", blob.key.file,
                                         blob.key.video.text(), member.address));
    }
  }
}

bool Audit::KeepsWhatIsNotHis(const Topology& topology, NodeIndex index) const {
  const auto& blobs = MachineOf(topology.members[index]).platter().blobs();
  return std::ranges::any_of(blobs, [&](const auto& blob) {
    const bool is_his = topology::IsKeeper(topology, placement::SlotOf(blob.first), index);
    // Rot may be the only copy of what nobody was promised: then it stays for ever.
    return !is_his && !blob.second.rotten;
  });
}

std::string Audit::FirstThatIsNotWhole(const Topology& topology) const {
  for (const Ledger::Acknowledged& blob : ledger_.acknowledged()) {
    if (blob.video->deletion_begun) continue;
    for (const NodeIndex index : topology.table.replicas(placement::SlotOf(blob.key))) {
      const Member& member = topology.members[index];
      const auto& stored = MachineOf(member).platter().blobs();
      const auto copy = stored.find(blob.key);
      if (copy != stored.end() && !copy->second.rotten) continue;
      return fmt::format("{} of video {} is {} on {}", blob.key.file, blob.key.video.text(),
                         copy == stored.end() ? "missing" : "rotten", member.address);
    }
  }
  return "";
}

std::string Audit::ReasonOfUnrest() const {
  const Topology& now = *history_.now();
  if (now.plan) return "a plan is running";
  if (now.change) return "a change is running";
  for (std::size_t i = 0; i < now.members.size(); ++i) {
    const Member& member = now.members[i];
    if (member.incomplete) return fmt::format("{} is incomplete", member.address);
    if (MachineOf(member).loss() != Machine::Loss::kNone) {
      return fmt::format("{} has lost what nobody brings back", member.address);
    }
    if (KeepsWhatIsNotHis(now, static_cast<NodeIndex>(i))) {
      return fmt::format("{} keeps what has moved away", member.address);
    }
  }
  return FirstThatIsNotWhole(now);
}

}  // namespace tritontube::simulation
