#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <optional>

#include "base/clock.h"
#include "domain/scrubbing/scrub_pace.h"
#include "domain/scrubbing/scrub_state.h"
#include "services/storage_node/healer.h"

namespace tritontube::storage_node {

struct NodeScrubberOptions {
  scrubbing::ScrubOptions pace = {};
  std::chrono::milliseconds call_time = std::chrono::seconds(10);
  // What nobody could give is asked for again after this.
  std::chrono::milliseconds heal_again_after = std::chrono::minutes(1);
  std::chrono::milliseconds idle_time = std::chrono::seconds(10);
  ByteCount save_every = ByteCount{256} << 20U;  // A restart reads at most so much again.
};

// Reads every byte of a content node's disk within a period, in nobody's way, and brings back from
// the other keepers what is damaged here: also what somebody else has met. Goes on after a restart
// where it was.
//
// A store of which the list itself cannot be read any more is given up: the node is made anew, and
// has everything pulled from the others.
//
// Lives on one io_context.
class NodeScrubber {
 public:
  // All of them outlive this.
  NodeScrubber(StorageNode& node, replication::NodeClient& client, scrubbing::ScrubRecord& record,
               const Clock& clock, NodeScrubberOptions options = {})
      : node_(node),
        record_(record),
        clock_(clock),
        options_(options),
        healer_(node, client, options.call_time) {}

  // Until cancelled.
  async::Task<void> Run();

 private:
  // One step of what there is to do; how long to rest before the next one.
  async::Task<Result<std::chrono::milliseconds>> Advance();
  // With what it had found damaged before the restart.
  async::Task<void> Load();
  async::Task<Result<void>> HealWhatIsKnown();
  async::Task<Result<void>> Remember(std::vector<blob::BlobKey> damaged);
  async::Task<Result<std::chrono::milliseconds>> ReadNext();
  async::Task<Result<bool>> FillPage();
  async::Task<Result<void>> Verify(const blob::ScanItem& item);
  void PutOff(const blob::BlobKey& key, const Error& why);
  async::Task<Result<void>> Begin(WallTime now);
  async::Task<Result<void>> End(WallTime now);
  void ShowProgress();
  bool IsAsked() const { return node_.upkeep_asked() != answered_; }
  Deadline Soon() const { return Deadline::After(options_.call_time); }

  StorageNode& node_;
  scrubbing::ScrubRecord& record_;
  const Clock& clock_;
  const NodeScrubberOptions options_;
  Healer healer_;
  std::optional<scrubbing::ScrubState> state_ = {};  // Nothing until it is loaded.
  std::uint64_t answered_ = 0;                       // Of the times that somebody has asked.
  bool hurries_ = false;  // The pass under way is one that was asked for.
  std::deque<blob::ScanItem> page_ = {};
  bool more_ = true;
  int failed_pages_ = 0;  // In a row.
  Deadline look_for_damage_at_ = Deadline::After({});
  ByteCount total_bytes_ = 0;
  ByteCount unsaved_bytes_ = 0;
  std::uint64_t calls_seen_ = 0;
  std::map<blob::BlobKey, SteadyTime> tried_ = {};  // In vain, and when.
};

}  // namespace tritontube::storage_node
