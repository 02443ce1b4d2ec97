#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "domain/replication/denials.h"
#include "domain/replication/nodes.h"
#include "domain/replication/owed_queue.h"
#include "foundation/async/event.h"
#include "foundation/async/task_group.h"

namespace tritontube::replication {

// One read under one topology: asks the replica that should be fastest, another
// one when that fails or is slow, and takes the first answer that is good.
//
// kNotFound only when so many nodes of each set that keeps it miss the blob that
// no acknowledged put can have been forgotten; kAborted when a node asks for a newer epoch. Lives
// on the io_context of its caller.
class ReadRace {
 public:
  ReadRace(Nodes& nodes, const ClusterOptions& options, ClusterCounters& counters,
           const topology::Topology& topology, ReadRequest request, Deadline deadline);

  // Does not ask `node`.
  void LeaveOut(const NodeId& node);
  // For a node that is left out because it is known to miss the blob.
  void CountMiss(const topology::Member& node) { denials_.Add(node); }

  // When it returns, no call is under way any more.
  async::Task<Result<ReadAnswer>> Run();
  // Replicas that should have the blob by now, and have not: after a success.
  const std::vector<OwedCopy>& lacking() const { return lacking_; }

 private:
  async::Task<Result<ReadAnswer>> Race(async::TaskGroup& calls);
  void Ask(async::TaskGroup& calls);
  async::Task<void> Call(const topology::Member& node);
  void Take(const topology::Member& node, Result<ReadAnswer> answer);
  // Asks another replica when it is time to.
  void AskMore(async::TaskGroup& calls);
  bool MayHedge();
  Deadline NextLook() const;
  Error Verdict() const;

  Nodes& nodes_;
  const ClusterOptions& options_;
  ClusterCounters& counters_;
  const topology::Topology& topology_;
  const ReadRequest request_;
  const Deadline deadline_;

  const placement::Slot slot_;
  std::vector<const topology::Member*> order_;
  std::size_t asked_ = 0;
  std::size_t failed_ = 0;
  std::size_t replaced_ = 0;  // Failures for which another replica was asked.
  bool hedge_refused_ = false;
  Deadline hedge_at_ = Deadline::Never();
  Deadline patience_until_ = Deadline::Never();
  Denials denials_;
  bool corrupt_ = false;
  bool is_stale_ = false;  // A replica has seen a newer epoch.
  std::vector<std::string> causes_;
  std::optional<Result<ReadAnswer>> answer_;
  std::vector<OwedCopy> lacking_;
  async::Event happened_;
};

}  // namespace tritontube::replication
