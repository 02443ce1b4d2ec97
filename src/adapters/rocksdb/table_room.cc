#include "adapters/rocksdb/table_room.h"

#include <rocksdb/file_system.h>

#include <string_view>

#include "base/error.h"

namespace tritontube::rocksdb {

namespace rdb = ::rocksdb;

namespace {

// An empty table with its properties takes some 1,100 bytes.
constexpr std::uint64_t kRoomBytes = 64U << 10U;

class FileSystemWithRoom final : public rdb::FileSystemWrapper {
 public:
  using FileSystemWrapper::FileSystemWrapper;

  const char* Name() const override { return "FileSystemWithRoom"; }
  rdb::IOStatus NewWritableFile(const std::string& name, const rdb::FileOptions& options,
                                std::unique_ptr<rdb::FSWritableFile>* file,
                                rdb::IODebugContext* context) override {
    rdb::IOStatus status = FileSystemWrapper::NewWritableFile(name, options, file, context);
    if (!status.ok() || !std::string_view(name).ends_with(".sst")) return status;
    // RocksDB cuts what is not used when it closes the file.
    rdb::IOStatus room = (*file)->Allocate(0, kRoomBytes, options.io_options, context);
    if (!room.IsNoSpace()) return status;  // Where room cannot be asked for, it is found out later.
    file->reset();
    Ignore(DeleteFile(name, options.io_options, context), "an empty file, of which nobody knows");
    return room;
  }
};

}  // namespace

std::unique_ptr<rdb::Env> WithRoomForTables(rdb::Env* base) {
  if (base == nullptr) base = rdb::Env::Default();
  return rdb::NewCompositeEnv(std::make_shared<FileSystemWithRoom>(base->GetFileSystem()));
}

}  // namespace tritontube::rocksdb
