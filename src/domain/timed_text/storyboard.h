#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/media/presentation.h"
#include "core/media/storyboard.h"

namespace tritontube::timed_text {

// Which tiles the storyboard of a presentation has, from its smallest rung:
// about a hundred, never more than kStoryboardSheetsMax sheets of them. Nothing
// for sound alone.
std::optional<media::StoryboardPlan> PlanStoryboard(const media::Presentation& presentation);

// The same of tracks of a source that is shown as it is and so small that it has no
// rungs: all on one sheet, whose pictures are those in the middle of equal parts.
std::optional<media::StoryboardPlan> PlanStoryboardOfSource(
    const std::vector<media::Rendition>& shown);

// The index that players read: from when until when which tile is shown.
std::string WriteStoryboard(const media::StoryboardPlan& plan);

}  // namespace tritontube::timed_text
