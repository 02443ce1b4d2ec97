#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "domain/catalog/video.h"

// What a video looks like from outside. Nothing of it is stored: it follows
// from the record, so it cannot disagree with it.
namespace tritontube::catalog {

enum class VideoState : std::uint8_t { kUploading, kProcessing, kReady, kFailed };
std::string_view ToString(VideoState state);

enum class RenditionState : std::uint8_t { kWaiting, kProcessing, kReady, kFailed };
std::string_view ToString(RenditionState state);

struct RenditionView {
  RenditionSummary summary;
  RenditionState state = RenditionState::kWaiting;
};

struct VideoView {
  VideoRow row;
  VideoState state = VideoState::kUploading;
  bool playable = false;
  // 0 to 1; 1 exactly when it is ready. Over a video's life it never falls:
  // the upload is the first quarter, the transcode the rest.
  double progress = 0;
  std::vector<RenditionView> renditions = {};
};

// The names and labels of captions, for manifests.
std::vector<media::TextTrack> TextTracks(const VideoExtras& extras);
// "poster-XXXXXXXXXXX.jpg", the picture that a person has chosen.
std::string ChosenPosterFile(const UploadId& poster);

// Requires: the record is not abandoned.
VideoView ViewOf(const VideoRecord& record);

}  // namespace tritontube::catalog
