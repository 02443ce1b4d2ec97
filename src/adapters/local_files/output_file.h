#pragma once

#include <filesystem>
#include <string_view>

#include "base/bytes.h"
#include "base/error.h"
#include "transport/process/file_descriptor.h"

namespace tritontube::local_files {

// A file that is being written. Calls block. Errors name the file and are
// kResourceExhausted when the disk is full.
class OutputFile {
 public:
  // Empties a file that is there.
  static Result<OutputFile> Create(const std::filesystem::path& path);
  // Goes on behind what is there.
  static Result<OutputFile> Append(const std::filesystem::path& path);

  // Waits for the disk now and then, so that a Sync() of much is not long.
  Result<void> Write(std::string_view bytes);
  // What was written survives a power cut, once its folder is synced too.
  Result<void> Sync();

  const std::filesystem::path& path() const { return path_; }

 private:
  OutputFile(process::FileDescriptor file, std::filesystem::path path)
      : file_(std::move(file)), path_(std::move(path)) {}
  static Result<OutputFile> Open(const std::filesystem::path& path, int flags);

  process::FileDescriptor file_;
  std::filesystem::path path_;
  ByteCount unsynced_bytes_ = 0;
};

}  // namespace tritontube::local_files
