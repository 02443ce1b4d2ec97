#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "core/blob/bytes.h"
#include "core/media/presentation.h"
#include "domain/catalog/video.h"
#include "services/delivery/composition.h"
#include "services/delivery/watchable.h"

namespace tritontube::delivery {

// What one file name under /content/{id}/ stands for.
struct PublishedFile {
  enum class Kind : std::uint8_t { kManifest, kBlob, kSource, kDownload };
  Kind kind = Kind::kBlob;
  std::string_view content_type;  // A literal.
  blob::Bytes text;               // kManifest only.
  // Whose bytes it is made of, but for kManifest and kDownload. A kBlob is stored there under
  // the name it is served by.
  std::optional<UploadId> upload;
  // kSource only: a file that a plan makes of the original.
  std::string_view rendition;  // Of the video that found it.
  std::size_t segment = 0;     // 0: the initialisation segment.
  // kDownload only: what it is put together of, and what to save it as.
  std::vector<std::size_t> renditions = {};  // Their places.
  std::string save_as = {};
};

// What can be watched of a video, with its extras and the manifests written: an
// immutable snapshot that every request for the video shares. Knows every file
// name the manifests list, and of the renditions in them every segment that can
// be had.
class PublishedVideo {
 public:
  // `grown` is what the steps of watchable.growth have listed.
  PublishedVideo(VideoId video, std::string title, Watchable watchable, Composition composition,
                 catalog::VideoExtras extras, std::vector<media::Rendition> grown);

  std::optional<PublishedFile> Find(std::string_view file) const;

  const VideoId& video() const { return video_; }
  const std::string& title() const { return title_; }
  const Watchable& watchable() const { return watchable_; }
  const catalog::VideoExtras& extras() const { return extras_; }
  const std::vector<media::Rendition>& grown() const { return grown_; }
  bool grows() const { return composition_.grows; }
  // How many segments of a rendition can be had; 0 when there is none of that id.
  std::size_t Available(std::string_view rendition) const;
  // What is known of a rendition by its place.
  const media::Rendition& rendition(std::size_t place) const {
    return composition_.presentation.renditions[place];
  }
  bool IsOfSource(std::size_t place) const { return composition_.of_source[place]; }
  // Whose bytes it is.
  const UploadId& UploadOf(std::size_t place) const;

 private:
  std::optional<PublishedFile> FindManifest(std::string_view file) const;
  std::optional<PublishedFile> FindCaptions(std::string_view file) const;
  std::optional<PublishedFile> FindPicture(std::string_view file) const;
  std::optional<PublishedFile> FindDownload(std::string_view file) const;
  std::optional<PublishedFile> FindMedia(std::string_view file) const;
  PublishedFile Stored(std::string_view type) const;
  // Of the rendition at that place.
  PublishedFile Media(std::size_t place, std::string_view type, std::size_t segment) const;

  VideoId video_;
  std::string title_;
  Watchable watchable_;
  Composition composition_;
  catalog::VideoExtras extras_;
  std::vector<media::Rendition> grown_;
  std::vector<media::TextTrack> captions_;
  blob::Bytes dash_;
  blob::Bytes hls_;
};

}  // namespace tritontube::delivery
