#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "core/bmff/source_scanner.h"
#include "domain/packaging/source_plan.h"

namespace tritontube::packaging {

// A file on a disk, read by ranges as a server reads a stored upload.
class SourceFile {
 public:
  explicit SourceFile(const std::filesystem::path& path)
      : file_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)),
        size_(std::filesystem::file_size(path)) {}
  ~SourceFile() { ::close(file_); }
  SourceFile(const SourceFile&) = delete;
  SourceFile& operator=(const SourceFile&) = delete;

  std::string Read(bmff::ByteRange range) const {
    std::string bytes(range.length, '\0');
    const auto got = ::pread(file_, bytes.data(), bytes.size(), static_cast<off_t>(range.offset));
    TT_ASSERT(got == static_cast<ssize_t>(bytes.size()), "{} of {} bytes", got, bytes.size());
    return bytes;
  }

  Result<std::shared_ptr<const SourceMovie>> Open() const {
    bmff::SourceScanner scanner(size_);
    while (const auto range = scanner.wanted()) {
      const std::string bytes = Read(*range);
      TT_RETURN_IF_ERROR(scanner.Feed(AsBytes(bytes)));
    }
    return SourceMovie::Open(std::move(scanner).Take(), size_);
  }

  std::string Read(const GatherList& list) const {
    std::string bytes = list.head;
    for (const bmff::ByteRange& range : list.ranges) bytes += Read(range);
    return bytes;
  }

 private:
  const int file_;
  const ByteCount size_;
};

}  // namespace tritontube::packaging
