#pragma once

#include <optional>
#include <string>

#include "base/error.h"
#include "core/blob/bytes.h"
#include "foundation/async/task.h"

namespace tritontube::upload {

// A file on its way in: a request's body, or the file part of a form.
class Incoming {
 public:
  virtual ~Incoming() = default;

  // The next bytes, nothing at the end. An error ends the upload: kCancelled
  // when the sender went away.
  virtual async::Task<Result<std::optional<blob::Bytes>>> Next() = 0;

  // What the sender says the file is called, and what the video shall be
  // called; both are data and never a path. Fields of a form may come before or
  // behind the file, so the answers may change until the end.
  virtual std::string FileName() const = 0;
  virtual std::optional<std::string> Title() const = 0;
  // The file's size, when the sender has told it.
  virtual std::optional<ByteCount> Length() const = 0;

  // For the log: which request brings it, and from where.
  virtual std::string RequestId() const { return {}; }
  virtual std::string RemoteAddress() const { return {}; }
};

}  // namespace tritontube::upload
