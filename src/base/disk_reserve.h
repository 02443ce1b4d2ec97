#pragma once

#include <filesystem>

#include "base/bytes.h"

namespace tritontube {

// A file of nothing, that is given up when the disk is full so that deleting has
// room to work in, and taken back when there is room again. Blocks; one thread
// at a time.
class DiskReserve {
 public:
  DiskReserve(std::filesystem::path file, ByteCount size) : file_(std::move(file)), size_(size) {}

  // Takes it from the disk unless it is there. False when the disk has no room.
  bool Keep() const;
  // False when there was none.
  bool GiveUp() const;

  ByteCount size() const { return size_; }
  // What its disk has left; 0 when it does not tell.
  ByteCount free_bytes() const;

 private:
  std::filesystem::path file_;
  ByteCount size_;
};

}  // namespace tritontube
