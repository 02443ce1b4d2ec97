#include "adapters/backup_folder/folder_backup.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "adapters/backup_folder/layout.h"
#include "adapters/local_files/files.h"
#include "domain/archive/record_reader.h"
#include "transport/process/file_descriptor.h"

namespace tritontube::backup_folder {

namespace {

constexpr std::size_t kReadBytes = 256UZ << 10U;

class FileRecords final : public archive::RecordSource {
 public:
  FileRecords(process::FileDescriptor file, std::filesystem::path path)
      : file_(std::move(file)), path_(std::move(path)) {}

  Result<std::optional<archive::Record>> Next() override {
    for (;;) {
      Result<std::optional<archive::Record>> record = reader_.Next();
      if (!record) return std::unexpected(std::move(record).error().Within(path_.string()));
      if (*record) return record;
      TT_ASSIGN_OR_RETURN(const bool more, ReadMore());
      if (more) continue;
      if (reader_.AtBoundary()) return std::nullopt;
      return Fail(ErrorCode::kCorrupt, "{}: the backup is damaged: the file is cut off",
                  path_.string());
    }
  }

 private:
  Result<bool> ReadMore() {
    buffer_.resize(kReadBytes);
    ssize_t size = -1;
    do {
      size = ::read(file_.get(), buffer_.data(), buffer_.size());
    } while (size < 0 && errno == EINTR);
    if (size < 0) return local_files::FailWithErrno(path_);
    reader_.Feed(std::string_view(buffer_).substr(0, static_cast<std::size_t>(size)));
    return size > 0;
  }

  process::FileDescriptor file_;
  const std::filesystem::path path_;
  std::string buffer_;
  archive::RecordReader reader_;
};

Result<std::unique_ptr<archive::RecordSource>> OpenRecords(const std::filesystem::path& path) {
  process::FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return local_files::FailWithErrno(path);
  return std::make_unique<FileRecords>(std::move(file), path);
}

}  // namespace

Result<FolderBackup> FolderBackup::Open(std::filesystem::path folder) {
  std::error_code failed;
  if (!std::filesystem::is_regular_file(VideosPath(folder), failed)) {
    return Fail(ErrorCode::kNotFound,
                "there is no backup in {}: name the folder that \"tritontube backup\" wrote",
                folder.string());
  }
  return FolderBackup(std::move(folder));
}

Result<std::unique_ptr<archive::RecordSource>> FolderBackup::OpenVideos() const {
  return OpenRecords(VideosPath(folder_));
}

Result<std::unique_ptr<archive::RecordSource>> FolderBackup::OpenUpload(
    const VideoId& video, const UploadId& upload) const {
  return OpenRecords(UploadPath(folder_, {video, upload}));
}

}  // namespace tritontube::backup_folder
