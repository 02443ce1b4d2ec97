#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "core/blob/blob_store.h"
#include "domain/topology/topology.h"

// Keeps every blob on several nodes, so that any one of them may die.
namespace tritontube::replication {

// Whom a call is for and what its caller believes. A node refuses what was meant for another
// node or cluster (kFailedPrecondition), and what was decided under another epoch (kAborted: look
// at the topology and begin again).
struct Target {
  ClusterId cluster;
  NodeId node;
  std::string address;
  topology::Epoch epoch = 0;
};

struct SlotScanRequest {
  placement::SlotSet slots;
  std::optional<blob::BlobKey> after = {};
  std::size_t limit = 1000;
};

struct SlotScanPage {
  std::vector<blob::ScanItem> items = {};  // In order of the key.
  bool more = false;
  // How far was looked, also where nothing was of these slots: where the next page begins.
  std::optional<blob::BlobKey> last = {};
};

// How far a node is with what it has to pull.
struct PullProgress {
  topology::Epoch plan = 0;  // That it pulls for; 0 when it repairs itself.
  std::size_t slots = 0;
  std::size_t slots_done = 0;
  topology::Moved moved = {};

  bool operator==(const PullProgress&) const = default;
};

// What a node does of itself so that what it keeps stays whole, and what came of it.
struct Upkeep {
  std::uint64_t asked = 0;         // How often somebody has asked for it, since the start.
  std::uint64_t scrubbed_for = 0;  // The number of the request that the last scrub has answered...
  std::uint64_t compared_for = 0;  // ...and the last comparison.
  // Of the walk over every stored byte that is under way.
  std::optional<WallTime> scrub_began = {};
  ByteCount scrub_bytes = 0;                 // Read so far, or by the last one...
  ByteCount scrub_bytes_all = 0;             // ...of about so many.
  std::optional<WallTime> scrub_ended = {};  // The last one that reached its end.
  std::uint64_t damaged = 0;  // Blobs that are known to be, and that nobody could give yet.
  std::uint64_t healed = 0;   // Damaged blobs that others have given again, since the start.
  std::optional<WallTime> compared = {};  // With everybody else who answered.
  std::uint64_t differing_slots = 0;      // Then...
  std::uint64_t lacking_slots = 0;        // ...of which not all that others have could be fetched.
  topology::Moved caught_up = {};         // What it had missed and others had, since the start.

  bool operator==(const Upkeep&) const = default;
};

// What a node says of itself.
struct NodeStatus {
  std::optional<ClusterId> cluster = {};  // Nothing until it is taken into one.
  NodeId node;
  topology::Epoch epoch = 0;  // The newest that it has recorded.
  bool incomplete = false;
  blob::StoreStatus store;
  std::optional<PullProgress> pulling = {};  // Nothing when there is nothing to pull.
  Upkeep upkeep = {};
};

// Sum over the blobs of a slot of a hash of (key, size, digest), so that two nodes compare a slot
// by 16 bytes.
struct SlotDigest {
  placement::Slot slot = 0;
  std::uint64_t blobs = 0;
  blob::Digest sum;

  bool operator==(const SlotDigest&) const = default;
};

// Whether a node has these durably, with these bytes.
struct ConfirmationRequest {
  std::vector<blob::ScanItem> items;
  bool read = false;  // Every byte of them, and not only the index.
};

// Calls a content node. The errors are those of BlobStore, and of Target. kNotFound is said only
// by a node that is complete: one that is not, and does not have the blob, is kUnavailable.
// Any thread.
class NodeClient {
 public:
  virtual ~NodeClient() = default;

  // Durable on that node when it returns.
  virtual async::Task<Result<void>> Put(Target target, std::vector<blob::Blob> batch,
                                        Deadline deadline) = 0;
  // The whole blob when there is no range.
  virtual async::Task<Result<blob::Bytes>> Get(Target target, blob::BlobKey key,
                                               std::optional<blob::ByteRange> range,
                                               Deadline deadline) = 0;
  virtual async::Task<Result<blob::BlobStat>> Stat(Target target, blob::BlobKey key,
                                                   Deadline deadline) = 0;
  virtual async::Task<Result<void>> RemoveUpload(Target target, VideoId video, UploadId upload,
                                                 Deadline deadline) = 0;
  virtual async::Task<Result<blob::ScanPage>> Scan(Target target, blob::ScanRequest request,
                                                   Deadline deadline) = 0;
  // What a node has of some slots. From a complete node that has recorded the epoch of the target:
  // nothing of an older one is under way on it any more.
  virtual async::Task<Result<SlotScanPage>> ScanSlots(Target target, SlotScanRequest request,
                                                      Deadline deadline) = 0;
  // Of every slot, in their order, at exactly the epoch of the target, and of what the node had no
  // longer than `age_max` ago or later.
  virtual async::Task<Result<std::vector<SlotDigest>>> Digests(Target target,
                                                               std::chrono::milliseconds age_max,
                                                               Deadline deadline) = 0;
  // From a complete node, at exactly that epoch; one answer for each.
  virtual async::Task<Result<std::vector<bool>>> Confirm(Target target, ConfirmationRequest request,
                                                         Deadline deadline) = 0;
  virtual async::Task<Result<NodeStatus>> Status(std::string address, Deadline deadline) = 0;
  // Asks for upkeep now; the number of the request, for Upkeep::scrubbed_for and compared_for.
  virtual async::Task<Result<std::uint64_t>> AskForUpkeep(Target target, Deadline deadline) = 0;
  // Takes the node into a cluster, whose metadata is at `etcd`: for ever, and again is no error.
  // kFailedPrecondition when it is in another one.
  virtual async::Task<Result<void>> Join(Target target, std::vector<std::string> etcd,
                                         Deadline deadline) = 0;
};

}  // namespace tritontube::replication
