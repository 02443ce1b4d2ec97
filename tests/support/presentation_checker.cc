#include "support/presentation_checker.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <set>
#include <utility>

#include "core/bmff/fragment.h"
#include "core/bmff/init_segment.h"
#include "support/dash_reader.h"
#include "support/hls_reader.h"

namespace tritontube::support {

namespace {

// EXTINF has six digits.
constexpr double kExtinfTolerance = 0.000'001;
constexpr double kDurationTolerance = 0.05;

// Letters, digits, and what our names are joined with: no folder, no scheme.
bool IsFlat(std::string_view name) {
  return !name.empty() && name.front() != '.' && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_';
  });
}

class Checker {
 public:
  explicit Checker(const FetchFile& fetch) : fetch_(fetch) {}

  PresentationReport Run() {
    CheckDash();
    CheckHls();
    return std::move(report_);
  }

 private:
  template <typename... Args>
  void Fault(fmt::format_string<Args...> format, Args&&... args) {
    report_.faults.push_back(fmt::format(format, std::forward<Args>(args)...));
  }

  // The file, or nothing and a fault.
  std::optional<std::string> Get(const std::string& name) {
    if (!IsFlat(name)) {
      Fault("'{}' is not a flat name", name);
      return std::nullopt;
    }
    std::optional<std::string> bytes = fetch_(name);
    if (!bytes) Fault("{} is listed but does not exist", name);
    return bytes;
  }

  void CheckDash() {
    const auto text = Get("manifest.mpd");
    if (!text) return;
    auto manifest = ReadMpd(*text);
    if (!manifest) return Fault("{}", manifest.error().message());
    report_.duration_seconds = manifest->duration_seconds;
    for (DashRepresentation& read : manifest->representations) {
      if (dash_.contains(read.id)) Fault("two Representations are called {}", read.id);
      CheckRepresentation(read);
      dash_.emplace(read.id, std::move(read));
    }
    CheckDurations();
    CheckAlignment();
  }

  void CheckRepresentation(const DashRepresentation& read) {
    const double seconds =
        Seconds(read, read.segments.back().start + read.segments.back().duration) -
        Seconds(read, read.segments.front().start);
    report_.renditions.push_back({.id = read.id,
                                  .content_type = read.content_type,
                                  .codecs = read.codecs,
                                  .width = static_cast<int>(read.width),
                                  .height = static_cast<int>(read.height),
                                  .language = read.language,
                                  .segment_count = read.segments.size(),
                                  .duration_seconds = seconds});
    if (read.timescale == 0) return Fault("{} has no timescale", read.id);
    if (read.mime_type != read.content_type + "/mp4") {
      Fault("{} is {} of type {}", read.id, read.content_type, read.mime_type);
    }
    const auto bytes = Get(read.init_name);
    if (!bytes) return;
    const auto init = bmff::ParseInit(AsBytes(*bytes));
    if (!init) return Fault("{}: {}", read.init_name, init.error().message());
    if (init->tracks.size() != 1) return Fault("{} has several tracks", read.init_name);
    CheckInit(read, init->tracks.front());
    CheckSegments(read, init->tracks.front());
  }

  void CheckInit(const DashRepresentation& read, const bmff::Track& track) {
    const auto expect = [&](std::string_view what, const auto& listed, const auto& actual) {
      if (listed != actual) {
        Fault("{}: the MPD says {} {}, the init segment {}", read.id, what, listed, actual);
      }
    };
    expect("codecs", read.codecs, track.codecs);
    expect("timescale", read.timescale, std::uint64_t{track.timescale});
    expect("type", read.content_type, std::string(track.is_video() ? "video" : "audio"));
    if (track.is_video()) {
      expect("width", read.width, static_cast<std::uint64_t>(track.width));
      expect("height", read.height, static_cast<std::uint64_t>(track.height));
      if (read.frame_rate.empty()) Fault("{} has no frame rate", read.id);
    } else {
      expect("sampling rate", read.sample_rate, static_cast<std::uint64_t>(track.sample_rate));
      expect("channels", read.channels, fmt::format("{}", track.channels));
    }
    // Browsers apply the edit list themselves; both together count it twice.
    if (read.presentation_time_offset != 0 && track.edit_media_time != 0) {
      Fault("{} has an edit list and a presentationTimeOffset", read.id);
    }
  }

  void CheckSegments(const DashRepresentation& read, const bmff::Track& track) {
    const DashSegment* before = nullptr;
    for (const DashSegment& segment : read.segments) {
      if (before != nullptr && before->start + before->duration != segment.start) {
        Fault("{} does not begin where {} ends", segment.name, before->name);
      }
      before = &segment;
      const auto bytes = Get(segment.name);
      if (!bytes) continue;
      const auto fragment = bmff::ParseFragment(AsBytes(*bytes), track);
      if (!fragment) {
        Fault("{}: {}", segment.name, fragment.error().message());
        continue;
      }
      CheckSegment(read, segment, *fragment, bytes->size());
      CheckShown(segment, *fragment, track);
    }
  }

  void CheckSegment(const DashRepresentation& read, const DashSegment& segment,
                    const bmff::Fragment& fragment, std::size_t size) {
    if (fragment.base_decode_time != segment.start) {
      Fault("{} is at {}, the timeline says {}", segment.name, fragment.base_decode_time,
            segment.start);
    }
    if (fragment.duration != segment.duration) {
      Fault("{} lasts {}, the timeline says {}", segment.name, fragment.duration, segment.duration);
    }
    if (!fragment.starts_with_sync_sample) {
      Fault("{} does not begin with a sync sample", segment.name);
    }
    CheckFrameRate(read, segment, fragment);
    const double seconds = Seconds(read, segment.duration);
    const double rate = static_cast<double>(size) * 8 / seconds;
    if (seconds >= 0.5 && rate > static_cast<double>(read.bandwidth) + 1) {
      Fault("{} needs {:.0f} bits per second, the MPD promises {}", segment.name, rate,
            read.bandwidth);
    }
  }

  // Pictures that are shown later than they are decoded are moved back by the
  // edit list, to the time that the timeline has; of sound it hides the beginning.
  void CheckShown(const DashSegment& segment, const bmff::Fragment& fragment,
                  const bmff::Track& track) {
    const std::int64_t moved =
        track.is_video() ? static_cast<std::int64_t>(track.edit_media_time) : 0;
    const std::int64_t shown = fragment.earliest_presentation_time - moved;
    if (shown != static_cast<std::int64_t>(fragment.base_decode_time)) {
      Fault("{} is first shown at {}, but begins at {}", segment.name, shown,
            fragment.base_decode_time);
    }
  }

  // Every picture of the segment lasts one frame of the stated rate; of an
  // original that is only the usual one.
  void CheckFrameRate(const DashRepresentation& read, const DashSegment& segment,
                      const bmff::Fragment& fragment) {
    if (read.content_type != "video" || read.id == "vsrc") return;
    const std::size_t slash = read.frame_rate.find('/');
    const std::uint64_t numerator = std::strtoull(read.frame_rate.c_str(), nullptr, 10);
    const std::uint64_t denominator =
        slash == std::string::npos
            ? 1
            : std::strtoull(read.frame_rate.c_str() + slash + 1, nullptr, 10);
    if (segment.duration * numerator != fragment.sample_count * denominator * read.timescale) {
      Fault("{} holds {} pictures, which is not its duration at {} per second", segment.name,
            fragment.sample_count, read.frame_rate);
    }
  }

  static double Seconds(const DashRepresentation& read, std::uint64_t ticks) {
    return read.timescale == 0 ? 0
                               : static_cast<double>(ticks) / static_cast<double>(read.timescale);
  }

  void CheckDurations() {
    double longest = 0;
    for (const CheckedRendition& rendition : report_.renditions) {
      longest = std::max(longest, rendition.duration_seconds);
    }
    if (std::abs(longest - report_.duration_seconds) > kDurationTolerance) {
      Fault("the MPD lasts {:.3f} s, its longest Representation {:.3f} s", report_.duration_seconds,
            longest);
    }
  }

  // Within a set a player may switch at any segment: they must start together.
  void CheckAlignment() {
    std::map<std::size_t, const DashRepresentation*> first_of_set;
    for (const auto& [id, read] : dash_) {
      const DashRepresentation& first =
          *first_of_set.emplace(read.adaptation_set, &read).first->second;
      bool aligned = first.segments.size() == read.segments.size();
      for (std::size_t i = 0; aligned && i < read.segments.size(); ++i) {
        aligned =
            read.segments[i].start * first.timescale == first.segments[i].start * read.timescale;
      }
      if (!aligned) Fault("{} and {} are cut at different times", first.id, id);
    }
  }

  void CheckHls() {
    const auto text = Get("master.m3u8");
    if (!text) return;
    const auto master = ReadMasterPlaylist(*text);
    if (!master) return Fault("{}", master.error().message());
    for (const HlsAttributes& media : master->media) CheckMedia(media);
    if (!master->media.empty() && default_count_ != 1) {
      Fault("{} audio tracks are the default", default_count_);
    }
    for (const HlsVariant& variant : master->variants) CheckVariant(variant);
    for (const auto& [id, read] : dash_) {
      if (!listed_by_hls_.contains(id)) Fault("HLS does not list {}", id);
    }
  }

  static std::string Find(const HlsAttributes& attributes, const std::string& name) {
    const auto found = attributes.find(name);
    return found == attributes.end() ? "" : found->second;
  }

  void CheckMedia(const HlsAttributes& media) {
    const std::string name = Find(media, "NAME");
    if (Find(media, "TYPE") != "AUDIO" || Find(media, "GROUP-ID").empty() || name.empty()) {
      Fault("EXT-X-MEDIA '{}' is not a named track of an audio group", name);
    }
    if (!names_.insert(name).second) Fault("two tracks are called '{}'", name);
    groups_.insert(Find(media, "GROUP-ID"));
    if (Find(media, "DEFAULT") == "YES") ++default_count_;
    const DashRepresentation* read = CheckPlaylist(Find(media, "URI"));
    if (read != nullptr && read->language != Find(media, "LANGUAGE")) {
      Fault("{} is of language '{}' in DASH, '{}' in HLS", read->id, read->language,
            Find(media, "LANGUAGE"));
    }
  }

  void CheckVariant(const HlsVariant& variant) {
    const HlsAttributes& attributes = variant.attributes;
    const std::string group = Find(attributes, "AUDIO");
    if (!group.empty() && !groups_.contains(group)) Fault("no audio group is called '{}'", group);
    if (group.empty() && !groups_.empty()) Fault("{} is silent", variant.uri);
    const DashRepresentation* read = CheckPlaylist(variant.uri);
    if (read == nullptr) return;
    if (!("," + Find(attributes, "CODECS") + ",").contains("," + read->codecs + ",")) {
      Fault("{}: CODECS '{}' lack {}", read->id, Find(attributes, "CODECS"), read->codecs);
    }
    const std::string bandwidth = Find(attributes, "BANDWIDTH");
    if (std::strtoull(bandwidth.c_str(), nullptr, 10) < read->bandwidth) {
      Fault("{}: HLS promises {} bits per second, DASH {}", read->id, bandwidth, read->bandwidth);
    }
    if (read->content_type != "video") return;
    if (Find(attributes, "RESOLUTION") != fmt::format("{}x{}", read->width, read->height)) {
      Fault("{}: RESOLUTION is {}", read->id, Find(attributes, "RESOLUTION"));
    }
  }

  // The playlist must name the files of one Representation, each as long as
  // there. Returns it, or null when it cannot be told.
  const DashRepresentation* CheckPlaylist(const std::string& uri) {
    const auto text = Get(uri);
    if (!text) return nullptr;
    const auto playlist = ReadMediaPlaylist(*text);
    if (!playlist) {
      Fault("{}: {}", uri, playlist.error().message());
      return nullptr;
    }
    const auto found = std::ranges::find_if(
        dash_, [&](const auto& entry) { return entry.second.init_name == playlist->init_uri; });
    if (found == dash_.end()) {
      Fault("{} begins with {}, which DASH does not know", uri, playlist->init_uri);
      return nullptr;
    }
    const DashRepresentation& read = found->second;
    listed_by_hls_.insert(read.id);
    ComparePlaylist(uri, *playlist, read);
    return &read;
  }

  void ComparePlaylist(const std::string& uri, const HlsPlaylist& playlist,
                       const DashRepresentation& read) {
    if (playlist.segments.size() != read.segments.size()) {
      return Fault("{} lists {} segments, DASH {}", uri, playlist.segments.size(),
                   read.segments.size());
    }
    for (std::size_t i = 0; i < playlist.segments.size(); ++i) {
      const HlsSegment& segment = playlist.segments[i];
      if (segment.uri != read.segments[i].name) {
        Fault("{} lists {} where DASH has {}", uri, segment.uri, read.segments[i].name);
      }
      if (std::abs(segment.duration_seconds - Seconds(read, read.segments[i].duration)) >
          kExtinfTolerance) {
        Fault("{}: EXTINF of {} is {:.6f}, in DASH {:.6f}", uri, segment.uri,
              segment.duration_seconds, Seconds(read, read.segments[i].duration));
      }
      if (std::round(segment.duration_seconds) > playlist.target_seconds) {
        Fault("{}: {} is longer than the target", uri, segment.uri);
      }
    }
  }

  const FetchFile& fetch_;
  PresentationReport report_;
  std::map<std::string, DashRepresentation> dash_;
  std::set<std::string> listed_by_hls_;
  std::set<std::string> groups_;
  std::set<std::string> names_;
  int default_count_ = 0;
};

}  // namespace

PresentationReport CheckPresentation(const FetchFile& fetch) { return Checker(fetch).Run(); }

}  // namespace tritontube::support
