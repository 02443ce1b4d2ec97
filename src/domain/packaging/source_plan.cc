#include "domain/packaging/source_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "core/blob/blob_store.h"
#include "core/bmff/aac_config.h"
#include "core/bmff/sample_entry.h"

namespace tritontube::packaging {

namespace {

using bmff::MakeFourCc;

// Nobody needs more, and every one is a playlist.
constexpr std::size_t kAudioTracksMax = 8;

// What both a manifest and an initialisation segment say of a track's codec.
Result<void> DescribeVideo(const SourceTrack& source, SourcePlan::Track& track) {
  TT_ASSIGN_OR_RETURN(const bmff::VideoEntry entry, bmff::ParseVideoEntry(source.entry));
  TT_ASSIGN_OR_RETURN(const bmff::Box avcc, bmff::FindOnly(entry.boxes, MakeFourCc("avcC")));
  TT_ASSIGN_OR_RETURN(track.rendition.codecs, bmff::AvcCodecs(avcc.payload));
  track.rendition.kind = media::Kind::kVideo;
  track.rendition.width = entry.width;
  track.rendition.height = entry.height;
  track.init.video = true;
  track.init.width = entry.width;
  track.init.height = entry.height;
  track.init.sample_entry = WriteVideoEntry(entry, avcc.payload);
  return {};
}

Result<void> DescribeAudio(const SourceTrack& source, SourcePlan::Track& track) {
  TT_ASSIGN_OR_RETURN(const bmff::AudioEntry entry, bmff::ParseAudioEntry(source.entry));
  TT_ASSIGN_OR_RETURN(track.rendition.codecs, bmff::AacCodecs(entry.esds));
  TT_ASSIGN_OR_RETURN(const bmff::DecoderConfig decoder, bmff::ParseEsds(entry.esds));
  // The entry may say two channels of whatever there are; the decoder knows.
  TT_ASSIGN_OR_RETURN(const bmff::AacConfig config, bmff::ParseAacConfig(decoder.specific));
  track.rendition.kind = media::Kind::kAudio;
  track.rendition.channels = static_cast<int>(config.channel_configuration);
  track.rendition.sample_rate = static_cast<int>(config.sample_rate);
  track.init.sample_entry = WriteAudioEntry(entry, track.rendition.channels);
  return {};
}

// "eng" of its three letters of five bits; nothing when it says nothing.
std::string Language(std::uint16_t packed) {
  std::string language;
  for (const unsigned shift : {10U, 5U, 0U}) {
    const auto letter = static_cast<char>(0x60 + (packed >> shift & 0x1fU));
    if (letter < 'a' || letter > 'z') return "";
    language += letter;
  }
  return language == "und" ? "" : language;
}

// The rate of the longest run of equal pictures when it is most of the track,
// else the average, to a thousandth.
media::Rational FrameRate(const SourceTrack& source) {
  const double average = static_cast<double>(source.samples.sample_count()) *
                         source.header.timescale / static_cast<double>(source.samples.duration());
  const bmff::SampleTable::TimeRun run = source.samples.longest_time_run();
  const media::Rational usual = media::Rational{source.header.timescale, run.duration}.Reduced();
  constexpr std::int64_t kTermMax = std::numeric_limits<std::int32_t>::max();
  if (2 * std::uint64_t{run.sample_count} > source.samples.sample_count() &&
      usual.numerator <= kTermMax) {
    return usual;
  }
  return media::Rational{std::llround(average * 1000), 1000}.Reduced();
}

std::vector<media::Segment> Segments(const SourceTrack& source,
                                     const std::vector<PlannedSegment>& planned) {
  std::vector<media::Segment> segments;
  segments.reserve(planned.size());
  for (const PlannedSegment& segment : planned) {
    segments.push_back({.start = segment.decode_time() + source.late,
                        .duration = segment.duration,
                        .size = HeadSize(source, segment.sample_count) + segment.data_size});
  }
  return segments;
}

}  // namespace

Result<SourcePlan> SourcePlan::Make(std::shared_ptr<const SourceMovie> source,
                                    const CopyReport& report) {
  std::vector<std::uint32_t> safe;
  for (const TrackVerdict& track : report.tracks) {
    if (report.is_safe(track.track_id)) safe.push_back(track.track_id);
  }
  return Make(std::move(source), safe);
}

Result<SourcePlan> SourcePlan::Make(std::shared_ptr<const SourceMovie> source,
                                    std::span<const std::uint32_t> track_ids) {
  SourcePlan plan(std::move(source));
  std::size_t audio_count = 0;
  for (const auto& candidate : plan.source_->candidates()) {
    std::string id = candidate.is_video ? "vsrc" : fmt::format("asrc{}", audio_count);
    if (!candidate.is_video && audio_count++ >= kAudioTracksMax) continue;
    if (!candidate.track || std::ranges::find(track_ids, candidate.id) == track_ids.end()) continue;
    TT_RETURN_IF_ERROR(plan.AddTrack(*candidate.track, std::move(id)));
  }
  if (plan.tracks_.empty()) {
    return Fail(ErrorCode::kInvalidArgument, "no track can be shown as it is");
  }
  for (Track& track : plan.tracks_) {
    if (track.rendition.kind != media::Kind::kAudio) continue;
    track.rendition.is_default = true;
    break;
  }
  return plan;
}

Result<void> SourcePlan::AddTrack(const SourceTrack& source, std::string id) {
  Track track{.source = &source, .init = {}, .rendition = {}, .segments = {}};
  const bool video = source.header.is_video();
  TT_RETURN_IF_ERROR(video ? DescribeVideo(source, track) : DescribeAudio(source, track));
  TT_ASSIGN_OR_RETURN(track.segments, CutSegments(source.samples, source.header.timescale));
  track.init.timescale = source.header.timescale;
  track.init.edit_media_time = source.edit.media_time - source.EditInOffsets();
  track.init.language = source.header.language;
  track.rendition.id = std::move(id);
  track.rendition.language = video ? "" : Language(source.header.language);
  track.rendition.timescale = source.header.timescale;
  track.rendition.presentation_offset = track.init.edit_media_time;
  if (video) track.rendition.frame_rate = FrameRate(source);
  track.rendition.segments = Segments(source, track.segments);
  tracks_.push_back(std::move(track));
  return {};
}

const SourcePlan::Track* SourcePlan::Find(std::string_view rendition_id) const {
  const auto found = std::ranges::find_if(
      tracks_, [&](const Track& track) { return track.rendition.id == rendition_id; });
  return found == tracks_.end() ? nullptr : &*found;
}

ByteCount SourcePlan::memory_bytes() const {
  ByteCount bytes = source_->memory_bytes();
  for (const Track& track : tracks_) {
    bytes += track.segments.size() * (sizeof(PlannedSegment) + sizeof(media::Segment));
  }
  return bytes;
}

std::optional<GatherList> SourcePlan::Segment(const Track& track, std::size_t number) {
  if (number == 0 || number > track.segments.size()) return std::nullopt;
  return WriteSegment(*track.source, track.segments[number - 1],
                      static_cast<std::uint32_t>(number));
}

std::string EntityTag(std::string_view source_id, std::string_view head) {
  const std::string text = fmt::format("{}\n{}", source_id, head);
  return "\"" + blob::DigestOf(blob::Bytes(text)).ToHex() + "\"";
}

}  // namespace tritontube::packaging
