#include "services/scratch/sparse_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "services/scratch/system_error.h"

namespace tritontube::scratch {

std::unexpected<Error> SystemError(std::string_view doing, const std::filesystem::path& path,
                                   int error) {
  const ErrorCode code =
      error == ENOSPC || error == EDQUOT ? ErrorCode::kResourceExhausted : ErrorCode::kUnavailable;
  return Fail(code, "{} {}: {}", doing, path.string(), std::strerror(error));
}

Result<SparseFile> SparseFile::Create(std::filesystem::path path, ByteCount size) {
  const int descriptor = open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0) return SystemError("creating", path, errno);
  SparseFile file(std::move(path), descriptor);
  if (ftruncate(descriptor, static_cast<off_t>(size)) != 0) {
    return SystemError("making room in", file.path(), errno);
  }
  return file;
}

SparseFile::~SparseFile() {
  if (descriptor_ >= 0) close(descriptor_);
}

Result<void> SparseFile::Write(ByteCount offset, const blob::Bytes& bytes) const {
  for (std::span<const std::byte> span : bytes.spans()) {
    while (!span.empty()) {
      const ssize_t count =
          pwrite(descriptor_, span.data(), span.size(), static_cast<off_t>(offset));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return SystemError("writing", path_, errno);
      span = span.subspan(static_cast<std::size_t>(count));
      offset += static_cast<ByteCount>(count);
    }
  }
  return {};
}

Result<std::string> SparseFile::Read(ByteCount offset, ByteCount length) const {
  std::string bytes(length, '\0');
  for (ByteCount done = 0; done < length;) {
    const ssize_t count =
        pread(descriptor_, bytes.data() + done, length - done, static_cast<off_t>(offset + done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return SystemError("reading", path_, errno);
    if (count == 0) {
      return Fail(ErrorCode::kUnavailable, "{} was cut off by somebody", path_.string());
    }
    done += static_cast<ByteCount>(count);
  }
  return bytes;
}

}  // namespace tritontube::scratch
