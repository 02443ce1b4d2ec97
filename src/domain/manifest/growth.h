#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "core/media/presentation.h"

// What can be watched of a presentation that is still being made, step by step:
// step n is a blob beside the segments, and lists what is new in it. A step is
// stored after all that it lists, and never changes.
namespace tritontube::manifest {

// Steps count from 1: "growth-000001.json".
std::string GrowthFileName(std::size_t step);

// `renditions` have only the segments that the step adds, at least one each.
std::string GrowthToJson(const std::vector<media::Rendition>& renditions);
// Checks every value, because the bytes come from a disk. Errors as for
// PresentationFromJson.
Result<std::vector<media::Rendition>> GrowthFromJson(std::string_view json);

// Adds the next step to all that came before it. kCorrupt, and nothing changes,
// when a rendition is not continued where it ended, or has become another one.
Result<void> AppendGrowth(std::vector<media::Rendition>& whole,
                          std::vector<media::Rendition> added);

}  // namespace tritontube::manifest
