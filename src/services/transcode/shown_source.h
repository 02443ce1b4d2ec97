#pragma once

#include <filesystem>
#include <span>

#include "domain/packaging/source_plan.h"
#include "domain/planning/beside_source.h"

namespace tritontube::transcode {

// How the tracks of an original that are shown as they are become segments, from
// a copy of it on the disk. Blocks.
Result<packaging::SourcePlan> ReadSourcePlan(const std::filesystem::path& file,
                                             std::span<const std::uint32_t> track_ids);

// The same, as what is made beside it has to know it.
planning::ShownSource ShownOf(const packaging::SourcePlan& plan,
                              std::span<const std::uint32_t> track_ids);

}  // namespace tritontube::transcode
