#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "domain/archive/record.h"

namespace tritontube::archive {

// Finds the records in bytes that come in pieces. Believes nothing: whatever
// Write() would not have written, or does not match its digest, is kCorrupt, and
// a format of later days kFailedPrecondition. Keeps one record in memory. Of no
// more use after an error.
class RecordReader {
 public:
  void Feed(std::string_view bytes);
  // The next whole record, nothing while more bytes are needed.
  Result<std::optional<Record>> Next();
  // True between two records, and when nothing came at all.
  bool AtBoundary() const { return at_ == buffer_.size() && !head_; }

 private:
  struct Head {
    std::string words;  // Without the digest.
    blob::Digest digest;
    ByteCount payload_size = 0;
  };

  Result<std::optional<std::string_view>> TakeLine();
  Result<bool> TakeBeginning();
  Result<bool> TakeHead();

  std::string buffer_;
  std::size_t at_ = 0;  // What stands before it has been read.
  bool begun_ = false;
  std::optional<Head> head_;  // Its payload is not all there yet.
};

}  // namespace tritontube::archive
