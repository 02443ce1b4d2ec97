#include "services/transcode/first_stored.h"

#include <vector>

#include "services/transcode/attempt_limits.h"

namespace tritontube::transcode {

async::Task<Result<blob::Bytes>> PutFirst(blob::BlobStore& store, blob::BlobKey key,
                                          blob::Bytes bytes) {
  std::vector<blob::Blob> batch;
  batch.push_back({.key = key, .bytes = bytes});
  const Result<void> put = co_await store.Put(std::move(batch), StoreDeadline());
  if (put) co_return bytes;
  if (put.error().code() != ErrorCode::kAlreadyExists) co_return std::unexpected(put.error());
  co_return co_await store.GetWhole(std::move(key), StoreDeadline());
}

std::unexpected<Error> IsAnotherOne(std::string_view file) {
  return Fail(ErrorCode::kAlreadyExists, "{} is stored already, and is another one", file);
}

}  // namespace tritontube::transcode
