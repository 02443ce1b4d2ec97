#include "adapters/backup_folder/backup_writer.h"

#include <algorithm>

#include "adapters/backup_folder/folder_backup.h"
#include "adapters/local_files/files.h"
#include "domain/catalog/codec.h"

namespace tritontube::backup_folder {

namespace fs = std::filesystem;
using local_files::OutputFile;

namespace {

std::unexpected<Error> OutOfPlace(std::string_view what) {
  return Fail(ErrorCode::kCorrupt, "the server's backup makes no sense: {}", what);
}

std::unexpected<Error> FailWith(const std::error_code& error, const fs::path& path) {
  return Fail(ErrorCode::kUnavailable, "{}: {}", path.string(), error.message());
}

Result<void> Append(OutputFile& file, const archive::Record& record) {
  for (const std::span<const std::byte> span : archive::Write(record).spans()) {
    TT_RETURN_IF_ERROR(file.Write(AsText(span)));
  }
  return {};
}

Result<OutputFile> NewFileOfRecords(const fs::path& path) {
  TT_ASSIGN_OR_RETURN(OutputFile file, OutputFile::Create(path));
  TT_RETURN_IF_ERROR(file.Write(archive::kBeginning));
  return file;
}

Result<std::vector<std::string>> NamesIn(const fs::path& folder) {
  std::error_code failed;
  std::vector<std::string> names;
  for (fs::directory_iterator at(folder, failed), end; !failed && at != end; at.increment(failed)) {
    names.push_back(at->path().filename());
  }
  if (failed) return FailWith(failed, folder);
  return names;
}

// A folder of ours, or one that is empty: nothing of anybody else's is removed.
Result<void> CheckIsOurs(const fs::path& folder) {
  TT_ASSIGN_OR_RETURN(const std::vector<std::string> names, NamesIn(folder));
  const bool ours = names.empty() || std::ranges::find(names, kUploadsFolder) != names.end();
  if (ours) return {};
  return Fail(ErrorCode::kFailedPrecondition,
              "{} has other things in it: name a new folder, or one with an earlier backup",
              folder.string());
}

// Nothing when there is no list, or none that can be read: such a one is replaced.
std::set<VideoId> VideosOf(const fs::path& folder) {
  std::set<VideoId> videos;
  const auto backup = FolderBackup::Open(folder);
  if (!backup) return videos;
  const auto list = backup->OpenVideos();
  if (!list) return videos;
  for (auto record = (*list)->Next(); record && *record; record = (*list)->Next()) {
    if (const auto* const video = std::get_if<archive::Video>(&**record)) videos.insert(video->id);
    if (const auto* const gone = std::get_if<archive::Gone>(&**record)) videos.erase(gone->id);
  }
  return videos;
}

}  // namespace

Result<BackupWriter> BackupWriter::Open(const fs::path& folder) {
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (failed) return FailWith(failed, folder);
  TT_RETURN_IF_ERROR(CheckIsOurs(folder));
  fs::create_directory(folder / kUploadsFolder, failed);
  if (failed) return FailWith(failed, folder);
  TT_ASSIGN_OR_RETURN(process::FileDescriptor lock, local_files::LockFolder(folder));
  TT_ASSIGN_OR_RETURN(OutputFile list, NewFileOfRecords(Unfinished(VideosPath(folder))));
  BackupWriter writer(folder, std::move(lock), std::move(list));
  TT_RETURN_IF_ERROR(writer.LookAround());
  return writer;
}

Result<void> BackupWriter::LookAround() {
  old_videos_ = VideosOf(folder_);
  TT_ASSIGN_OR_RETURN(const std::vector<std::string> names, NamesIn(folder_ / kUploadsFolder));
  for (const std::string& name : names) {
    if (const auto upload = UploadOfFile(name)) uploads_.insert(*upload);
    if (!name.ends_with(kUnfinished)) continue;
    std::error_code failed;
    fs::remove(folder_ / kUploadsFolder / name, failed);
    if (failed) return FailWith(failed, folder_ / kUploadsFolder / name);
  }
  return {};
}

Result<void> BackupWriter::Take(const archive::Record& record) {
  if (ended_) return OutOfPlace("something stands behind its end");
  return std::visit([this](const auto& kind) { return Handle(kind); }, record);
}

Result<void> BackupWriter::Handle(const archive::Video& video) {
  open_.reset();
  TT_ASSIGN_OR_RETURN(const catalog::VideoRow row, catalog::DecodeVideoRow(video.row));
  videos_.insert_or_assign(video.id, catalog::UploadsOf({.row = row}));
  return Append(list_, video);
}

Result<void> BackupWriter::Handle(const archive::Gone& gone) {
  open_.reset();
  videos_.erase(gone.id);
  if (!gone.problem.empty()) {
    summary_.left_out.push_back(fmt::format("video {}: {}", gone.id.text(), gone.problem));
  }
  return Append(list_, gone);
}

Result<void> BackupWriter::Handle(const archive::Upload& upload) {
  open_.reset();
  UploadName name{upload.video, upload.upload};
  TT_ASSIGN_OR_RETURN(OutputFile file, NewFileOfRecords(Unfinished(UploadPath(folder_, name))));
  open_ = OpenUpload{.name = std::move(name), .file = std::move(file)};
  return Append(open_->file, upload);
}

Result<void> BackupWriter::Handle(const archive::Blob& blob) {
  if (!open_) return OutOfPlace("a blob belongs to no upload");
  ++open_->found.blob_count;
  open_->found.byte_count += blob.bytes.size();
  return Append(open_->file, blob);
}

Result<void> BackupWriter::Handle(const archive::Stored& stored) {
  if (!open_ || open_->found != stored) return OutOfPlace("an upload is not complete");
  TT_RETURN_IF_ERROR(Append(open_->file, stored));
  TT_RETURN_IF_ERROR(open_->file.Sync());
  TT_RETURN_IF_ERROR(local_files::Rename(open_->file.path(), UploadPath(folder_, open_->name),
                                         local_files::Overwrite::kYes));
  ++summary_.new_upload_count;
  summary_.new_byte_count += stored.byte_count;
  uploads_.insert(open_->name);
  open_.reset();
  return {};
}

Result<void> BackupWriter::Handle(const archive::End& end) {
  if (end.video_count != videos_.size()) return OutOfPlace("its list of videos is not complete");
  summary_.video_count = end.video_count;
  ended_ = true;
  return Append(list_, end);
}

Result<void> BackupWriter::CheckUploads() const {
  for (const auto& [video, uploads] : videos_) {
    for (const UploadId& upload : uploads) {
      if (!uploads_.contains({video, upload})) return OutOfPlace("an upload was not sent");
    }
  }
  return {};
}

// A backup of another server, or of one that has lost everything, must not
// take the place of this one.
Result<void> BackupWriter::CheckIsTheSameServer() const {
  const bool shares =
      std::ranges::any_of(old_videos_, [&](const VideoId& id) { return videos_.contains(id); });
  if (old_videos_.empty() || shares) return {};
  return Fail(ErrorCode::kFailedPrecondition,
              "none of the {} videos of the backup in {} is on the server any more, so that backup "
              "was kept: to back up this server, name another folder",
              old_videos_.size(), folder_.string());
}

Result<BackupSummary> BackupWriter::Finish() {
  if (!ended_) {
    return Fail(ErrorCode::kDataLoss,
                "the server broke the backup off; the earlier one is as it was: start it again");
  }
  TT_RETURN_IF_ERROR(CheckUploads());
  TT_RETURN_IF_ERROR(CheckIsTheSameServer());
  TT_RETURN_IF_ERROR(list_.Sync());
  TT_RETURN_IF_ERROR(local_files::SyncFolder(folder_ / kUploadsFolder));
  TT_RETURN_IF_ERROR(
      local_files::Rename(list_.path(), VideosPath(folder_), local_files::Overwrite::kYes));
  TT_RETURN_IF_ERROR(local_files::SyncFolder(folder_));
  TT_RETURN_IF_ERROR(RemoveUnnamed());
  return summary_;
}

Result<void> BackupWriter::RemoveUnnamed() {
  for (const UploadName& name : uploads_) {
    const auto video = videos_.find(name.first);
    const bool named = video != videos_.end() &&
                       std::ranges::find(video->second, name.second) != video->second.end();
    if (named) continue;
    std::error_code failed;
    fs::remove(UploadPath(folder_, name), failed);
    if (failed) return FailWith(failed, UploadPath(folder_, name));
    ++summary_.removed_upload_count;
  }
  return {};
}

}  // namespace tritontube::backup_folder
