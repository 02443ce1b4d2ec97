#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/ids.h"

// The names of what Coordination keeps; docs/formats.md lists them.
namespace tritontube::catalog {

// Everything that a video's view depends on lies under this one prefix.
inline constexpr std::string_view kVideoPrefix = "video/";
inline constexpr std::string_view kRowPrefix = "video/row/";
inline constexpr std::string_view kClaimPrefix = "video/claim/";
inline constexpr std::string_view kOrderPrefix = "order/";
inline constexpr std::string_view kOpenPrefix = "open/";
inline constexpr std::string_view kJobPrefix = "job/";
// Written by every proof that something is garbage; its value does not matter.
inline constexpr std::string_view kProofKey = "collector/proof";

std::string RowKey(const VideoId& id);
std::string UploadKey(const VideoId& id);
std::string ProgressKey(const VideoId& id);
std::string ClaimKey(const VideoId& id);
std::string BegunKey(const VideoId& id);
std::string OrderKey(WallTime created, const VideoId& id);
std::string OpenKey(const VideoId& id);
std::string JobKey(WallTime created, const VideoId& id);

// The video that a key of ours ends with.
std::optional<VideoId> VideoOf(std::string_view key);

// Where a list goes on: the order key in a form for URLs, and back.
std::string CursorOf(WallTime created, const VideoId& id);
std::optional<std::string> CursorOfOrderKey(std::string_view key);
std::optional<std::string> OrderKeyOfCursor(std::string_view cursor);

}  // namespace tritontube::catalog
