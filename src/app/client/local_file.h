#pragma once

#include <filesystem>
#include <string>

#include "adapters/http_client/http_client.h"
#include "core/bmff/source_scanner.h"
#include "transport/process/file_descriptor.h"

namespace tritontube::client {

// A file that is to be sent, open to be read.
class LocalFile {
 public:
  // kInvalidArgument for what is no file.
  static Result<LocalFile> Open(std::filesystem::path path);

  ByteCount size() const { return size_; }
  const std::filesystem::path& path() const { return path_; }
  std::string name() const { return path_.filename(); }

  // kAborted when the file has become shorter.
  Result<std::string> Read(bmff::ByteRange range) const;
  // A body of these bytes, read while it is sent. The file outlives it.
  http_client::OutgoingFile Outgoing(bmff::ByteRange range) const;

 private:
  LocalFile(std::filesystem::path path, process::FileDescriptor descriptor, ByteCount size)
      : path_(std::move(path)), descriptor_(std::move(descriptor)), size_(size) {}

  Result<std::size_t> ReadAt(ByteCount offset, std::span<char> buffer) const;

  std::filesystem::path path_;
  process::FileDescriptor descriptor_;
  ByteCount size_;
};

// What a server must have before it can show anything of a film, when that does not
// stand at its beginning: the index behind the pictures. Empty for other files.
bmff::ByteRange IndexBehind(const LocalFile& file);

}  // namespace tritontube::client
