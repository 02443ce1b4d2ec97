#include "simulation/audit.h"

#include <algorithm>

#include "base/assert.h"
#include "domain/catalog/codec.h"
#include "domain/catalog/keys.h"
#include "domain/catalog/video.h"
#include "domain/topology/roles.h"
#include "support/must.h"

namespace tritontube::simulation {

using topology::Member;
using topology::NodeIndex;
using topology::Topology;

const Machine& Audit::MachineOf(const NodeId& node) const {
  const auto found = std::ranges::find_if(
      machines_, [&](const auto& machine) { return machine->member().id == node; });
  TT_ASSERT(found != machines_.end(), "no machine is node {}", node.text());
  return **found;
}

void Audit::Check(const Ledger::Acknowledged& blob, Excuse excuse) {
  if (!IsWanted(blob)) return;
  const Topology& now = *history_.now();
  // What is promised, whatever the topology says.
  const auto copies = static_cast<std::size_t>(now.replication.copies);
  const int promised = placement::ReplicationFor(copies).acks;
  int good = 0;
  std::string where;
  for (const NodeIndex index : now.table.replicas(placement::SlotOf(blob.key))) {
    const Machine& machine = MachineOf(now.members[index].id);
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

bool Audit::IsOwned(const VideoId& video, const UploadId& upload) const {
  const auto row = etcd_.model().Peek(catalog::RowKey(video));
  if (!row) return false;
  const auto read = [&](const std::string& key, auto decode, auto& into) {
    if (const auto item = etcd_.model().Peek(key)) into = support::Must(decode(item->value));
  };
  catalog::VideoRecord record{.row = support::Must(catalog::DecodeVideoRow(row->value))};
  read(catalog::UploadKey(video), catalog::DecodeOpenUpload, record.open);
  read(catalog::ClaimKey(video), catalog::DecodeJobClaim, record.claim);
  read(catalog::BegunKey(video), catalog::DecodeExtrasBegun, record.begun);
  return catalog::Owns(record, upload);
}

bool Audit::IsWanted(const Ledger::Acknowledged& blob) const {
  if (blob.video->deletion_begun) return false;
  const bool committed = std::ranges::any_of(blob.video->attempts, [&](const auto& attempt) {
    return attempt.upload == blob.key.upload && attempt.committed == Ledger::Outcome::kYes;
  });
  return committed || IsOwned(blob.key.video, blob.key.upload);
}

void Audit::CheckUploadRemoval(const VideoId& video, const UploadId& upload) {
  erased_.emplace(video, upload);
  if (!IsOwned(video, upload)) return;
  context_.trace.Violate(fmt::format("I8 upload {} of video {} is removed, and somebody needs it",
                                     upload.text(), video.text()));
}

void Audit::CheckServed(const std::string& address, const blob::BlobKey& key, ByteCount offset,
                        const blob::Bytes& bytes) {
  const auto machine = std::ranges::find_if(
      machines_, [&](const auto& other) { return other->member().address == address; });
  const auto& blobs = (*machine)->platter().blobs();
  const auto stored = blobs.find(key);
  if (stored == blobs.end()) return;  // It has gone meanwhile.
  if (stored->second.bytes.substr(offset, bytes.size()) == bytes.Flatten()) return;
  context_.trace.Violate(
      fmt::format("I11 {} gives {} although it is rotten there", address, blob::ToText(key)));
}

bool Audit::IsWholeBeside(const Machine& machine, const blob::BlobKey& key) const {
  const Topology& now = *history_.now();
  // Between the reading of the others' copies and the removal of one, rot may come: what counts is
  // with those who keep it before and after.
  const std::vector<topology::KeeperSet> sets = topology::SetsOf(now, placement::SlotOf(key));
  for (const NodeIndex index : sets.front().nodes) {
    const Machine& other = MachineOf(now.members[index].id);
    const bool stays = std::ranges::all_of(sets, [&](const topology::KeeperSet& set) {
      return std::ranges::find(set.nodes, index) != set.nodes.end();
    });
    const bool counts =
        stays && other.member().id != machine.member().id && other.loss() == Machine::Loss::kNone;
    if (counts && other.platter().HasWhole(key)) return true;
  }
  return false;
}

bool Audit::IsRottenWholeBeside(const Machine& machine) const {
  return std::ranges::all_of(machines_, [&](const auto& other) {
    return std::ranges::all_of(other->platter().blobs(), [&](const auto& blob) {
      const bool damaged = blob.second.rotten || blob.second.mends;
      return !damaged || IsWholeBeside(machine, blob.first);
    });
  });
}

void Audit::CheckEnd() {
  for (const Ledger::Acknowledged& blob : ledger_.acknowledged()) {
    Check(blob, Excuse::kNone);
    if (!IsWanted(blob)) continue;
    for (const Member& member : history_.now()->members) {
      const Machine& machine = MachineOf(member.id);
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
  const auto& blobs = MachineOf(topology.members[index].id).platter().blobs();
  return std::ranges::any_of(blobs, [&](const auto& blob) {
    const bool is_his = topology::IsKeeper(topology, placement::SlotOf(blob.first), index);
    // Rot may be the only copy of what nobody was promised: then it stays for ever.
    return !is_his && !blob.second.rotten;
  });
}

std::string Audit::FirstThatIsNotWhole(const Topology& topology) const {
  for (const Ledger::Acknowledged& blob : ledger_.acknowledged()) {
    if (!IsWanted(blob)) continue;
    for (const NodeIndex index : topology.table.replicas(placement::SlotOf(blob.key))) {
      const Member& member = topology.members[index];
      const auto& stored = MachineOf(member.id).platter().blobs();
      const auto copy = stored.find(blob.key);
      if (copy != stored.end() && !copy->second.rotten) continue;
      return fmt::format("{} of video {} is {} on {}", blob.key.file, blob.key.video.text(),
                         copy == stored.end() ? "missing" : "rotten", member.address);
    }
  }
  return "";
}

std::string Audit::FirstThatIsGarbage(const Topology& topology) const {
  std::map<std::pair<VideoId, UploadId>, bool> owned;
  for (const Member& member : topology.members) {
    for (const auto& [key, stored] : MachineOf(member.id).platter().blobs()) {
      const auto [known, is_new] = owned.try_emplace({key.video, key.upload}, true);
      if (is_new) known->second = IsOwned(key.video, key.upload);
      if (known->second) continue;
      return fmt::format("{} of video {} is garbage on {}", key.file, key.video.text(),
                         member.address);
    }
  }
  return "";
}

// All disks are of one size. A change that was given up leaves the slots where they were.
bool Audit::IsBalanced(const Topology& topology) {
  if (!topology.past.empty() && topology.past.front().aborted) return true;
  std::vector<std::size_t> slots(topology.members.size());
  for (const NodeIndex node : topology.table.rows()) ++slots[node];
  const auto [least, most] = std::ranges::minmax(slots);
  return most - least <= 1;
}

std::string Audit::ReasonOfUnrest() const {
  const Topology& now = *history_.now();
  if (now.plan) return "a plan is running";
  if (now.change) return "a change is running";
  for (std::size_t i = 0; i < now.members.size(); ++i) {
    const Member& member = now.members[i];
    if (member.incomplete) return fmt::format("{} is incomplete", member.address);
    if (MachineOf(member.id).loss() == Machine::Loss::kAll) {
      return fmt::format("{} is gone, and nobody has given it up", member.address);
    }
    if (KeepsWhatIsNotHis(now, static_cast<NodeIndex>(i))) {
      return fmt::format("{} keeps what has moved away", member.address);
    }
  }
  for (const topology::GivenUp& node : now.given_up) {
    if (now.Find(node.id) != nullptr) continue;
    const Machine& machine = MachineOf(node.id);
    if (machine.loss() == Machine::Loss::kAll) continue;
    return fmt::format("{} was given up and is back, and nobody takes it in", node.address);
  }
  if (!IsBalanced(now)) return "the slots are not shared evenly";
  const std::string reason = FirstThatIsNotWhole(now);
  return reason.empty() ? FirstThatIsGarbage(now) : reason;
}

}  // namespace tritontube::simulation
