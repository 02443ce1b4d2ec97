#pragma once

#include <filesystem>
#include <utility>

#include "core/coordination/coordination.h"

namespace tritontube::sqlite {

// The last revision that was durable, in a file beside the database. A bit that
// turns in the log makes SQLite drop, without a word, all commits from there on;
// who opens the database finds a smaller revision in it than here.
//
// Written after each commit and not synced, because that would double what a
// commit costs: after a power cut it may be behind by what the kernel had not
// written yet. It is never ahead of what is durable. One thread at a time.
class CommitMark {
 public:
  static Result<CommitMark> Open(const std::filesystem::path& file);

  CommitMark(CommitMark&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
  CommitMark& operator=(CommitMark&&) = delete;
  ~CommitMark();

  // 0 when there is none, or none that can be read.
  coordination::Revision Read() const;
  // A failure is ignored: the mark is only further behind.
  void Write(coordination::Revision revision) const;

 private:
  explicit CommitMark(int file) : file_(file) {}

  int file_;
};

}  // namespace tritontube::sqlite
