#include "domain/timed_text/storyboard.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ranges>

#include "domain/timed_text/webvtt.h"

namespace tritontube::timed_text {

namespace {

using media::Rendition;
using media::StoryboardPlan;

constexpr int kTileSideMax = 160;
constexpr int kTileSideMin = 16;
constexpr std::size_t kTilesMax = media::kTilesPerSheet * media::kStoryboardSheetsMax;
// Short videos get a tile each second, or two: all their pictures are decoded,
// which for so little costs nothing.
constexpr double kEverySecondMax = 100;
constexpr double kEveryOtherSecondMax = 200;

int Side(double pixels) {
  return std::clamp(static_cast<int>(std::lround(pixels / 2)) * 2, kTileSideMin, kTileSideMax);
}

void FitTile(StoryboardPlan& plan, const Rendition& rung) {
  const double scale = static_cast<double>(kTileSideMax) / std::max(rung.width, rung.height);
  plan.tile_width = Side(rung.width * scale);
  plan.tile_height = Side(rung.height * scale);
}

double StartOf(const Rendition& rung, std::size_t segment) {
  return static_cast<double>(rung.segments[segment].start) / rung.timescale;
}

// Of every n-th segment the first picture, which decodes alone.
void TileSegments(StoryboardPlan& plan, const Rendition& rung) {
  const std::size_t count = rung.segments.size();
  plan.segment_step = (count + kTilesMax - 1) / kTilesMax;
  for (std::size_t segment = 0; segment < count; segment += plan.segment_step) {
    plan.tile_starts.push_back(StartOf(rung, segment));
  }
}

void TileEvenly(StoryboardPlan& plan, double interval_seconds) {
  plan.interval_seconds = interval_seconds;
  const auto count = std::max(1L, std::lround(plan.duration_seconds / interval_seconds));
  for (int tile = 0; tile < count; ++tile) plan.tile_starts.push_back(tile * interval_seconds);
}

std::chrono::milliseconds Milliseconds(double seconds) {
  return std::chrono::milliseconds(std::llround(seconds * 1000));
}

}  // namespace

std::optional<StoryboardPlan> PlanStoryboard(const media::Presentation& presentation) {
  const auto is_video = [](const Rendition& r) {
    return r.kind == media::Kind::kVideo && !r.segments.empty() && r.width > 0 && r.height > 0;
  };
  auto rungs = presentation.renditions | std::views::filter(is_video);
  if (rungs.empty()) return std::nullopt;
  const Rendition& rung = *std::ranges::min_element(rungs, {}, &Rendition::height);
  StoryboardPlan plan{.rendition = rung.id, .duration_seconds = media::DurationSeconds(rung)};
  FitTile(plan, rung);
  if (plan.duration_seconds <= kEverySecondMax) {
    TileEvenly(plan, 1);
  } else if (plan.duration_seconds <= kEveryOtherSecondMax) {
    TileEvenly(plan, 2);
  } else {
    TileSegments(plan, rung);
  }
  return plan;
}

std::optional<StoryboardPlan> PlanStoryboardOfSource(const std::vector<Rendition>& shown) {
  const auto pictures = std::ranges::find(shown, media::Kind::kVideo, &Rendition::kind);
  if (pictures == shown.end() || pictures->width <= 0 || pictures->height <= 0) return std::nullopt;
  StoryboardPlan plan{.rendition = pictures->id,
                      .duration_seconds = media::DurationSeconds(*pictures)};
  FitTile(plan, *pictures);
  // In whole seconds, so that the parts are where the index says.
  constexpr double kTiles = media::kTilesPerSheet;
  TileEvenly(plan, std::max(1.0, std::ceil(plan.duration_seconds / kTiles)));
  return plan;
}

std::string WriteStoryboard(const StoryboardPlan& plan) {
  std::string text = "WEBVTT\n";
  const std::size_t count = plan.tile_starts.size();
  for (std::size_t tile = 0; tile < count; ++tile) {
    const double end = tile + 1 < count ? plan.tile_starts[tile + 1] : plan.duration_seconds;
    const std::size_t place = tile % media::kTilesPerSheet;
    text += fmt::format(
        "\n{} --> {}\n{}#xywh={},{},{},{}\n", Timestamp(Milliseconds(plan.tile_starts[tile])),
        Timestamp(Milliseconds(end)), media::StoryboardSheetFile(tile / media::kTilesPerSheet + 1),
        place % media::kTileColumns * static_cast<std::size_t>(plan.tile_width),
        place / media::kTileColumns * static_cast<std::size_t>(plan.tile_height), plan.tile_width,
        plan.tile_height);
  }
  return text;
}

}  // namespace tritontube::timed_text
