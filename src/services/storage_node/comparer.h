#pragma once

#include <chrono>
#include <memory>

#include "base/clock.h"
#include "services/storage_node/slot_fetcher.h"

namespace tritontube::storage_node {

struct ComparerOptions {
  std::chrono::milliseconds period = std::chrono::minutes(10);
  // After the topology has changed meanwhile; longer each time when the store cannot be listed.
  std::chrono::milliseconds retry_after = std::chrono::seconds(1);
  // All keys of a store are looked at for one answer.
  std::chrono::milliseconds call_time = std::chrono::minutes(1);
  FetchOptions fetch = {};
};

// Finds what a complete node has missed: compares, slot by slot, a digest of what it has with those
// of the others that keep the slot, and fetches what they have and it has not. That is how a node
// that was away catches up, and how a put that only just enough nodes have gets its last copy when
// the web server that owed it has died.
//
// Nothing is ever removed because others do not have it: what no video names is the collector's.
//
// Lives on one io_context.
class Comparer {
 public:
  // All of them outlive this.
  Comparer(StorageNode& node, replication::NodeClient& client, const Clock& clock,
           ComparerOptions options = {})
      : node_(node),
        client_(client),
        clock_(clock),
        options_(options),
        fetcher_(node, client, options.fetch) {}

  // Compares when the node has come up, and from then on once in every period, and when somebody
  // asks for it. Until cancelled.
  //
  // In between, what others say that they have may be half a period old, so that one walk of theirs
  // serves several who ask. A put since then is missed once and found by the next comparison.
  async::Task<void> Run();

 private:
  using TopologyPointer = std::shared_ptr<const topology::Topology>;

  TopologyPointer ComparableTopology() const;
  // For the request of that number. What others say may be so old.
  async::Task<Result<void>> Compare(TopologyPointer topology, std::uint64_t asked,
                                    std::chrono::milliseconds age_max);
  async::Task<Result<void>> CompareWith(SlotFetcher::Line line,
                                        const std::vector<replication::SlotDigest>& mine,
                                        std::chrono::milliseconds age_max,
                                        replication::Upkeep& found);
  async::Task<Result<placement::SlotSet>> DifferingSlots(
      const SlotFetcher::Line& line, const std::vector<replication::SlotDigest>& mine,
      std::chrono::milliseconds age_max);
  Deadline Soon() const { return Deadline::After(options_.call_time); }

  StorageNode& node_;
  replication::NodeClient& client_;
  const Clock& clock_;
  const ComparerOptions options_;
  SlotFetcher fetcher_;
};

}  // namespace tritontube::storage_node
