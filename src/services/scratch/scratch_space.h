#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "base/error.h"
#include "core/blob/blob_store.h"
#include "domain/sources/source_parts.h"
#include "foundation/async/blocking_pool.h"

namespace tritontube::scratch {

class ScratchSpace;

// One job's folder. Goes, with everything in it, when this object does.
class ScratchFolder {
 public:
  ScratchFolder(ScratchFolder&& other) noexcept;
  ScratchFolder& operator=(ScratchFolder&&) = delete;
  ~ScratchFolder();

  const std::filesystem::path& path() const { return path_; }

 private:
  friend class ScratchSpace;
  ScratchFolder(ScratchSpace& space, std::filesystem::path path)
      : space_(&space), path_(std::move(path)) {}

  ScratchSpace* space_;
  std::filesystem::path path_;
  ByteCount reserved_bytes_ = 0;
};

// Where files are that another program must open by name: the only place
// outside the stores where media lies on the disk. What a dead process left
// here is removed at the start. Bytes are reserved before they are written, and
// never more than `capacity_bytes` at once.
//
// Safe to use from any thread; outlives its folders.
class ScratchSpace {
 public:
  static Result<std::unique_ptr<ScratchSpace>> Open(std::filesystem::path root,
                                                    ByteCount capacity_bytes,
                                                    async::BlockingPool& blocking);

  Result<ScratchFolder> NewFolder();

  // Writes an original into `folder` as `name` and returns its path.
  // kResourceExhausted when the scratch space or the disk has no room for it.
  async::Task<Result<std::filesystem::path>> CopySource(ScratchFolder& folder, std::string name,
                                                        blob::BlobStore& store,
                                                        sources::SourceKey source,
                                                        Deadline deadline);

  // Writes blobs into one file, one behind the other.
  async::Task<Result<std::filesystem::path>> CopyBlobs(ScratchFolder& folder, std::string name,
                                                       blob::BlobStore& store,
                                                       std::vector<blob::BlobKey> keys,
                                                       Deadline deadline);
  async::Task<Result<std::filesystem::path>> WriteFile(ScratchFolder& folder, std::string name,
                                                       blob::Bytes bytes);

  // For who writes into a folder by himself: before he does. Not for one folder
  // from two threads at once. kResourceExhausted when there is no room.
  Result<void> Reserve(ScratchFolder& folder, ByteCount bytes);
  // What was reserved and is not written after all.
  void Release(ScratchFolder& folder, ByteCount bytes);

  // Who may have something that could go is asked when there is no room, from any
  // thread, until he says no. At most one; nothing when he is no more.
  void SetRoomGiver(std::function<bool()> give_room);

  ByteCount reserved_bytes() const { return reserved_bytes_; }
  // Where work on these files belongs that takes long.
  async::BlockingPool& blocking() { return blocking_; }

 private:
  friend class ScratchFolder;
  ScratchSpace(std::filesystem::path root, ByteCount capacity_bytes, async::BlockingPool& blocking)
      : root_(std::move(root)), capacity_bytes_(capacity_bytes), blocking_(blocking) {}

  Result<void> TryTake(ByteCount bytes);
  bool GiveRoom();

  const std::filesystem::path root_;
  const ByteCount capacity_bytes_;
  async::BlockingPool& blocking_;
  std::atomic<ByteCount> reserved_bytes_ = 0;
  std::atomic<std::uint64_t> next_folder_ = 0;
  std::mutex room_giver_mutex_;
  std::function<bool()> room_giver_;
};

}  // namespace tritontube::scratch
