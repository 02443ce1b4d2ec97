#pragma once

#include <memory>
#include <string>

#include "core/blob/bytes.h"
#include "simulation/context.h"

namespace tritontube::simulation {

// The bytes of blobs that a process holds: from when they are counted until their last copy is
// gone, which may be after the process. More than it may hold is a violation (I10).
class HeldBytes {
 public:
  HeldBytes(Context& context, std::string who, ByteCount most)
      : context_(context), who_(std::move(who)), most_(most) {}

  // These bytes, counted.
  blob::Bytes Count(std::string bytes);

 private:
  Context& context_;
  const std::string who_;
  const ByteCount most_;
  const std::shared_ptr<ByteCount> held_ = std::make_shared<ByteCount>(0);
};

}  // namespace tritontube::simulation
