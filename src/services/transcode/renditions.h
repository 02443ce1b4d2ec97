#pragma once

#include <vector>

#include "core/media/encode_plan.h"
#include "core/media/presentation.h"
#include "domain/catalog/video.h"

// What the catalog says of a video that is being transcoded.
namespace tritontube::transcode {

catalog::MediaFacts FactsOf(const media::EncodePlan& plan);

// Tracks of the original that `copy` shows stay as they were described; then what
// is planned to be made. Pictures come first.
std::vector<catalog::RenditionSummary> PlannedRenditions(
    const std::vector<catalog::RenditionSummary>& described, bool shows_sound,
    const media::EncodePlan& plan);

// The same with what came of it. What could not be made stays as it was planned:
// without a codec, by which it is seen to have failed.
std::vector<catalog::RenditionSummary> FinishedRenditions(
    std::vector<catalog::RenditionSummary> planned, const std::vector<media::Rendition>& made);

}  // namespace tritontube::transcode
