#pragma once

#include "core/blob/blob_store.h"

namespace tritontube::transcode {

// Puts a blob that another attempt may have stored with other bytes: first stored
// stays. Returns what is stored afterwards.
async::Task<Result<blob::Bytes>> PutFirst(blob::BlobStore& store, blob::BlobKey key,
                                          blob::Bytes bytes);

}  // namespace tritontube::transcode
