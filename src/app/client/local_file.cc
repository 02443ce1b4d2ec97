#include "app/client/local_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "adapters/local_files/files.h"

namespace tritontube::client {

namespace {

// An index that begins within these bytes comes soon enough by itself.
constexpr ByteCount kSoonBytes = ByteCount{8} << 20U;
// One for the head, one behind the pictures, and the index: more are fragments,
// which are told only by the whole file.
constexpr int kReadsMax = 4;

}  // namespace

Result<LocalFile> LocalFile::Open(std::filesystem::path path) {
  process::FileDescriptor descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!descriptor.valid()) return local_files::FailWithErrno(path);
  struct stat status{};
  if (::fstat(descriptor.get(), &status) != 0) return local_files::FailWithErrno(path);
  if (!S_ISREG(status.st_mode)) {
    return Fail(ErrorCode::kInvalidArgument, "{} is no file: name the videos themselves",
                path.string());
  }
  return LocalFile(std::move(path), std::move(descriptor), static_cast<ByteCount>(status.st_size));
}

Result<std::size_t> LocalFile::ReadAt(ByteCount offset, std::span<char> buffer) const {
  ssize_t size = -1;
  do {
    size = ::pread(descriptor_.get(), buffer.data(), buffer.size(), static_cast<off_t>(offset));
  } while (size < 0 && errno == EINTR);
  if (size < 0) return local_files::FailWithErrno(path_);
  if (size == 0) {
    return Fail(ErrorCode::kAborted, "{} became shorter while it was read", path_.string());
  }
  return static_cast<std::size_t>(size);
}

Result<std::string> LocalFile::Read(bmff::ByteRange range) const {
  std::string bytes(range.length, '\0');
  for (ByteCount at = 0; at < range.length;) {
    TT_ASSIGN_OR_RETURN(const std::size_t size,
                        ReadAt(range.offset + at, std::span(bytes).subspan(at)));
    at += size;
  }
  return bytes;
}

http_client::OutgoingFile LocalFile::Outgoing(bmff::ByteRange range) const {
  return {.size = range.length,
          .read = [this, at = range.offset,
                   end = range.end()](std::span<char> buffer) mutable -> Result<std::size_t> {
            if (at == end) return 0;
            TT_ASSIGN_OR_RETURN(const std::size_t size,
                                ReadAt(at, buffer.first(std::min(buffer.size(), end - at))));
            at += size;
            return size;
          }};
}

bmff::ByteRange IndexBehind(const LocalFile& file) {
  bmff::SourceScanner scanner(file.size());
  bmff::ByteRange index;
  for (int reads = 0; const auto wanted = scanner.wanted(); ++reads) {
    if (reads == kReadsMax) return {};
    const Result<std::string> bytes = file.Read(*wanted);
    if (!bytes || !scanner.Feed(AsBytes(*bytes))) return {};
    if (wanted->offset < kSoonBytes) continue;
    if (index.length == 0) index.offset = wanted->offset;
    index.length = wanted->end() - index.offset;
  }
  return index;
}

}  // namespace tritontube::client
