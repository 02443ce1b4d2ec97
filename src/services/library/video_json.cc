#include "services/library/video_json.h"

#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "core/media/storyboard.h"
#include "services/delivery/original.h"

namespace tritontube::library {

using catalog::RenditionView;
using catalog::VideoState;
using catalog::VideoView;
using nlohmann::json;

namespace {

template <typename T>
json OrNull(const std::optional<T>& value) {
  return value ? json(*value) : json(nullptr);
}

// In the values of RenditionSummary zero and empty mean: not known.
template <typename T>
json UnlessDefault(const T& value) {
  return value == T{} ? json(nullptr) : json(value);
}

json ErrorJson(const VideoView& video) {
  if (video.state != VideoState::kFailed) return nullptr;
  return {{"code", video.row.failure->code}, {"message", video.row.failure->message}};
}

json RenditionJson(const RenditionView& rendition, const catalog::VideoExtras& extras) {
  const catalog::RenditionSummary& summary = rendition.summary;
  const auto ssim = extras.ssim.find(summary.id);
  return {{"id", summary.id},
          {"kind", media::ToString(summary.kind)},
          {"codec", UnlessDefault(summary.codec)},
          {"width", UnlessDefault(summary.width)},
          {"height", UnlessDefault(summary.height)},
          {"bandwidth", UnlessDefault(summary.bandwidth)},
          {"ssim", ssim == extras.ssim.end() ? json(nullptr) : json(ssim->second)},
          {"state", catalog::ToString(rendition.state)}};
}

// What is not known to be safe is not safe.
json CopyJson(const std::optional<catalog::CopyVerdict>& copy) {
  if (!copy) {
    return {{"safe", false},
            {"reasons",
             json::array(
                 {{{"code", "not_analysed"},
                   {"message", "The file was not examined for playing without conversion."}}})}};
  }
  json reasons = json::array();
  for (const media::CopyReason& reason : copy->reasons) {
    reasons.push_back({{"code", reason.code}, {"message", reason.message}});
  }
  return {{"safe", copy->ShowsAll()}, {"reasons", std::move(reasons)}};
}

json ChaptersJson(const std::vector<catalog::Chapter>& chapters) {
  json list = json::array();
  for (const catalog::Chapter& chapter : chapters) {
    list.push_back({{"start_seconds", chapter.start_seconds}, {"title", chapter.title}});
  }
  return list;
}

// What a person has chosen before what was chosen by itself.
template <typename UrlOf>
json PosterJson(const VideoView& video, UrlOf url_of) {
  if (video.row.extras.poster) return url_of(catalog::ChosenPosterFile(*video.row.extras.poster));
  const bool has_poster = video.row.presentation && video.row.presentation->has_poster;
  return has_poster ? url_of(media::kPosterFile) : json(nullptr);
}

json CaptionsJson(const VideoView& video) {
  json captions = json::array();
  for (const media::TextTrack& track : catalog::TextTracks(video.row.extras)) {
    captions.push_back(
        {{"lang", track.language},
         {"label", track.label},
         {"url", "/content/" + video.row.id.text() + "/" + media::CaptionFileName(track)}});
  }
  return captions;
}

json LoudnessJson(const std::optional<media::Loudness>& loudness) {
  if (!loudness) return nullptr;
  return {{"integrated_lufs", loudness->integrated_lufs},
          {"true_peak_dbfs", loudness->true_peak_dbfs}};
}

// One file for each rendition that was made; what is shown out of the original is
// in the original.
json DownloadsJson(const VideoView& video, const std::string& content) {
  json downloads = json::array();
  if (video.state != VideoState::kReady) return downloads;
  for (const RenditionView& rendition : video.renditions) {
    const catalog::RenditionSummary& summary = rendition.summary;
    if (rendition.state != catalog::RenditionState::kReady || catalog::IsOfSource(summary)) {
      continue;
    }
    downloads.push_back({{"rendition", summary.id},
                         {"height", UnlessDefault(summary.height)},
                         {"url", content + media::DownloadFileName(summary.id)}});
  }
  return downloads;
}

json UrlsJson(const VideoView& video) {
  const std::string content = "/content/" + video.row.id.text() + "/";
  const auto playable = [&](std::string_view file) {
    return video.playable ? json(content + std::string(file)) : json(nullptr);
  };
  const auto& source = video.row.source;
  const json original =
      source ? json(content + delivery::OriginalFileName(*source)) : json(nullptr);
  return {{"watch", "/videos/" + video.row.id.text()},
          {"dash", playable(media::kDashManifestFile)},
          {"hls", playable(media::kHlsManifestFile)},
          {"poster", PosterJson(video, playable)},
          {"storyboard", video.row.extras.storyboard ? playable(media::kStoryboardFile) : nullptr},
          {"original", original},
          {"downloads", DownloadsJson(video, content)}};
}

}  // namespace

json ToJson(const VideoView& video) {
  const catalog::VideoRow& row = video.row;
  const catalog::MediaFacts& facts = row.facts;
  json renditions = json::array();
  for (const RenditionView& rendition : video.renditions) {
    renditions.push_back(RenditionJson(rendition, row.extras));
  }
  return {{"id", row.id.text()},
          {"title", row.title},
          {"description", row.description},
          {"tags", row.tags},
          {"state", catalog::ToString(video.state)},
          {"playable", video.playable},
          {"progress", video.progress},
          {"error", ErrorJson(video)},
          {"created_at", FormatRfc3339(row.created)},
          {"duration_seconds", OrNull(facts.duration_seconds)},
          {"width", OrNull(facts.width)},
          {"height", OrNull(facts.height)},
          {"frame_rate", facts.frame_rate ? json(facts.frame_rate->AsDouble()) : json(nullptr)},
          {"size_bytes", row.source ? json(row.source->size) : json(nullptr)},
          {"copy", CopyJson(row.copy)},
          {"renditions", std::move(renditions)},
          {"captions", video.playable ? CaptionsJson(video) : json::array()},
          {"loudness", LoudnessJson(video.row.extras.loudness)},
          {"chapters", ChaptersJson(row.chapters)},
          {"urls", UrlsJson(video)}};
}

json ToJson(const LibraryPage& page) {
  json items = json::array();
  for (const VideoView& video : page.items) items.push_back(ToJson(video));
  return {{"items", std::move(items)}, {"next", OrNull(page.next)}};
}

}  // namespace tritontube::library
