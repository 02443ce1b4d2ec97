#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "core/media/rational.h"

// What can be played: the model that DASH and HLS manifests are written from.
namespace tritontube::media {

enum class Kind : std::uint8_t { kVideo, kAudio, kText };
std::string_view ToString(Kind kind);

// One CMAF segment: a moof and its mdat, that begins with a sync sample.
struct Segment {
  std::uint64_t start = 0;     // Ticks of the rendition's timescale; equals the tfdt.
  std::uint64_t duration = 0;  // Ticks.
  ByteCount size = 0;

  bool operator==(const Segment&) const = default;
};

// A DASH Representation, an HLS variant or rendition.
struct Rendition {
  std::string id;  // "v720", "a0"; the prefix of its file names.
  Kind kind = Kind::kVideo;
  std::string codecs;  // RFC 6381: "avc1.64001f", "mp4a.40.2".
  int width = 0;       // Video only.
  int height = 0;
  Rational frame_rate;
  int channels = 0;  // Audio only.
  int sample_rate = 0;
  std::string language;
  std::string label;
  bool is_default = false;
  std::uint32_t timescale = 0;
  // The edit list's media_time: what the player skips before time zero (AAC
  // priming). The presentation time of a sample is its media time less this.
  std::uint64_t presentation_offset = 0;
  std::vector<Segment> segments;  // Contiguous: each starts where the one before ends.

  bool operator==(const Rendition&) const = default;
};

struct Presentation {
  std::vector<Rendition> renditions;  // Video by falling height, then audio.
  double duration_seconds = 0;        // The longest rendition's.
  bool has_poster = false;            // kPosterFile lies beside the segments.

  bool operator==(const Presentation&) const = default;
};

// Captions in one language, which lie beside the presentation: they come and go
// without it. A version's bytes never change.
struct TextTrack {
  std::string language;  // BCP 47; one track for each.
  std::string label;
  std::string version;  // Part of its file names.

  bool operator==(const TextTrack&) const = default;
};
std::string CaptionFileName(const TextTrack& track);          // "captions-en-XXXXXXXXXXX.vtt"
std::string CaptionPlaylistFileName(const TextTrack& track);  // "captions-en-XXXXXXXXXXX.m3u8"

// How loud the sound is, as EBU R 128 measures it.
struct Loudness {
  double integrated_lufs = 0;
  double true_peak_dbfs = 0;

  bool operator==(const Loudness&) const = default;
};

// The flat file names of a rendition; segments count from 1.
std::string InitFileName(std::string_view rendition_id);                         // "v720-init.mp4"
std::string SegmentFileName(std::string_view rendition_id, std::size_t number);  // "v720-00001.m4s"
std::string PlaylistFileName(std::string_view rendition_id);                     // "v720.m3u8"
// A rendition as one file for download, made when it is asked for; of pictures with
// the default sound.
std::string DownloadFileName(std::string_view rendition_id);  // "v720.mp4"

inline constexpr std::string_view kDashManifestFile = "manifest.mpd";
inline constexpr std::string_view kHlsManifestFile = "master.m3u8";
inline constexpr std::string_view kPosterFile = "poster.jpg";
// The stored form of a presentation; not listed anywhere.
inline constexpr std::string_view kPresentationFile = "presentation.json";

// A blob that lies beside a stored presentation.
struct ListedFile {
  std::string name;
  std::optional<ByteCount> size = {};  // Where the presentation tells it.
};
// Every blob that a presentation promises: what must be there for it to play.
std::vector<ListedFile> FilesOf(const Presentation& presentation);

// Bits per second. Average: all bytes over all time. Peak: the largest segment's
// own rate, which is what HLS's BANDWIDTH and DASH's @bandwidth promise.
std::uint64_t AverageBandwidth(const Rendition& rendition);
std::uint64_t PeakBandwidth(const Rendition& rendition);
double DurationSeconds(const Rendition& rendition);

}  // namespace tritontube::media
