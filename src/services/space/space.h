#pragma once

#include <mutex>
#include <optional>
#include <utility>

#include "core/blob/blob_store.h"
#include "domain/catalog/catalog.h"
#include "domain/jobs/job_queue.h"
#include "services/space/ledger.h"

namespace tritontube::space {

struct SpaceOptions {
  // Uploads and transcodes are refused when less than this would stay free.
  ByteCount keep_free_bytes = ByteCount{2} << 30U;
  std::chrono::milliseconds reconcile_interval = std::chrono::minutes(1);
};

class Space;

// What one upload or transcode has been promised, for as long as this object
// lives. One thread at a time.
class Reservation {
 public:
  Reservation(Reservation&& other) noexcept;
  Reservation& operator=(Reservation&&) = delete;
  ~Reservation();

  // So much of it has been written: the disk itself counts it now.
  void Written(ByteCount bytes);
  // Asks for `bytes` that are still to be written, instead of what is promised.
  // When there is no room for them nothing changes.
  async::Task<Result<std::optional<Shortage>>> Resize(ByteCount bytes, Deadline deadline);
  // What stays reserved for the video when this goes, because it is still to be
  // transcoded. Nothing, unless told otherwise.
  void LeaveBehind(ByteCount bytes) { left_behind_ = bytes; }

  ByteCount bytes() const { return bytes_; }

 private:
  friend class Space;
  Reservation(Space& space, VideoId video, Ledger::Ticket ticket, ByteCount bytes)
      : space_(&space), video_(std::move(video)), ticket_(ticket), bytes_(bytes) {}

  Space* space_;
  VideoId video_;
  Ledger::Ticket ticket_;
  ByteCount bytes_;
  ByteCount left_behind_ = 0;
};

// What the disk has and who has been promised it.
struct SpaceCounts {
  ByteCount free_bytes = 0;
  ByteCount capacity_bytes = 0;
  ByteCount stored_bytes = 0;
  ByteCount reserved_bytes = 0;
  ByteCount keep_free_bytes = 0;
  bool is_full = false;  // Even what has been promised may find no room.

  // Why uploads are refused, whatever their size; nothing while they are not.
  std::optional<std::string> WhyFull() const;
};

// Keeps the disk from filling up: whoever wants to bring bytes in asks here
// first. Only what this process promised counts, so one process serves a disk.
//
// Reservations live in memory. What a dead process had reserved is gone with it;
// the transcodes that wait are found in the job queue, and the uploads that are
// open in the catalog, at the start and every minute, so that none of them is forgotten nor one
// that is gone remembered.
//
// Safe to use from any thread; outlives its reservations.
class Space {
 public:
  Space(blob::BlobStore& store, catalog::Catalog& catalog, jobs::JobQueue& jobs,
        SpaceOptions options = {})
      : store_(store), catalog_(catalog), jobs_(jobs), options_(options) {}

  // Promises `bytes` to the video, in the place of what it was promised before.
  async::Task<Result<OrShortage<Reservation>>> Reserve(VideoId video, ByteCount bytes,
                                                       Deadline deadline);

  // What stays promised to the video, of which nobody holds a reservation.
  void Owe(const VideoId& video, ByteCount bytes);

  // Why `bytes` that were promised found no room; nothing while the disk is not
  // full.
  async::Task<Result<std::optional<Shortage>>> ShortageWhenFull(ByteCount bytes, Deadline deadline);

  async::Task<Result<SpaceCounts>> Measure(Deadline deadline);

  ByteCount reserved_bytes() const;

  // Reconciles now and every interval, until cancelled.
  async::Task<void> Run();
  async::Task<Result<void>> Reconcile(Deadline deadline);

 private:
  friend class Reservation;

  async::Task<Result<OrShortage<Ledger::Ticket>>> Enter(VideoId video, ByteCount bytes,
                                                        Deadline deadline);
  async::Task<Result<std::map<VideoId, ByteCount>>> WaitingTranscodes(Deadline deadline);
  async::Task<Result<void>> AddOpenUploads(std::map<VideoId, ByteCount>& waiting,
                                           Deadline deadline);

  blob::BlobStore& store_;
  catalog::Catalog& catalog_;
  jobs::JobQueue& jobs_;
  const SpaceOptions options_;
  mutable std::mutex mutex_;
  Ledger ledger_;
};

}  // namespace tritontube::space
