#include "services/delivery/published_video.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <span>

#include "core/media/storyboard.h"
#include "domain/catalog/view.h"
#include "domain/manifest/hls.h"
#include "domain/manifest/mpd.h"

namespace tritontube::delivery {

namespace {

constexpr std::string_view kPlaylistType = "application/vnd.apple.mpegurl";
constexpr std::string_view kJpegType = "image/jpeg";

// The number in "<rendition>-00012.m4s", written as SegmentFileName() does.
std::optional<std::size_t> SegmentNumber(std::string_view file, const std::string& rendition) {
  if (!file.starts_with(rendition + "-")) return std::nullopt;
  const std::string_view digits = file.substr(rendition.size() + 1);
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || std::string_view(end) != ".m4s") return std::nullopt;
  // One name per segment: "v720-1.m4s" is not another form of "v720-00001.m4s".
  if (media::SegmentFileName(rendition, number) != file) return std::nullopt;
  return number;
}

std::string Dash(const Composition& composition, std::span<const media::TextTrack> captions) {
  manifest::MpdOptions options;
  if (composition.grows) options.listed = composition.listed;
  return manifest::WriteMpd(composition.presentation, captions, options);
}

// "Holiday 720p.mp4", as the watch page calls the quality; "Holiday a0.m4a".
std::string SaveAs(const std::string& title, const media::Rendition& rendition) {
  if (rendition.kind == media::Kind::kAudio) return fmt::format("{} {}.m4a", title, rendition.id);
  return fmt::format("{} {}p.mp4", title, std::min(rendition.width, rendition.height));
}

std::string_view InitType(media::Kind kind) {
  return kind == media::Kind::kAudio ? "audio/mp4" : "video/mp4";
}

}  // namespace

PublishedVideo::PublishedVideo(VideoId video, std::string title, Watchable watchable,
                               Composition composition, catalog::VideoExtras extras,
                               std::vector<media::Rendition> grown)
    : video_(std::move(video)),
      title_(std::move(title)),
      watchable_(std::move(watchable)),
      composition_(std::move(composition)),
      extras_(std::move(extras)),
      grown_(std::move(grown)),
      captions_(catalog::TextTracks(extras_)),
      dash_(Dash(composition_, captions_)),
      hls_(manifest::WriteMasterPlaylist(composition_.presentation, captions_)) {}

std::size_t PublishedVideo::Available(std::string_view rendition) const {
  const auto& renditions = composition_.presentation.renditions;
  const auto found = std::ranges::find(renditions, rendition, &media::Rendition::id);
  if (found == renditions.end()) return 0;
  return composition_.available[static_cast<std::size_t>(found - renditions.begin())];
}

std::optional<PublishedFile> PublishedVideo::Find(std::string_view file) const {
  if (auto manifest = FindManifest(file)) return manifest;
  if (auto captions = FindCaptions(file)) return captions;
  if (auto picture = FindPicture(file)) return picture;
  if (auto download = FindDownload(file)) return download;
  return FindMedia(file);
}

const UploadId& PublishedVideo::UploadOf(std::size_t place) const {
  // Something that is not of the source has been encoded.
  if (composition_.of_source[place]) return watchable_.source->upload;
  return watchable_.stored ? watchable_.stored->output : watchable_.growth->output;
}

// A file of the attempt that encodes.
PublishedFile PublishedVideo::Stored(std::string_view type) const {
  return {.content_type = type, .text = {}, .upload = watchable_.output(), .rendition = {}};
}

PublishedFile PublishedVideo::Media(std::size_t place, std::string_view type,
                                    std::size_t segment) const {
  if (!composition_.of_source[place]) return Stored(type);
  return {.kind = PublishedFile::Kind::kSource,
          .content_type = type,
          .text = {},
          .upload = watchable_.source->upload,
          .rendition = composition_.presentation.renditions[place].id,
          .segment = segment};
}

std::optional<PublishedFile> PublishedVideo::FindManifest(std::string_view file) const {
  const auto manifest = [](std::string_view type, blob::Bytes text) {
    return PublishedFile{.kind = PublishedFile::Kind::kManifest,
                         .content_type = type,
                         .text = std::move(text),
                         .upload = {},
                         .rendition = {}};
  };
  const media::Presentation& presentation = composition_.presentation;
  if (file == media::kDashManifestFile) return manifest("application/dash+xml", dash_);
  if (file == media::kHlsManifestFile) return manifest(kPlaylistType, hls_);
  for (std::size_t i = 0; i < presentation.renditions.size(); ++i) {
    const media::Rendition& rendition = presentation.renditions[i];
    if (file != media::PlaylistFileName(rendition.id)) continue;
    const auto listed = composition_.grows ? std::optional(composition_.listed[i]) : std::nullopt;
    return manifest(kPlaylistType, blob::Bytes(manifest::WriteMediaPlaylist(rendition, listed)));
  }
  for (const media::TextTrack& track : captions_) {
    if (file == media::CaptionPlaylistFileName(track)) {
      return manifest(kPlaylistType, blob::Bytes(manifest::WriteCaptionPlaylist(
                                         track, presentation.duration_seconds)));
    }
  }
  return std::nullopt;
}

std::optional<PublishedFile> PublishedVideo::FindCaptions(std::string_view file) const {
  for (std::size_t i = 0; i < captions_.size(); ++i) {
    if (file != media::CaptionFileName(captions_[i])) continue;
    PublishedFile found = Stored("text/vtt");
    found.upload = extras_.captions[i].upload;
    return found;
  }
  return std::nullopt;
}

std::optional<PublishedFile> PublishedVideo::FindPicture(std::string_view file) const {
  if (file == media::kPosterFile && composition_.presentation.has_poster) return Stored(kJpegType);
  if (extras_.poster && file == catalog::ChosenPosterFile(*extras_.poster)) {
    PublishedFile found = Stored(kJpegType);
    found.upload = extras_.poster;
    return found;
  }
  if (!extras_.storyboard) return std::nullopt;
  PublishedFile found = Stored(file == media::kStoryboardFile ? "text/vtt" : kJpegType);
  found.upload = extras_.storyboard;
  if (file == media::kStoryboardFile) return found;
  for (std::size_t sheet = 1; sheet <= extras_.storyboard_sheets; ++sheet) {
    if (file == media::StoryboardSheetFile(sheet)) return found;
  }
  return std::nullopt;
}

std::optional<PublishedFile> PublishedVideo::FindDownload(std::string_view file) const {
  // What is listed of it would change while it is sent.
  if (!watchable_.stored || composition_.grows) return std::nullopt;
  const std::vector<media::Rendition>& renditions = composition_.presentation.renditions;
  const auto found = std::ranges::find_if(renditions, [&](const media::Rendition& rendition) {
    return media::DownloadFileName(rendition.id) == file;
  });
  if (found == renditions.end()) return std::nullopt;
  PublishedFile download{.kind = PublishedFile::Kind::kDownload,
                         .content_type = InitType(found->kind),
                         .text = {},
                         .upload = {},
                         .rendition = {}};
  const auto place_of = [&](auto rendition) {
    return static_cast<std::size_t>(rendition - renditions.begin());
  };
  download.renditions.push_back(place_of(found));
  download.save_as = SaveAs(title_, *found);
  const auto sound = std::ranges::find_if(renditions, [](const media::Rendition& rendition) {
    return rendition.kind == media::Kind::kAudio && rendition.is_default;
  });
  if (found->kind == media::Kind::kVideo && sound != renditions.end()) {
    download.renditions.push_back(place_of(sound));
  }
  return download;
}

std::optional<PublishedFile> PublishedVideo::FindMedia(std::string_view file) const {
  const media::Presentation& presentation = composition_.presentation;
  for (std::size_t i = 0; i < presentation.renditions.size(); ++i) {
    const media::Rendition& rendition = presentation.renditions[i];
    if (file == media::InitFileName(rendition.id)) {
      return Media(i, InitType(rendition.kind), 0);
    }
    const auto number = SegmentNumber(file, rendition.id);
    if (number && *number >= 1 && *number <= composition_.available[i]) {
      return Media(i, "video/iso.segment", *number);
    }
  }
  return std::nullopt;
}

}  // namespace tritontube::delivery
