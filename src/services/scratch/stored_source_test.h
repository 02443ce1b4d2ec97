#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "domain/sources/source_parts.h"
#include "foundation/async/io_pool.h"
#include "support/blocking_blob_store.h"

namespace tritontube::scratch {

// Puts an original into a store, in its parts.
inline sources::SourceKey StoreSource(blob::BlobStore& store, std::string_view bytes, int number) {
  support::BlockingBlobStore blocking(store);
  const blob::BlobKey key = support::TestKey("", number, number);
  for (ByteCount at = 0; at < bytes.size(); at += sources::kPartBytes) {
    blob::BlobKey part = key;
    part.file = sources::PartFileName(at / sources::kPartBytes);
    const auto stored =
        blocking.Put(std::move(part), std::string(bytes.substr(at, sources::kPartBytes)));
    EXPECT_TRUE(stored) << stored.error().message();
  }
  return {.video = key.video, .upload = key.upload, .size = bytes.size()};
}

}  // namespace tritontube::scratch
