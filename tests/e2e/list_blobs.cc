// list_blobs FOLDER: prints "VIDEO/UPLOAD/FILE SIZE DIGEST" for everything that a stopped server's
// blob store holds.
#include <fmt/format.h>

#include <optional>

#include "adapters/rocksdb/rocksdb_blob_store.h"
#include "foundation/async/io_pool.h"

namespace {

using tritontube::Deadline;
using tritontube::Result;
namespace blob = tritontube::blob;

tritontube::async::Task<Result<void>> PrintAll(blob::BlobStore& store) {
  blob::ScanRequest request;
  for (bool more = true; more;) {
    TT_CO_ASSIGN_OR_RETURN(const blob::ScanPage page,
                           co_await store.Scan(request, Deadline::Never()));
    for (const blob::ScanItem& item : page.items) {
      fmt::print("{} {} {:016x}{:016x}\n", blob::ToText(item.key), item.stat.size,
                 item.stat.digest.high, item.stat.digest.low);
    }
    more = page.more;
    if (more) request.after = page.items.back().key;
  }
  co_return Result<void>();
}

}  // namespace

int main(int argument_count, char** arguments) {
  if (argument_count != 2) {
    fmt::print(stderr, "usage: list_blobs FOLDER\n");
    return 2;
  }
  const tritontube::async::IoPool io(1);
  const auto store = tritontube::rocksdb::RocksdbBlobStore::Open(arguments[1]);
  const Result<void> printed = store ? tritontube::async::BlockOn(io.executor(0), PrintAll(**store))
                                     : std::unexpected(store.error());
  if (printed) return 0;
  fmt::print(stderr, "list_blobs: {}\n", printed.error().message());
  return 1;
}
