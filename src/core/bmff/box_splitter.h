#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "core/blob/bytes.h"
#include "core/bmff/box.h"

namespace tritontube::bmff {

// A whole top-level box, its header included.
struct TopLevelBox {
  FourCc type = 0;
  blob::Bytes bytes;
};

// Cuts a stream that arrives in pieces of any size into its top-level boxes.
// Holds at most one unfinished box, which is never larger than the caller's
// limit. Not synchronized.
class BoxSplitter {
 public:
  explicit BoxSplitter(ByteCount box_bytes_max) : box_bytes_max_(box_bytes_max) {}

  // The boxes that these bytes complete. Errors: kInvalidArgument for a size
  // that is zero, smaller than its header or over the limit; every later call
  // then fails too, because nothing tells where the next box begins.
  Result<std::vector<TopLevelBox>> Push(std::span<const std::byte> bytes);
  // To be called at the end of the stream. Errors: kInvalidArgument when the
  // stream ended within a box.
  Result<void> Finish() const;

 private:
  Result<void> ReadSize();

  ByteCount box_bytes_max_;
  std::string pending_;
  ByteCount size_ = 0;  // Of the pending box; 0 until its header is complete.
  bool failed_ = false;
};

}  // namespace tritontube::bmff
