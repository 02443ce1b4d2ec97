#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "core/coordination/coordination.h"
#include "domain/archive/record.h"
#include "domain/catalog/video.h"

namespace tritontube::backup {

// What a backup must hold of a video beside its row.
struct Contents {
  std::vector<UploadId> uploads;
  std::optional<UploadId> original = {};  // The one of `uploads` that has the parts.
  ByteCount original_size = 0;

  bool operator==(const Contents&) const = default;
};

Contents ContentsOf(const catalog::VideoRow& row);

// The rows of all settled videos as they were at one revision, as records.
//
// Rows are read page by page while they change. What changed meanwhile is then
// told by a watch, and written behind the pages: as the last record of a video
// counts, together they are the state of the revision that was read last.
//
// Keeps a few dozen bytes for each video. One caller at a time.
class RowSnapshot {
 public:
  explicit RowSnapshot(coordination::Coordination& coordination) : coordination_(coordination) {}

  // The next records; perhaps none, though it is not complete.
  async::Task<Result<std::vector<archive::Record>>> Next(Deadline deadline);

  bool complete() const { return complete_; }
  coordination::Revision revision() const { return revision_; }
  // Requires: complete().
  std::map<VideoId, Contents>& videos() { return videos_; }

 private:
  using Records = std::vector<archive::Record>;

  async::Task<Result<Records>> NextPage(Deadline deadline);
  async::Task<Result<Records>> NextChanges(Deadline deadline);
  void Take(const coordination::KeyValue& item, Records& records);
  void Remove(const VideoId& id, std::string problem, Records& records);

  coordination::Coordination& coordination_;
  std::string after_;
  bool pages_read_ = false;
  bool complete_ = false;
  std::unique_ptr<coordination::Watch> watch_;  // From the first page on.
  coordination::Revision revision_ = 0;         // Of the last page.
  std::map<VideoId, Contents> videos_;
};

}  // namespace tritontube::backup
