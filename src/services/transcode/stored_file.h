#pragma once

#include <filesystem>

#include "core/blob/blob_store.h"
#include "services/scratch/scratch_space.h"

namespace tritontube::transcode {

struct FilePlace {
  VideoId video;
  UploadId upload;
};

// Stores a file in parts, as an original is stored; parts that are there already stay. Gives its
// size. Errors: those of the store; kAlreadyExists when another file is stored there.
async::Task<Result<ByteCount>> StoreFile(scratch::ScratchSpace& scratch, blob::BlobStore& store,
                                         std::filesystem::path file, FilePlace place);

}  // namespace tritontube::transcode
