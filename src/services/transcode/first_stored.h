#pragma once

#include <string_view>

#include "core/blob/blob_store.h"

namespace tritontube::transcode {

// Puts a blob that another attempt may have stored with other bytes: first stored
// stays. Returns what is stored afterwards.
async::Task<Result<blob::Bytes>> PutFirst(blob::BlobStore& store, blob::BlobKey key,
                                          blob::Bytes bytes);
// kAlreadyExists: what is stored under the name cannot be gone on with.
std::unexpected<Error> IsAnotherOne(std::string_view file);

}  // namespace tritontube::transcode
