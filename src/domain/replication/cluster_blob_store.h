#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>

#include "domain/replication/cluster_options.h"
#include "domain/replication/cluster_space.h"
#include "domain/replication/epochs.h"
#include "domain/replication/nodes.h"
#include "domain/replication/owed_copies.h"
#include "domain/replication/put_round.h"
#include "foundation/async/semaphore.h"
#include "foundation/async/task_group.h"

namespace tritontube::replication {

// What /metrics tells: some are counts since the start, the last two are of now.
struct ClusterCounts {
  std::uint64_t hedged = 0;
  std::uint64_t failed_over = 0;
  std::uint64_t retried_epochs = 0;
  std::uint64_t repaired = 0;
  std::uint64_t dropped = 0;
  std::uint64_t conflicts = 0;
  std::size_t owed = 0;
  std::size_t suspect_nodes = 0;
};

// A BlobStore over content nodes, of which any may die: what is put is durable
// on enough of them, and read from any one that has it.
//
// A batch whose blobs lie on different nodes becomes visible blob by blob. Of
// two puts of one key with different bytes at most one succeeds, and after a
// put that failed some replica may give its bytes: a key must not be put again
// with other bytes.
//
// Safe to use from any io_context. What outlasts a call runs on `background`,
// between Start() and Stop(); without them nothing can be put.
class ClusterBlobStore final : public blob::BlobStore {
 public:
  // All of them outlive the store.
  ClusterBlobStore(NodeClient& client, topology::TopologyStore& topology, const Clock& clock,
                   async::Executor background, ClusterOptions options = {});
  ~ClusterBlobStore() override;

  void Start();
  // On `background`: ends what runs there. No put is under way.
  async::Task<void> Stop();
  // Returns when nothing goes on any more for puts that were answered.
  async::Task<void> Settle(Deadline deadline);

  ClusterCounts counts() const;

  async::Task<Result<void>> Put(std::vector<blob::Blob> batch, Deadline deadline) override;
  async::Task<Result<blob::Bytes>> Get(blob::BlobKey key, blob::ByteRange range,
                                       Deadline deadline) override;
  async::Task<Result<blob::Bytes>> GetWhole(blob::BlobKey key, Deadline deadline) override;
  async::Task<Result<blob::BlobStat>> Stat(blob::BlobKey key, Deadline deadline) override;
  async::Task<Result<void>> RemoveUpload(VideoId video, UploadId upload,
                                         Deadline deadline) override;
  async::Task<Result<blob::ScanPage>> Scan(blob::ScanRequest request, Deadline deadline) override;
  async::Task<Result<blob::StoreStatus>> Status(Deadline deadline) override;

 private:
  void Launch(std::shared_ptr<PutRound> round);
  async::Task<void> RunRound(std::shared_ptr<PutRound> round);
  async::Task<Result<ReadAnswer>> Read(ReadRequest request, Deadline deadline);
  async::Task<Result<ReadAnswer>> ReadUnder(TopologyPointer topology, ReadRequest request,
                                            Deadline deadline);
  async::Task<Result<void>> RemoveUnder(TopologyPointer topology, VideoId video, UploadId upload,
                                        Deadline deadline);
  async::Task<Result<blob::ScanPage>> ScanUnder(TopologyPointer topology, blob::ScanRequest request,
                                                Deadline deadline);
  std::vector<NodeSpace> Remember(const topology::Topology& topology,
                                  const std::vector<Result<NodeStatus>>& answers);
  // Asks suspect nodes whether they are good again.
  async::Task<void> ProbeSuspects();
  async::Task<void> Probe(TopologyPointer topology, NodeId node);

  const ClusterOptions options_;
  const async::Executor background_;
  ClusterCounters counters_;
  Nodes nodes_;
  Epochs epochs_;
  async::Semaphore put_bytes_;
  async::Semaphore read_bytes_;
  OwedCopies owed_;

  std::mutex mutex_;
  std::map<NodeId, blob::StoreStatus> last_status_;

  std::atomic<std::size_t> round_count_ = 0;
  async::Event round_ended_;
  async::TaskGroup tasks_;
};

}  // namespace tritontube::replication
