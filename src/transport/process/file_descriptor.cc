#include "transport/process/file_descriptor.h"

#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace tritontube::process {

FileDescriptor::~FileDescriptor() {
  if (valid()) ::close(descriptor_);
}

std::unexpected<Error> FailWithErrno(std::string_view subject) {
  const int error = errno;
  ErrorCode code = ErrorCode::kInternal;
  if (error == EMFILE || error == ENFILE || error == ENOMEM || error == EAGAIN) {
    code = ErrorCode::kResourceExhausted;
  } else if (error == ENOENT) {
    code = ErrorCode::kNotFound;
  } else if (error == EACCES || error == EPERM) {
    code = ErrorCode::kPermissionDenied;
  }
  return Fail(code, "{}: {}", subject, std::generic_category().message(error));
}

}  // namespace tritontube::process
