#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "core/media/encode_plan.h"

namespace tritontube::planning {

// The stored form of a plan: compact JSON with a format version. One process
// plans, and others obey what it has planned.
// Requires: a plan with pictures has a rung.
std::string PlanToJson(const media::EncodePlan& plan);

// Reads what PlanToJson wrote, byte for byte. Errors: kCorrupt when it is anything
// else, or a plan that cannot be carried out.
Result<media::EncodePlan> PlanFromJson(std::string_view text);

}  // namespace tritontube::planning
