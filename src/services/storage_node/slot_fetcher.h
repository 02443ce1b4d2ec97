#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "domain/migration/copy_window.h"
#include "domain/replication/node_client.h"
#include "domain/topology/roles.h"
#include "foundation/async/semaphore.h"
#include "services/storage_node/storage_node.h"

namespace tritontube::storage_node {

struct FetchOptions {
  std::chrono::milliseconds call_time = std::chrono::seconds(10);
  std::size_t page_items = 1000;
  std::size_t fetches_max = 8;
  ByteCount bytes_in_flight_max = ByteCount{32} << 20U;
  ByteCount batch_bytes = ByteCount{16} << 20U;
};

// Brings a node what another one has of some slots and it has not.
//
// The source thereby records the epoch and ends what is under way of an older one. Every blob is
// checked before it is stored; one that its source cannot give comes from another keeper. Blobs are
// fetched in a window that yields to everybody else, and those that arrive together are stored
// together.
//
// Lives on one io_context.
class SlotFetcher {
 public:
  // Under which topology, for whom and from whom.
  struct Line {
    std::shared_ptr<const topology::Topology> topology;
    topology::NodeIndex self = 0;
    topology::NodeIndex source = 0;
  };
  // Told after blobs were stored here that were not, how many.
  using OnMoved = std::function<void(const topology::Moved& moved)>;

  // Both outlive this.
  SlotFetcher(StorageNode& node, replication::NodeClient& client, FetchOptions options)
      : node_(node),
        client_(client),
        options_(options),
        bytes_in_flight_(options.bytes_in_flight_max),
        window_(options.fetches_max) {}

  // kAborted when the topology is the node's own no more. On an error what was fetched stays.
  async::Task<Result<void>> FetchSlots(Line line, placement::SlotSet slots, OnMoved on_moved);
  // One blob of which the bytes here are wrong or missing, from whoever keeps it. kCorrupt when all
  // have answered and nobody can give it.
  async::Task<Result<blob::Bytes>> ReadElsewhere(const Line& line, const blob::ScanItem& item);

 private:
  // A blob on its way to the disk.
  struct Fetched {
    blob::ScanItem item;
    blob::Bytes bytes;
    topology::Epoch epoch = 0;
    std::optional<Result<void>> stored = {};
    bool was_there = false;  // With other bytes.
  };

  async::Task<Result<replication::SlotScanPage>> AskForPage(
      const Line& line, const replication::SlotScanRequest& request);
  async::Task<Result<std::vector<blob::ScanItem>>> Missing(std::vector<blob::ScanItem> items);
  async::Task<Result<void>> FetchAll(const Line& line, std::vector<blob::ScanItem> items,
                                     const OnMoved& on_moved);
  async::Task<void> FetchInto(const Line& line, blob::ScanItem item, const OnMoved& on_moved,
                              Result<void>& result);
  async::Task<Result<std::optional<blob::Bytes>>> Fetch(const Line& line,
                                                        const blob::ScanItem& item);
  async::Task<Result<blob::Bytes>> Read(const Line& line, topology::NodeIndex from,
                                        const blob::ScanItem& item);
  async::Task<Result<blob::Bytes>> ReadFromOthers(const Line& line, const blob::ScanItem& item,
                                                  std::optional<Error> failure);
  // True when it was not here.
  async::Task<Result<bool>> Store(blob::ScanItem item, blob::Bytes bytes, topology::Epoch epoch);
  async::Task<void> StoreSome();
  async::Task<Result<void>> StoreAlone(Fetched& one);
  bool IsCurrent(const Line& line) const { return node_.OwnTopology() == line.topology; }
  Deadline Soon() const { return Deadline::After(options_.call_time); }

  StorageNode& node_;
  replication::NodeClient& client_;
  const FetchOptions options_;
  async::Semaphore bytes_in_flight_;
  migration::CopyWindow window_;
  std::size_t fetching_ = 0;
  async::Event fetched_;
  std::deque<std::shared_ptr<Fetched>> fetched_blobs_;
  bool storing_ = false;
  async::Event stored_;
};

}  // namespace tritontube::storage_node
