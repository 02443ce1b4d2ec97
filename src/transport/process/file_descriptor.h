#pragma once

#include <string_view>
#include <utility>

#include "base/error.h"

namespace tritontube::process {

// Owns one file descriptor.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int descriptor) : descriptor_(descriptor) {}
  FileDescriptor(FileDescriptor&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~FileDescriptor();

  bool valid() const { return descriptor_ >= 0; }
  int get() const { return descriptor_; }
  int Release() { return std::exchange(descriptor_, -1); }

 private:
  int descriptor_ = -1;
};

// What errno says about `subject`: kResourceExhausted when something ran out,
// kNotFound, kPermissionDenied, otherwise kInternal.
std::unexpected<Error> FailWithErrno(std::string_view subject);

}  // namespace tritontube::process
