#pragma once

#include <string>
#include <vector>

#include "adapters/storage_client/channel_pool.h"
#include "domain/replication/node_client.h"

namespace tritontube::storage_client {

struct GrpcNodeClientOptions {
  // One carries about as much as a core can checksum; four carry 1.5 times of that.
  int connections_per_node = 4;
  std::size_t nodes_max = 256;
};

// Calls content nodes over gRPC. Payload goes from the caller's bytes to the
// socket, and from the socket to the caller, without being copied.
//
// Safe to use from any io_context; outlives its calls.
class GrpcNodeClient final : public replication::NodeClient {
 public:
  explicit GrpcNodeClient(GrpcNodeClientOptions options = {});

  async::Task<Result<void>> Put(replication::Target target, std::vector<blob::Blob> batch,
                                Deadline deadline) override;
  async::Task<Result<blob::Bytes>> Get(replication::Target target, blob::BlobKey key,
                                       std::optional<blob::ByteRange> range,
                                       Deadline deadline) override;
  async::Task<Result<blob::BlobStat>> Stat(replication::Target target, blob::BlobKey key,
                                           Deadline deadline) override;
  async::Task<Result<void>> RemoveUpload(replication::Target target, VideoId video, UploadId upload,
                                         Deadline deadline) override;
  async::Task<Result<blob::ScanPage>> Scan(replication::Target target, blob::ScanRequest request,
                                           Deadline deadline) override;
  async::Task<Result<replication::SlotScanPage>> ScanSlots(replication::Target target,
                                                           replication::SlotScanRequest request,
                                                           Deadline deadline) override;
  async::Task<Result<std::vector<replication::SlotDigest>>> Digests(
      replication::Target target, std::chrono::milliseconds age_max, Deadline deadline) override;
  async::Task<Result<std::vector<bool>>> Confirm(replication::Target target,
                                                 replication::ConfirmationRequest request,
                                                 Deadline deadline) override;
  async::Task<Result<replication::NodeStatus>> Status(std::string address,
                                                      Deadline deadline) override;
  async::Task<Result<std::uint64_t>> AskForUpkeep(replication::Target target,
                                                  Deadline deadline) override;
  async::Task<Result<void>> Join(replication::Target target, std::vector<std::string> etcd,
                                 Deadline deadline) override;

 private:
  async::Task<Result<blob::Bytes>> Call(std::string address, std::string_view method,
                                        blob::Bytes request, Deadline deadline);

  ChannelPool channels_;
};

}  // namespace tritontube::storage_client
