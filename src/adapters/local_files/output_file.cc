#include "adapters/local_files/output_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "adapters/local_files/files.h"

namespace tritontube::local_files {

namespace {

// A sender that hears nothing for half a minute hangs up; so much is written in
// less, also by a slow disk.
constexpr ByteCount kUnsyncedBytesMax = ByteCount{64} << 20U;

}  // namespace

Result<OutputFile> OutputFile::Open(const std::filesystem::path& path, int flags) {
  process::FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0666));
  if (!file.valid()) return FailWithErrno(path);
  return OutputFile(std::move(file), path);
}

Result<OutputFile> OutputFile::Create(const std::filesystem::path& path) {
  return Open(path, O_TRUNC);
}

Result<OutputFile> OutputFile::Append(const std::filesystem::path& path) {
  return Open(path, O_APPEND);
}

Result<void> OutputFile::Write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file_.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return FailWithErrno(path_);
    bytes.remove_prefix(static_cast<std::size_t>(written));
    unsynced_bytes_ += static_cast<ByteCount>(written);
  }
  return unsynced_bytes_ < kUnsyncedBytesMax ? Result<void>() : Sync();
}

Result<void> OutputFile::Sync() {
  if (::fsync(file_.get()) != 0) return FailWithErrno(path_);
  unsynced_bytes_ = 0;
  return {};
}

}  // namespace tritontube::local_files
