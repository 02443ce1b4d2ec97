#pragma once

#include <optional>
#include <vector>

#include "core/blob/blob_store.h"
#include "domain/catalog/video.h"

namespace tritontube::verification {

// A blob that is to be read.
struct FileToCheck {
  blob::BlobKey key;
  // What is known of it from elsewhere than the blob itself.
  std::optional<ByteCount> size = {};
  std::optional<blob::Digest> digest = {};
  // A row or a presentation says that it is there. When it is not, that is
  // damage; otherwise it has merely gone since it was listed.
  bool promised = false;
  bool is_source_part = false;
};

// The blobs that are stored under the uploads that a video owns.
async::Task<Result<std::vector<blob::ScanItem>>> StoredFilesOf(blob::BlobStore& store,
                                                               const catalog::VideoRecord& record,
                                                               Deadline deadline);

// Every blob of a video, in the order of the keys: what is stored under the
// uploads it owns, and what must be. A presentation that cannot be read promises
// nothing but itself.
async::Task<Result<std::vector<FileToCheck>>> FilesOfVideo(blob::BlobStore& store,
                                                           const catalog::VideoRecord& record,
                                                           Deadline deadline);

}  // namespace tritontube::verification
