#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "adapters/backup_folder/layout.h"
#include "adapters/local_files/output_file.h"
#include "domain/archive/record.h"

namespace tritontube::backup_folder {

struct BackupSummary {
  std::uint64_t video_count = 0;
  std::uint64_t new_upload_count = 0;
  ByteCount new_byte_count = 0;
  std::uint64_t removed_upload_count = 0;
  // A sentence for each video that is not in the backup because the server has
  // it damaged.
  std::vector<std::string> left_out = {};
};

// Brings a folder to a newer backup, from records as they come.
//
// The folder holds the backup that was there, whole, until Finish() puts the new
// list of videos in its place; only then files that no video names are removed.
// Stopped anywhere, the next backup goes on with the uploads that are whole.
//
// Calls block. One caller.
class BackupWriter {
 public:
  // Makes the folder when it is missing. kFailedPrecondition when another backup
  // is being written there, and when there are other things in it.
  static Result<BackupWriter> Open(const std::filesystem::path& folder);

  // What need not be sent again.
  const std::set<UploadName>& uploads() const { return uploads_; }

  // kCorrupt when a record cannot be where it stands.
  Result<void> Take(const archive::Record& record);
  // kDataLoss when the records broke off; kFailedPrecondition when the folder's
  // backup and the new one have no video in common.
  Result<BackupSummary> Finish();

 private:
  struct OpenUpload {
    UploadName name;
    local_files::OutputFile file;
    archive::Stored found = {};
  };

  BackupWriter(std::filesystem::path folder, process::FileDescriptor lock,
               local_files::OutputFile videos)
      : folder_(std::move(folder)), lock_(std::move(lock)), list_(std::move(videos)) {}

  Result<void> LookAround();
  Result<void> Handle(const archive::Video& video);
  Result<void> Handle(const archive::Gone& gone);
  Result<void> Handle(const archive::Upload& upload);
  Result<void> Handle(const archive::Blob& blob);
  Result<void> Handle(const archive::Stored& stored);
  Result<void> Handle(const archive::End& end);
  Result<void> CheckUploads() const;
  Result<void> CheckIsTheSameServer() const;
  Result<void> RemoveUnnamed();

  std::filesystem::path folder_;
  process::FileDescriptor lock_;
  local_files::OutputFile list_;  // The new list of videos.
  std::set<VideoId> old_videos_;
  std::set<UploadName> uploads_;  // Those that are whole.
  std::map<VideoId, std::vector<UploadId>> videos_;
  std::optional<OpenUpload> open_;
  bool ended_ = false;
  BackupSummary summary_;
};

}  // namespace tritontube::backup_folder
