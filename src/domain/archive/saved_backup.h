#pragma once

#include <memory>
#include <optional>

#include "base/error.h"
#include "domain/archive/record.h"

namespace tritontube::archive {

// Records one after another. Blocks while it reads.
class RecordSource {
 public:
  virtual ~RecordSource() = default;
  // Nothing at the end; kCorrupt when it ends within a record.
  virtual Result<std::optional<Record>> Next() = 0;
};

// A whole backup, wherever it is kept.
class SavedBackup {
 public:
  virtual ~SavedBackup() = default;
  // Video and Gone records, then End.
  virtual Result<std::unique_ptr<RecordSource>> OpenVideos() const = 0;
  // Upload, Blob records, then Stored. kNotFound when it is not there.
  virtual Result<std::unique_ptr<RecordSource>> OpenUpload(const VideoId& video,
                                                           const UploadId& upload) const = 0;
};

}  // namespace tritontube::archive
