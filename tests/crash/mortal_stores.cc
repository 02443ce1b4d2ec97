#include "crash/mortal_stores.h"

#include <fmt/ranges.h>

namespace tritontube::crash {

namespace {

// "+video/row" for a put, "-open" for a delete: what the key is about, without
// times and ids.
std::string NameOf(const coordination::Operation& operation) {
  std::string_view about = operation.key;
  const std::size_t first = about.find('/');
  about = about.substr(0, about.starts_with("video/") ? about.find('/', first + 1) : first);
  return (operation.kind == coordination::Operation::Kind::kPut ? "+" : "-") + std::string(about);
}

// Empty when the transaction changes nothing.
std::string NameOf(const coordination::Txn& txn) {
  std::vector<std::string> names;
  for (const coordination::Operation& operation : txn.then) {
    if (operation.kind != coordination::Operation::Kind::kGet) names.push_back(NameOf(operation));
  }
  return fmt::format("{}", fmt::join(names, " "));
}

}  // namespace

async::Task<Result<coordination::TxnAnswer>> MortalCoordination::Commit(coordination::Txn txn,
                                                                        Deadline deadline) {
  const std::string name = NameOf(txn);
  if (name.empty()) co_return co_await engine().Commit(std::move(txn), deadline);
  const int step = steps_.Begin(name);
  Result<coordination::TxnAnswer> answer = co_await engine().Commit(std::move(txn), deadline);
  steps_.End(step, name);
  co_return answer;
}

async::Task<Result<void>> MortalBlobStore::Put(std::vector<blob::Blob> batch, Deadline deadline) {
  const std::string name = "put " + batch.front().key.file;
  const int step = steps_.Begin(name);
  Result<void> stored = co_await engine_.Put(std::move(batch), deadline);
  steps_.End(step, name);
  co_return stored;
}

async::Task<Result<void>> MortalBlobStore::RemoveUpload(VideoId video, UploadId upload,
                                                        Deadline deadline) {
  const std::string name = "remove an upload's blobs";
  const int step = steps_.Begin(name);
  Result<void> removed = co_await engine_.RemoveUpload(video, upload, deadline);
  steps_.End(step, name);
  co_return removed;
}

}  // namespace tritontube::crash
