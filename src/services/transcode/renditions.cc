#include "services/transcode/renditions.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace tritontube::transcode {

namespace {

using catalog::RenditionSummary;

// Streams that no decoder understands are counted, and named after the others.
void AddUndecodable(std::size_t count, std::vector<RenditionSummary>& planned) {
  for (int number = 0; count > 0; ++number) {
    const std::string id = fmt::format("a{}", number);
    if (std::ranges::count(planned, id, &RenditionSummary::id) != 0) continue;
    planned.push_back({.id = id, .kind = media::Kind::kAudio, .codec = {}});
    --count;
  }
}

}  // namespace

catalog::MediaFacts FactsOf(const media::EncodePlan& plan) {
  catalog::MediaFacts facts;
  facts.duration_seconds = plan.duration_seconds;
  if (plan.video) {
    facts.width = plan.video->rungs.front().width;
    facts.height = plan.video->rungs.front().height;
    facts.frame_rate = plan.video->frame_rate;
  }
  return facts;
}

std::vector<RenditionSummary> PlannedRenditions(const std::vector<RenditionSummary>& described,
                                                bool shows_sound, const media::EncodePlan& plan) {
  std::vector<RenditionSummary> pictures;
  std::vector<RenditionSummary> sound;
  for (const RenditionSummary& rendition : described) {
    if (!catalog::IsOfSource(rendition)) continue;
    if (rendition.kind == media::Kind::kVideo) pictures.push_back(rendition);
    if (rendition.kind == media::Kind::kAudio && shows_sound) sound.push_back(rendition);
  }
  if (plan.video) {
    for (const media::VideoRung& rung : plan.video->rungs) {
      pictures.push_back({.id = rung.id,
                          .kind = media::Kind::kVideo,
                          .codec = {},
                          .width = rung.width,
                          .height = rung.height});
    }
  }
  for (const media::AudioPlan& audio : plan.audio) {
    sound.push_back({.id = audio.id, .kind = media::Kind::kAudio, .codec = {}});
  }
  AddUndecodable(plan.undecodable_audio_count, sound);
  pictures.insert(pictures.end(), sound.begin(), sound.end());
  return pictures;
}

std::vector<RenditionSummary> FinishedRenditions(std::vector<RenditionSummary> planned,
                                                 const std::vector<media::Rendition>& made) {
  for (const media::Rendition& rendition : made) {
    const auto summary = std::ranges::find(planned, rendition.id, &RenditionSummary::id);
    TT_ASSERT(summary != planned.end(), "{} was never planned", rendition.id);
    summary->codec = rendition.codecs;
    summary->bandwidth = media::PeakBandwidth(rendition);
  }
  return planned;
}

}  // namespace tritontube::transcode
