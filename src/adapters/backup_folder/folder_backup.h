#pragma once

#include <filesystem>

#include "domain/archive/saved_backup.h"

namespace tritontube::backup_folder {

// Reads the backup that a folder holds.
class FolderBackup final : public archive::SavedBackup {
 public:
  // kNotFound when there is no whole backup in the folder.
  static Result<FolderBackup> Open(std::filesystem::path folder);

  Result<std::unique_ptr<archive::RecordSource>> OpenVideos() const override;
  Result<std::unique_ptr<archive::RecordSource>> OpenUpload(const VideoId& video,
                                                            const UploadId& upload) const override;

 private:
  explicit FolderBackup(std::filesystem::path folder) : folder_(std::move(folder)) {}

  std::filesystem::path folder_;
};

}  // namespace tritontube::backup_folder
