#include "services/transcode/first_stored.h"

#include <vector>

namespace tritontube::transcode {

namespace {

constexpr std::chrono::seconds kStoreTimeout{60};

}  // namespace

async::Task<Result<blob::Bytes>> PutFirst(blob::BlobStore& store, blob::BlobKey key,
                                          blob::Bytes bytes) {
  std::vector<blob::Blob> batch;
  batch.push_back({.key = key, .bytes = bytes});
  const Result<void> put = co_await store.Put(std::move(batch), Deadline::After(kStoreTimeout));
  if (put) co_return bytes;
  if (put.error().code() != ErrorCode::kAlreadyExists) co_return std::unexpected(put.error());
  co_return co_await store.GetWhole(std::move(key), Deadline::After(kStoreTimeout));
}

std::unexpected<Error> IsAnotherOne(std::string_view file) {
  return Fail(ErrorCode::kAlreadyExists, "{} is stored already, and is another one", file);
}

}  // namespace tritontube::transcode
