#pragma once

#include <string>
#include <string_view>
#include <vector>

// Small pictures of a whole video, side by side on sheets: what a seek bar shows.
namespace tritontube::media {

inline constexpr std::size_t kTileColumns = 10;
inline constexpr std::size_t kTilesPerSheet = 100;
inline constexpr std::size_t kStoryboardSheetsMax = 10;

inline constexpr std::string_view kStoryboardFile = "storyboard.vtt";
// Sheets count from 1: "storyboard-001.jpg".
std::string StoryboardSheetFile(std::size_t number);

struct StoryboardPlan {
  std::string rendition;  // The pictures are taken from this one.
  double duration_seconds = 0;
  int tile_width = 0;
  int tile_height = 0;
  std::vector<double> tile_starts = {};  // Seconds; each tile stands until the next.
  // Either a tile every so often, all on one sheet, or (then this is 0) the first
  // picture of every n-th segment.
  double interval_seconds = 0;
  std::size_t segment_step = 1;

  bool operator==(const StoryboardPlan&) const = default;
};

// One sheet, as it is asked of the tools.
struct SheetPlan {
  int tile_width = 0;
  int tile_height = 0;
  std::size_t tile_count = 0;
  double interval_seconds = 0;  // 0: every key picture is a tile.
};

}  // namespace tritontube::media
