#pragma once

#include <filesystem>
#include <memory>

#include "base/bytes.h"
#include "base/error.h"

namespace tritontube::rocksdb {

// The store's folder: who has it, which format it has, and the reserve that is
// given up when the disk is full.
//
//   format    the version of everything here, as text
//   reserve   a file of nothing
//   db/       RocksDB's own
class Folder {
 public:
  // Makes the folder when it is missing and locks it until destroyed.
  static Result<std::unique_ptr<Folder>> Open(const std::filesystem::path& path);
  // Whether there is a store, in whatever state. kUnavailable when that cannot be seen.
  static Result<bool> IsMade(const std::filesystem::path& path);
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path database() const { return DatabaseIn(path_); }

  // Takes the reserve from the disk unless it is there; a full disk has none.
  void KeepReserve(ByteCount size) const;
  void GiveUpReserve() const;

  struct Space {
    ByteCount free = 0;
    ByteCount capacity = 0;
  };
  Result<Space> MeasureSpace() const;

 private:
  static std::filesystem::path DatabaseIn(const std::filesystem::path& path) { return path / "db"; }
  Folder(std::filesystem::path path, int descriptor)
      : path_(std::move(path)), descriptor_(descriptor) {}
  Result<void> CheckFormat() const;
  Result<void> WriteFormat() const;

  std::filesystem::path path_;
  int descriptor_;  // Of the folder itself; carries the lock.
};

}  // namespace tritontube::rocksdb
