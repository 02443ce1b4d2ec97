#pragma once

#include "simulation/ledger.h"
#include "simulation/node.h"

namespace tritontube::simulation {

// Looks at all disks at once, which nobody in the system can, and compares them with what was
// promised (I3) and with the newest topology (I9).
class Audit {
 public:
  Audit(Context& context, const Ledger& ledger, std::vector<std::unique_ptr<Machine>>& machines,
        Etcd& etcd)
      : context_(context),
        ledger_(ledger),
        machines_(machines),
        etcd_(etcd),
        history_(etcd.history()) {}

  // Whether every acknowledged blob is durable often enough on those who keep its slot now. Members
  // that are known as incomplete, and disks that are lost, are excused.
  void CheckCopies();
  void CheckCopies(const Ledger::Acknowledged& blob);
  // These have just gone from a disk where they did not belong any more: then enough others have
  // them, and those who have lost them do not count, unless nobody could know.
  void CheckRemoval(const std::vector<blob::BlobKey>& keys);
  // An upload is about to go from a disk: then nobody needs it, or ever will (I8).
  void CheckUploadRemoval(const VideoId& video, const UploadId& upload);
  // What a process gives is what its disk was given, or nothing (I11).
  void CheckServed(const std::string& address, const blob::BlobKey& key, ByteCount offset,
                   const blob::Bytes& bytes);
  // Whether another member that keeps the blob, now and after the change under way, has every byte
  // of it.
  bool IsWholeBeside(const Machine& machine, const blob::BlobKey& key) const;
  // Nothing of which copies are rotten is lost with that disk.
  bool IsRottenWholeBeside(const Machine& machine) const;
  std::size_t uploads_erased() const { return erased_.size(); }
  // At the end nobody is excused, and all copies are the same bytes.
  void CheckEnd();
  // What keeps the cluster from being at rest; empty when it is.
  std::string ReasonOfUnrest() const;

 private:
  const Machine& MachineOf(const NodeId& node) const;
  // The first acknowledged blob of which a copy is missing or rotten; empty when there is none.
  std::string FirstThatIsNotWhole(const topology::Topology& topology) const;
  // The first blob on a member's disk that nobody needs; empty when there is none.
  std::string FirstThatIsGarbage(const topology::Topology& topology) const;
  // By the catalog as it is now, which no process can know.
  bool IsOwned(const VideoId& video, const UploadId& upload) const;
  // What was committed, until somebody asks for its deletion; anything else while it has an owner.
  bool IsWanted(const Ledger::Acknowledged& blob) const;
  static bool IsBalanced(const topology::Topology& topology);
  bool KeepsWhatIsNotHis(const topology::Topology& topology, topology::NodeIndex index) const;
  enum class Excuse : std::uint8_t { kEveryLoss, kNewLoss, kNone };
  void Check(const Ledger::Acknowledged& blob, Excuse excuse);

  Context& context_;
  const Ledger& ledger_;
  std::vector<std::unique_ptr<Machine>>& machines_;
  Etcd& etcd_;
  const History& history_;
  std::set<std::pair<VideoId, UploadId>> erased_ = {};
};

}  // namespace tritontube::simulation
