#include "services/scratch/scratch_space.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "services/scratch/system_error.h"

namespace tritontube::scratch {

namespace {

constexpr ByteCount kCopyBytes = ByteCount{1} << 20U;

// A file that is being written; closed in any case.
class OutputFile {
 public:
  explicit OutputFile(const std::filesystem::path& path)
      : path_(path),
        descriptor_(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)) {}
  ~OutputFile() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  Result<void> Write(const blob::Bytes& bytes) const {
    if (descriptor_ < 0) return SystemError("creating", path_, errno);
    for (std::span<const std::byte> span : bytes.spans()) {
      while (!span.empty()) {
        const ssize_t count = write(descriptor_, span.data(), span.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return SystemError("writing", path_, errno);
        span = span.subspan(static_cast<std::size_t>(count));
      }
    }
    return {};
  }

 private:
  const std::filesystem::path& path_;
  int descriptor_;
};

}  // namespace

ScratchFolder::ScratchFolder(ScratchFolder&& other) noexcept
    : space_(std::exchange(other.space_, nullptr)),
      path_(std::move(other.path_)),
      reserved_bytes_(std::exchange(other.reserved_bytes_, 0)) {}

ScratchFolder::~ScratchFolder() {
  if (space_ == nullptr) return;
  std::error_code ignored;  // What cannot be removed now is removed at the next start.
  std::filesystem::remove_all(path_, ignored);
  space_->reserved_bytes_ -= reserved_bytes_;
}

Result<std::unique_ptr<ScratchSpace>> ScratchSpace::Open(std::filesystem::path root,
                                                         ByteCount capacity_bytes,
                                                         async::BlockingPool& blocking) {
  std::error_code error;
  std::filesystem::remove_all(root, error);
  if (!error) std::filesystem::create_directories(root, error);
  if (error) {
    return Fail(ErrorCode::kUnavailable,
                "the scratch folder {} cannot be emptied and made: {}; check its owner and mode",
                root.string(), error.message());
  }
  return std::unique_ptr<ScratchSpace>(new ScratchSpace(std::move(root), capacity_bytes, blocking));
}

Result<ScratchFolder> ScratchSpace::NewFolder() {
  std::filesystem::path path = root_ / fmt::format("{:06}", next_folder_++);
  std::error_code error;
  std::filesystem::create_directory(path, error);
  if (error) return SystemError("making", path, error.value());
  return ScratchFolder(*this, std::move(path));
}

Result<void> ScratchSpace::Reserve(ScratchFolder& folder, ByteCount bytes) {
  Result<void> taken = TryTake(bytes);
  while (!taken && GiveRoom()) taken = TryTake(bytes);
  if (taken) folder.reserved_bytes_ += bytes;
  return taken;
}

void ScratchSpace::Release(ScratchFolder& folder, ByteCount bytes) {
  TT_ASSERT(bytes <= folder.reserved_bytes_, "{} of {} bytes", bytes, folder.reserved_bytes_);
  folder.reserved_bytes_ -= bytes;
  reserved_bytes_ -= bytes;
}

void ScratchSpace::SetRoomGiver(std::function<bool()> give_room) {
  const std::lock_guard lock(room_giver_mutex_);
  room_giver_ = std::move(give_room);
}

bool ScratchSpace::GiveRoom() {
  const std::lock_guard lock(room_giver_mutex_);
  return room_giver_ && room_giver_();
}

Result<void> ScratchSpace::TryTake(ByteCount bytes) {
  ByteCount reserved = reserved_bytes_;
  do {
    if (bytes > capacity_bytes_ - std::min(reserved, capacity_bytes_)) {
      return Fail(ErrorCode::kResourceExhausted,
                  "the scratch space has {} of {} bytes taken and no room for {} more", reserved,
                  capacity_bytes_, bytes);
    }
  } while (!reserved_bytes_.compare_exchange_weak(reserved, reserved + bytes));
  return {};
}

async::Task<Result<std::filesystem::path>> ScratchSpace::CopySource(ScratchFolder& folder,
                                                                    std::string name,
                                                                    blob::BlobStore& store,
                                                                    sources::SourceKey source,
                                                                    Deadline deadline) {
  TT_CO_RETURN_IF_ERROR(Reserve(folder, source.size));
  std::filesystem::path path = folder.path() / name;
  const OutputFile file(path);
  for (ByteCount at = 0; at < source.size; at += kCopyBytes) {
    const ByteCount length = std::min(kCopyBytes, source.size - at);
    TT_CO_ASSIGN_OR_RETURN(const blob::Bytes bytes,
                           co_await sources::ReadSource(store, source, {at, length}, deadline));
    TT_CO_RETURN_IF_ERROR(co_await blocking_.Run([&] { return file.Write(bytes); }));
    const bool cancelled = co_await async::IsCancelled();
    if (cancelled) co_return Fail(ErrorCode::kCancelled, "the work was stopped");
  }
  co_return path;
}

async::Task<Result<std::filesystem::path>> ScratchSpace::CopyBlobs(ScratchFolder& folder,
                                                                   std::string name,
                                                                   blob::BlobStore& store,
                                                                   std::vector<blob::BlobKey> keys,
                                                                   Deadline deadline) {
  std::filesystem::path path = folder.path() / name;
  const OutputFile file(path);
  for (blob::BlobKey& key : keys) {
    TT_CO_ASSIGN_OR_RETURN(const blob::Bytes bytes,
                           co_await store.GetWhole(std::move(key), deadline));
    TT_CO_RETURN_IF_ERROR(Reserve(folder, bytes.size()));
    TT_CO_RETURN_IF_ERROR(co_await blocking_.Run([&] { return file.Write(bytes); }));
    const bool cancelled = co_await async::IsCancelled();
    if (cancelled) co_return Fail(ErrorCode::kCancelled, "the work was stopped");
  }
  co_return path;
}

async::Task<Result<std::filesystem::path>> ScratchSpace::WriteFile(ScratchFolder& folder,
                                                                   std::string name,
                                                                   blob::Bytes bytes) {
  TT_CO_RETURN_IF_ERROR(Reserve(folder, bytes.size()));
  std::filesystem::path path = folder.path() / name;
  const OutputFile file(path);
  TT_CO_RETURN_IF_ERROR(co_await blocking_.Run([&] { return file.Write(bytes); }));
  co_return path;
}

}  // namespace tritontube::scratch
