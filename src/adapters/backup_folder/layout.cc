#include "adapters/backup_folder/layout.h"

#include <fmt/format.h>

namespace tritontube::backup_folder {

std::filesystem::path VideosPath(const std::filesystem::path& folder) {
  return folder / kVideosFile;
}

std::filesystem::path UploadPath(const std::filesystem::path& folder, const UploadName& name) {
  return folder / kUploadsFolder / fmt::format("{}.{}", name.first.text(), name.second.text());
}

std::optional<UploadName> UploadOfFile(std::string_view file_name) {
  if (file_name.size() != 2 * kIdLength + 1 || file_name[kIdLength] != '.') return std::nullopt;
  auto video = VideoId::Parse(file_name.substr(0, kIdLength));
  auto upload = UploadId::Parse(file_name.substr(kIdLength + 1));
  if (!video || !upload) return std::nullopt;
  return UploadName{*std::move(video), *std::move(upload)};
}

std::filesystem::path Unfinished(const std::filesystem::path& path) {
  return path.string() + std::string(kUnfinished);
}

}  // namespace tritontube::backup_folder
