#pragma once

#include <mutex>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "domain/replication/cluster_options.h"
#include "domain/replication/hedge.h"
#include "domain/replication/node_client.h"
#include "domain/replication/node_health.h"
#include "foundation/async/event.h"

namespace tritontube::replication {

struct ReadRequest {
  enum class What : std::uint8_t { kBytes, kStat };

  blob::BlobKey key;
  What what = What::kBytes;
  std::optional<blob::ByteRange> range = {};  // The whole blob when there is none.
};
// Of what was asked for.
struct ReadAnswer {
  blob::Bytes bytes = {};
  blob::BlobStat stat = {};
};

// Calls nodes, and remembers how they answered. Any thread.
class Nodes {
 public:
  Nodes(NodeClient& client, const Clock& clock, const ClusterOptions& options)
      : client_(client), clock_(clock), options_(options) {}

  async::Task<Result<void>> Put(Target target, std::vector<blob::Blob> batch, Deadline deadline);
  async::Task<Result<ReadAnswer>> Read(Target target, ReadRequest request, Deadline deadline);
  async::Task<Result<void>> RemoveUpload(Target target, VideoId video, UploadId upload,
                                         Deadline deadline);
  async::Task<Result<blob::ScanPage>> Scan(Target target, blob::ScanRequest request,
                                           Deadline deadline);
  // kUnavailable when somebody else answers at that address.
  async::Task<Result<NodeStatus>> Status(Target target, Deadline deadline);

  std::vector<std::size_t> Order(const std::vector<NodeId>& replicas) const;
  bool IsSuspect(const NodeId& node) const;
  std::vector<NodeId> suspects() const;
  void Forget(const NodeId& node);
  // Notified when a node falls under suspicion, or is good again.
  async::Event& changed() { return changed_; }

  // When the next replica of a read is asked that nothing has come of yet.
  std::chrono::nanoseconds HedgeDelay() const;
  void EarnHedge();
  bool TrySpendHedge();

  SteadyTime Now() const { return clock_.SteadyNow(); }

 private:
  Deadline CallDeadline(Deadline deadline) const;
  // Only reads are alike enough for their times to be compared.
  enum class CallKind : std::uint8_t { kRead, kOther };
  // Remembers what `error`, or its absence, says about the node.
  void Note(const NodeId& node, SteadyTime began, const Error* error,
            CallKind kind = CallKind::kOther);
  void NoteFailure(const NodeId& node, std::chrono::nanoseconds waited, SteadyTime now,
                   const Error& error);

  NodeClient& client_;
  const Clock& clock_;
  const ClusterOptions& options_;
  mutable std::mutex mutex_;
  NodeHealth health_;
  LatencyQuantile latencies_;
  HedgeBudget budget_;
  async::Event changed_;
};

Target TargetOf(const topology::Topology& topology, const topology::Member& member);

// The members that keep `key`, in the order of the table, and behind them those that are to keep
// it.
std::vector<const topology::Member*> ReplicasOf(const topology::Topology& topology,
                                                const blob::BlobKey& key);

}  // namespace tritontube::replication
