#pragma once

#include <filesystem>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "base/error.h"
#include "core/blob/bytes.h"

namespace tritontube::scratch {

// A file that has its full size from the beginning and takes room only where it
// was written. What was not reads as zeros.
//
// Blocks; safe to use from any thread, for bytes that nobody else writes then.
class SparseFile {
 public:
  // Requires: there is no such file yet.
  static Result<SparseFile> Create(std::filesystem::path path, ByteCount size);
  SparseFile(SparseFile&& other) noexcept
      : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)) {}
  SparseFile& operator=(SparseFile&&) = delete;
  ~SparseFile();

  const std::filesystem::path& path() const { return path_; }

  Result<void> Write(ByteCount offset, const blob::Bytes& bytes) const;
  // Requires: the bytes lie in the file.
  Result<std::string> Read(ByteCount offset, ByteCount length) const;

 private:
  SparseFile(std::filesystem::path path, int descriptor)
      : path_(std::move(path)), descriptor_(descriptor) {}

  std::filesystem::path path_;
  int descriptor_;
};

}  // namespace tritontube::scratch
