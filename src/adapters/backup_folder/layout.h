#pragma once

#include <filesystem>
#include <optional>
#include <string_view>
#include <utility>

#include "base/ids.h"

// Where things lie in the folder of a backup.
namespace tritontube::backup_folder {

// The list of videos; the folder is the backup that this file names.
inline constexpr std::string_view kVideosFile = "videos";
// One file for each upload that is whole.
inline constexpr std::string_view kUploadsFolder = "uploads";
// What a file is called until it is whole.
inline constexpr std::string_view kUnfinished = ".unfinished";

using UploadName = std::pair<VideoId, UploadId>;

std::filesystem::path VideosPath(const std::filesystem::path& folder);
std::filesystem::path UploadPath(const std::filesystem::path& folder, const UploadName& name);
// Nothing when no upload's file is called that.
std::optional<UploadName> UploadOfFile(std::string_view file_name);
std::filesystem::path Unfinished(const std::filesystem::path& path);

}  // namespace tritontube::backup_folder
