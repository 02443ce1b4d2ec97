#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "domain/archive/saved_backup.h"
#include "domain/catalog/catalog.h"

namespace tritontube::backup {

struct RestoreReport {
  std::uint64_t video_count = 0;
  std::uint64_t blob_count = 0;
  ByteCount byte_count = 0;
  // A sentence for each video that could not be restored, because its backup is
  // damaged. The others are.
  std::vector<std::string> problems = {};
};

// Puts a backup into stores that are empty. Each video's blobs are durable
// before its row is; every digest is checked. Videos that waited for a transcode,
// or for their extras, wait for it again.
//
// Reads with calls that block: for a program that does nothing else.
class Restorer {
 public:
  // Called after each video with what has been done so far.
  using Progress = std::function<void(const RestoreReport&)>;

  Restorer(catalog::Catalog& catalog, blob::BlobStore& store, Progress progress)
      : catalog_(catalog), store_(store), progress_(std::move(progress)) {}

  // An error is one of the stores or of the list of videos: nothing can be said
  // of what was restored then.
  async::Task<Result<RestoreReport>> Restore(const archive::SavedBackup& backup);

 private:
  async::Task<Result<void>> RestoreVideo(const archive::SavedBackup& backup, archive::Video video);
  async::Task<Result<void>> RestoreUpload(const archive::SavedBackup& backup, VideoId video,
                                          UploadId upload);
  async::Task<Result<void>> PutBatch(std::vector<blob::Blob> batch);

  catalog::Catalog& catalog_;
  blob::BlobStore& store_;
  const Progress progress_;
  RestoreReport report_;
};

}  // namespace tritontube::backup
