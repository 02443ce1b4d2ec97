#include "domain/catalog/view.h"

#include <fmt/format.h>

#include <algorithm>

namespace tritontube::catalog {

namespace {

// What the upload is of the whole way; the transcode is the rest.
constexpr double kUploadShare = 0.25;
// Only what is ready has all of it.
constexpr double kProgressBeforeReady = 0.999;

VideoState StateOf(const VideoRow& row) {
  if (row.presentation) return VideoState::kReady;
  if (row.failure) return VideoState::kFailed;
  return row.source ? VideoState::kProcessing : VideoState::kUploading;
}

double ReceivedFraction(const std::optional<OpenUpload>& open) {
  if (!open || !open->total || *open->total == 0) return 0;
  return std::min(1.0, static_cast<double>(open->received) / static_cast<double>(*open->total));
}

double ProgressOf(const VideoRecord& record, VideoState state) {
  switch (state) {
    case VideoState::kUploading:
      return kUploadShare * ReceivedFraction(record.open);
    case VideoState::kProcessing:
      return std::min(
          kProgressBeforeReady,
          kUploadShare + (1 - kUploadShare) * record.progress.value_or(Progress()).fraction);
    case VideoState::kReady:
      return 1;
    case VideoState::kFailed:
      return record.row.failed_at_progress;
  }
  return 0;
}

// Whatever shows without waiting for more is not called playable: of a source
// that is shown in part, the rest must have begun to come.
bool IsPlayable(const VideoRecord& record, VideoState state) {
  switch (state) {
    case VideoState::kUploading:
      return record.open && record.open->playable;
    case VideoState::kProcessing:
      return (record.row.copy && record.row.copy->ShowsAll()) ||
             (record.progress && record.progress->growth);
    case VideoState::kReady:
      return true;
    case VideoState::kFailed:
      return false;
  }
  return false;
}

RenditionState RenditionStateOf(const VideoRecord& record, VideoState state,
                                const RenditionSummary& rendition) {
  // Sound that could not be decoded has no codec, and does not fail the video.
  if (state == VideoState::kReady) {
    return rendition.codec.empty() ? RenditionState::kFailed : RenditionState::kReady;
  }
  if (state == VideoState::kFailed) return RenditionState::kFailed;
  if (IsOfSource(rendition)) {
    if (state == VideoState::kProcessing) return RenditionState::kReady;
    return IsPlayable(record, state) ? RenditionState::kProcessing : RenditionState::kWaiting;
  }
  return record.claim ? RenditionState::kProcessing : RenditionState::kWaiting;
}

}  // namespace

std::string_view ToString(VideoState state) {
  switch (state) {
    case VideoState::kUploading:
      return "uploading";
    case VideoState::kProcessing:
      return "processing";
    case VideoState::kReady:
      return "ready";
    case VideoState::kFailed:
      return "failed";
  }
  return "?";
}

std::string_view ToString(RenditionState state) {
  switch (state) {
    case RenditionState::kWaiting:
      return "waiting";
    case RenditionState::kProcessing:
      return "processing";
    case RenditionState::kReady:
      return "ready";
    case RenditionState::kFailed:
      return "failed";
  }
  return "?";
}

bool IsAbandoned(const VideoRecord& record) { return !IsSettled(record.row) && !record.open; }

bool IsOfSource(const RenditionSummary& rendition) {
  return rendition.id.starts_with("vsrc") || rendition.id.starts_with("asrc");
}

bool IsSettled(const VideoRow& row) { return row.source || row.failure; }

std::vector<UploadId> UploadsOf(const VideoRecord& record) {
  const VideoRow& row = record.row;
  std::vector<UploadId> uploads;
  // An uncommitted row keeps its blobs even when its upload has lost the marker:
  // it may come back and commit until the row itself is removed.
  if (row.source || !row.failure) uploads.push_back(row.upload);
  if (row.presentation) uploads.push_back(row.presentation->output);
  if (record.claim) uploads.push_back(record.claim->output);
  if (record.open && record.open->resumable) {
    uploads.push_back(record.open->resumable->arrival.pieces_upload);
  }
  if (record.progress && record.progress->growth) {
    uploads.push_back(record.progress->growth->output);
  }
  if (record.progress && record.progress->chunks) uploads.push_back(*record.progress->chunks);
  if (record.progress && record.progress->indexed) uploads.push_back(*record.progress->indexed);
  for (const StoredCaption& caption : row.extras.captions) uploads.push_back(caption.upload);
  if (row.extras.poster) uploads.push_back(*row.extras.poster);
  if (row.extras.storyboard) uploads.push_back(*row.extras.storyboard);
  uploads.insert(uploads.end(), record.begun.uploads.begin(), record.begun.uploads.end());
  // What one attempt has made stands in several places.
  std::ranges::sort(uploads);
  const auto repeated = std::ranges::unique(uploads);
  uploads.erase(repeated.begin(), repeated.end());
  return uploads;
}

bool Owns(const VideoRecord& record, const UploadId& upload) {
  const std::vector<UploadId> uploads = UploadsOf(record);
  return std::ranges::find(uploads, upload) != uploads.end();
}

std::vector<media::TextTrack> TextTracks(const VideoExtras& extras) {
  std::vector<media::TextTrack> tracks;
  tracks.reserve(extras.captions.size());
  for (const StoredCaption& caption : extras.captions) {
    tracks.push_back(
        {.language = caption.language, .label = caption.label, .version = caption.upload.text()});
  }
  return tracks;
}

std::string ChosenPosterFile(const UploadId& poster) {
  return fmt::format("poster-{}.jpg", poster.text());
}

VideoView ViewOf(const VideoRecord& record) {
  const VideoState state = StateOf(record.row);
  VideoView view{.row = record.row,
                 .state = state,
                 .playable = IsPlayable(record, state),
                 .progress = ProgressOf(record, state)};
  for (const RenditionSummary& rendition : record.row.renditions) {
    view.renditions.push_back({rendition, RenditionStateOf(record, state, rendition)});
  }
  return view;
}

}  // namespace tritontube::catalog
