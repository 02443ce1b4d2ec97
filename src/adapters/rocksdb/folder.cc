#include "adapters/rocksdb/folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <string>

#include "adapters/rocksdb/record_format.h"

namespace tritontube::rocksdb {

namespace {

constexpr std::string_view kFormatName = "format";
// Names the database's manifest. Without it RocksDB takes what is there for nothing, and deletes
// it.
constexpr std::string_view kCurrentName = "CURRENT";
constexpr std::string_view kReserveName = "reserve";
constexpr std::string_view kFormatPrefix = "tritontube blobs ";

std::unexpected<Error> SystemError(std::string_view doing, const std::filesystem::path& path) {
  return Fail(ErrorCode::kUnavailable, "{} {}: {}", doing, path.string(), std::strerror(errno));
}

struct Contents {
  bool has_current = false;
  bool has_values = false;  // What RocksDB makes before its first file of them can be made again.
};

Result<Contents> LookInto(const std::filesystem::path& database) {
  Contents contents;
  std::error_code error;
  std::filesystem::directory_iterator entry(database, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    const std::string ending = entry->path().extension();
    if (entry->path().filename() == kCurrentName) contents.has_current = true;
    if (ending == ".sst" || ending == ".blob" || ending == ".log") contents.has_values = true;
  }
  if (!error || error == std::errc::no_such_file_or_directory) return contents;
  return Fail(ErrorCode::kUnavailable, "looking into {}: {}", database.string(), error.message());
}

}  // namespace

Result<std::unique_ptr<Folder>> Folder::Open(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return SystemError("opening the folder", path);
  std::unique_ptr<Folder> folder(new Folder(path, descriptor));
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    return Fail(ErrorCode::kFailedPrecondition,
                "the folder {} is in use by another process; stop that one first", path.string());
  }
  TT_RETURN_IF_ERROR(folder->CheckFormat());
  return folder;
}

Result<bool> Folder::IsMade(const std::filesystem::path& path) {
  TT_ASSIGN_OR_RETURN(const Contents contents, LookInto(DatabaseIn(path)));
  return contents.has_current || contents.has_values;
}

Folder::~Folder() { ::close(descriptor_); }

Result<void> Folder::CheckFormat() const {
  std::error_code error;
  if (!std::filesystem::exists(path_ / kFormatName, error)) {
    if (!std::filesystem::exists(database(), error)) return WriteFormat();
    return Fail(ErrorCode::kDataLoss,
                "the folder {} has lost its file 'format' and is damaged; bring back a copy with "
                "'tritontube restore'",
                path_.string());
  }
  TT_ASSIGN_OR_RETURN(const Contents contents, LookInto(database()));
  if (contents.has_values && !contents.has_current) {
    return Fail(ErrorCode::kDataLoss,
                "the folder {} has lost its file '{}' and is damaged; bring back a copy with "
                "'tritontube restore'",
                database().string(), kCurrentName);
  }
  std::ifstream file(path_ / kFormatName);
  std::string line;
  std::getline(file, line);
  int version = 0;
  const std::string_view number =
      line.starts_with(kFormatPrefix) ? std::string_view(line).substr(kFormatPrefix.size()) : "";
  const auto parsed = std::from_chars(number.data(), number.data() + number.size(), version);
  if (parsed.ec != std::errc() || version < 1) {
    return Fail(ErrorCode::kDataLoss,
                "the file 'format' in {} is damaged; bring back a copy of the folder with "
                "'tritontube restore'",
                path_.string());
  }
  if (version > kFormatVersion) {
    return Fail(ErrorCode::kFailedPrecondition,
                "the folder {} was written by a newer release (format {}, this release reads up to "
                "{}); start that release, or bring back an older copy with 'tritontube restore'",
                path_.string(), version, kFormatVersion);
  }
  return {};
}

Result<void> Folder::WriteFormat() const {
  const std::filesystem::path temporary = path_ / "format.new";
  const std::string line = fmt::format("{}{}\n", kFormatPrefix, kFormatVersion);
  const int file =
      ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (file < 0) return SystemError("writing", temporary);
  const bool written = ::write(file, line.data(), line.size()) == std::ssize(line);
  const bool durable = written && ::fsync(file) == 0;
  ::close(file);
  if (!durable) return SystemError("writing", temporary);
  if (::rename(temporary.c_str(), (path_ / kFormatName).c_str()) != 0 ||
      ::fsync(descriptor_) != 0) {
    return SystemError("renaming", temporary);
  }
  return {};
}

void Folder::KeepReserve(ByteCount size) const {
  const std::filesystem::path reserve = path_ / kReserveName;
  std::error_code error;
  if (std::filesystem::file_size(reserve, error) == size && !error) return;
  const int file = ::open(reserve.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (file < 0) return;
  const bool taken = ::posix_fallocate(file, 0, static_cast<off_t>(size)) == 0;
  ::close(file);
  if (!taken) GiveUpReserve();
}

void Folder::GiveUpReserve() const {
  std::error_code error;
  std::filesystem::remove(path_ / kReserveName, error);
}

Result<Folder::Space> Folder::MeasureSpace() const {
  struct statvfs disk{};
  if (::fstatvfs(descriptor_, &disk) != 0) return SystemError("asking for the space of", path_);
  // As df counts it: what a file system keeps for root, or a quota away, is nobody's, and a disk
  // that nobody can write to any more is full.
  const ByteCount used = ByteCount{disk.f_blocks} - disk.f_bfree;
  return Space{.free = ByteCount{disk.f_bavail} * disk.f_frsize,
               .capacity = (used + disk.f_bavail) * disk.f_frsize};
}

}  // namespace tritontube::rocksdb
