#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>

#include "base/random.h"
#include "domain/membership/node_record.h"
#include "domain/scrubbing/scrub_state.h"
#include "foundation/async/blocking_pool.h"
#include "transport/process/file_descriptor.h"

namespace tritontube::node_folder {

// The folder of a content node, and what it remembers there:
//
//   node.json   all of the state but the topology
//   topology    the newest one; the cluster has it too
//   scrub       how far the scrub is; can be lost
//   probe       empty, written now and then to see whether the disk answers
//   blobs/      the store's own
//
// Each file is replaced as a whole. Locked while this lives.
class NodeFolder final : public membership::NodeRecord, public scrubbing::ScrubRecord {
 public:
  // Makes the folder, and a node with an id that nobody else has, when there is none.
  // kFailedPrecondition when another process has it or a newer release wrote it, kDataLoss when it
  // is damaged; the message names the file and says what to do.
  static Result<std::unique_ptr<NodeFolder>> Open(const std::filesystem::path& folder,
                                                  Random& random, async::BlockingPool& blocking);

  std::shared_ptr<const membership::NodeState> state() const override;
  async::Task<Result<void>> Save(membership::NodeState next, Deadline deadline) override;
  async::Task<Result<void>> Probe(Deadline deadline) override;

  async::Task<scrubbing::ScrubState> LoadScrub() override;
  async::Task<Result<void>> SaveScrub(scrubbing::ScrubState state, Deadline deadline) override;

  std::filesystem::path blobs() const { return folder_ / "blobs"; }
  // Everything that was stored is lost: the node counts as an old copy of itself from now on, which
  // the others repair. Blocks. The store is closed.
  Result<void> BeginAnew();
  // As above, of a store that is there and useless: it is moved aside, to blobs.damaged-N.
  Result<void> SetBlobsAside();

 private:
  NodeFolder(std::filesystem::path folder, process::FileDescriptor lock,
             async::BlockingPool& blocking)
      : folder_(std::move(folder)), lock_(std::move(lock)), blocking_(blocking) {}
  Result<membership::NodeState> LoadOrMake(Random& random) const;
  std::shared_ptr<const topology::Topology> LoadTopology(topology::Epoch newest) const;
  Result<void> Write(const membership::NodeState& next) const;
  Result<void> WriteFile(std::string_view name, std::string_view bytes) const;
  async::Task<Result<void>> Replace(std::string_view name, std::string bytes, Deadline deadline);
  void Set(membership::NodeState state);

  const std::filesystem::path folder_;
  const process::FileDescriptor lock_;
  async::BlockingPool& blocking_;
  mutable std::mutex mutex_;
  std::shared_ptr<const membership::NodeState> state_;
};

}  // namespace tritontube::node_folder
