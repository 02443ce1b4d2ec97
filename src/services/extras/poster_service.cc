#include "services/extras/poster_service.h"

#include <algorithm>
#include <cmath>
#include <ranges>

#include "domain/catalog/view.h"
#include "services/extras/presentation_files.h"

namespace tritontube::extras {

namespace {

// No larger than a page shows it.
constexpr int kStillWidthMax = 1280;
// So long before the end there is a picture still.
constexpr double kLastPictureSeconds = 0.25;

// The rung that a still is taken from; nullptr of sound alone.
const media::Rendition* StillRendition(const media::Presentation& presentation) {
  const media::Rendition* best = nullptr;
  for (const media::Rendition& rendition : presentation.renditions) {
    if (rendition.kind != media::Kind::kVideo || rendition.segments.empty()) continue;
    const bool larger = best == nullptr || rendition.width > best->width;
    const bool replaces_too_large = best != nullptr && best->width > kStillWidthMax;
    if (best == nullptr || replaces_too_large || (larger && rendition.width <= kStillWidthMax)) {
      best = &rendition;
    }
  }
  return best;
}

bool ShowsPictures(const catalog::VideoRow& row) {
  return row.source && std::ranges::any_of(row.renditions, [](const auto& rendition) {
           return catalog::IsOfSource(rendition) && rendition.kind == media::Kind::kVideo;
         });
}

// The segment on the screen at a moment.
std::size_t SegmentAt(const media::Rendition& rendition, double seconds) {
  const double ticks = seconds * rendition.timescale;
  const auto after = std::ranges::find_if(rendition.segments, [&](const media::Segment& segment) {
    return static_cast<double>(segment.start) > ticks;
  });
  const auto index = after - rendition.segments.begin();
  return static_cast<std::size_t>(std::max<std::ptrdiff_t>(index - 1, 0));
}

// The moment, or the last one that has a picture.
double Clamped(const media::Rendition& rendition, double seconds) {
  const double frame =
      rendition.frame_rate.numerator > 0 ? 1 / rendition.frame_rate.AsDouble() : 0.1;
  return std::clamp(seconds, 0.0, std::max(0.0, media::DurationSeconds(rendition) - frame));
}

}  // namespace

async::Task<Added> PosterService::TakeFrame(VideoId video, double at_seconds, Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(auto room, co_await ReserveExtra(with_, kPictureBytesMax, deadline));
  if (!room) co_return room.error();
  TT_CO_ASSIGN_OR_RETURN(blob::Bytes still, co_await MakeStill(video, at_seconds, deadline));
  co_return co_await Store(*std::move(room), std::move(video), std::move(still), deadline);
}

async::Task<Result<blob::Bytes>> PosterService::MakeStill(VideoId video, double at_seconds,
                                                          Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(const catalog::VideoRecord record,
                         co_await with_.catalog.Find(video, deadline));
  TT_CO_ASSIGN_OR_RETURN(const media::Presentation presentation,
                         co_await LoadPresentation(with_.store, record.row, deadline));
  const media::Rendition* const rendition = StillRendition(presentation);
  const bool source_is_shown = ShowsPictures(record.row);
  if (rendition == nullptr && !source_is_shown) {
    co_return Fail(ErrorCode::kInvalidArgument, "There is only sound; send a picture instead.");
  }
  if (!std::isfinite(at_seconds) || at_seconds < 0 || at_seconds > presentation.duration_seconds) {
    co_return Fail(ErrorCode::kInvalidArgument, "at_seconds must be from 0 to {:.3f}.",
                   presentation.duration_seconds);
  }
  TT_CO_ASSIGN_OR_RETURN(const async::Semaphore::Permit permit,
                         co_await at_once_.Acquire(1, deadline));
  TT_CO_ASSIGN_OR_RETURN(scratch::ScratchFolder folder, scratch_.NewFolder());
  if (rendition == nullptr) {
    // A source that is shown and has no rungs is small.
    const catalog::SourceFile& source = *record.row.source;
    TT_CO_ASSIGN_OR_RETURN(
        const std::filesystem::path file,
        co_await scratch_.CopySource(folder, "source", with_.store,
                                     {video, record.row.upload, source.size}, deadline));
    const double last = std::max(0.0, presentation.duration_seconds - kLastPictureSeconds);
    co_return co_await tools_.MakeStill({.path = file,
                                         .container = source.container,
                                         .duration_seconds = presentation.duration_seconds},
                                        std::min(at_seconds, last), deadline);
  }
  const double moment = Clamped(*rendition, at_seconds);
  TT_CO_ASSIGN_OR_RETURN(
      const std::filesystem::path file,
      co_await scratch_.CopyBlobs(
          folder, "pictures.mp4", with_.store,
          FileOf(record.row, rendition->id, {SegmentAt(*rendition, moment)}), deadline));
  co_return co_await tools_.MakeStill({.path = file}, moment, deadline);
}

async::Task<Added> PosterService::TakePicture(VideoId video, std::string picture,
                                              Deadline deadline) {
  const auto format = media::SniffPicture(AsBytes(picture));
  if (!format) {
    co_return Fail(ErrorCode::kInvalidArgument, "The picture is not a JPEG, PNG or WebP.");
  }
  // Before any work: is there a video?
  TT_CO_RETURN_IF_ERROR(co_await with_.catalog.Find(video, deadline));
  TT_CO_ASSIGN_OR_RETURN(auto room, co_await ReserveExtra(with_, 2 * kPictureBytesMax, deadline));
  if (!room) co_return room.error();
  TT_CO_ASSIGN_OR_RETURN(const async::Semaphore::Permit permit,
                         co_await at_once_.Acquire(1, deadline));
  TT_CO_ASSIGN_OR_RETURN(scratch::ScratchFolder folder, scratch_.NewFolder());
  TT_CO_ASSIGN_OR_RETURN(
      const std::filesystem::path file,
      co_await scratch_.WriteFile(folder, "picture", blob::Bytes(std::move(picture))));
  TT_CO_ASSIGN_OR_RETURN(blob::Bytes poster, co_await tools_.MakePicture(file, *format, deadline));
  co_return co_await Store(*std::move(room), std::move(video), std::move(poster), deadline);
}

async::Task<Added> PosterService::Store(space::Reservation room, VideoId video, blob::Bytes poster,
                                        Deadline deadline) {
  const auto commit = [this, video, deadline](UploadId upload) {
    return with_.catalog.SetPoster(video, std::move(upload), deadline);
  };
  co_return co_await AddExtra(with_, std::move(room), video, catalog::ChosenPosterFile,
                              std::move(poster), commit, deadline);
}

}  // namespace tritontube::extras
