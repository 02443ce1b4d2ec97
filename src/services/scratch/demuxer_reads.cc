#include "services/scratch/demuxer_reads.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "core/bmff/box.h"
#include "core/bmff/init_segment.h"
#include "core/bmff/movie.h"
#include "core/bmff/sample_table.h"

namespace tritontube::scratch {

namespace {

using bmff::FourCc;
using bmff::MakeFourCc;

constexpr ByteCount kShortHeader = 8;
constexpr ByteCount kLongHeader = 16;
constexpr std::size_t kBoxesMax = 1000;
// Of all boxes but the moov that are read whole.
constexpr ByteCount kSmallBoxesBytesMax = ByteCount{16} << 20U;
// Media, and room that was left for something. Nobody looks into them.
constexpr std::array kPassedOver = {MakeFourCc("mdat"), MakeFourCc("free"), MakeFourCc("skip"),
                                    MakeFourCc("wide")};

// How far before the first picture a key picture is looked for: we are asked to
// come half a second before, and dts are before pts.
constexpr double kRunUpSeconds = 1;
// How much is read behind the last one: pictures are reordered, threads of the
// decoder are fed before the first gives a picture, filters look ahead.
constexpr double kRunOutSeconds = 2;
constexpr std::uint32_t kRunOutSamples = 40;
// What avformat_find_stream_info looks at at most: so many bytes of all packets
// (probesize), and five seconds of each stream, of which one may be a second
// ahead of another.
constexpr ByteCount kProbeBytes = 5'000'000;
constexpr double kProbeSeconds = 8;
// Beyond these ffmpeg takes the tables to be broken and mends them in its own way.
constexpr double kOffsetSecondsMax = 60;
constexpr double kDurationSecondsMax = 3600;

std::unexpected<Error> NotKnown(std::string_view what) {
  return Fail(ErrorCode::kInvalidArgument, "{}", what);
}

// One track in seconds of the file's own time, as ffmpeg has it.
class Track {
 public:
  static Result<Track> Open(const bmff::MovieTrack& header, std::uint32_t movie_timescale,
                            ByteCount file_size) {
    Track track;
    TT_ASSIGN_OR_RETURN(const bmff::Box stbl, bmff::FindOnly(header.minf, MakeFourCc("stbl")));
    track.timescale_ = header.timescale;
    TT_ASSIGN_OR_RETURN(const bmff::Edit edit, bmff::ParseEdit(header.elst));
    if (edit.empty != 0 && movie_timescale == 0) return NotKnown("the movie has no timescale");
    track.begin_ = static_cast<double>(edit.media_time) / track.timescale_;
    if (edit.empty != 0) track.late_ = static_cast<double>(edit.empty) / movie_timescale;
    // Many files have a track that never got a sample.
    if (bmff::CheckNoSamples(stbl.payload)) return track;
    TT_ASSIGN_OR_RETURN(track.samples_, bmff::SampleTable::Parse(stbl.payload, file_size));
    return track;
  }

  bool is_empty() const { return !samples_; }
  std::uint32_t sample_count() const { return samples_ ? samples_->sample_count() : 0; }

  // What ffmpeg would mend is not for us. Where an edit list shows nothing of the
  // beginning it moves the first picture to where the list says. Comes before all
  // below.
  Result<void> Survey() {
    double first_shown = std::numeric_limits<double>::max();
    for (bmff::SampleCursor cursor(*samples_); !cursor.done(); cursor.Advance()) {
      const bmff::Sample sample = cursor.sample();
      if (!IsUsual(sample)) return NotKnown("a sample has a time that nobody means");
      first_shown = std::min(first_shown, Shown(sample));
    }
    shift_ = std::max(0.0, first_shown - begin_);
    return {};
  }

  // The key sample from which ffmpeg may begin when it is sent there.
  double KeyBefore(double file_seconds) const {
    const bmff::SampleCursor key(*samples_, KeyBeforeMedia(ToMedia(file_seconds) - kRunUpSeconds));
    return std::min(Decoded(key.sample()), Shown(key.sample())) - begin_ + late_;
  }

  void AddPictures(double from, double to, RecordGatherer& records) const {
    bmff::SampleCursor cursor(*samples_, KeyBeforeMedia(ToMedia(from) - kRunUpSeconds));
    const double end = ToMedia(to) + shift_ + kRunOutSeconds;
    std::uint32_t left = EndOf(end) - std::min(EndOf(end), cursor.position().sample);
    left = std::max(left, std::uint32_t{1});
    for (left += kRunOutSamples; left > 0 && !cursor.done(); --left, cursor.Advance()) {
      records.Add(cursor.sample().data);
    }
  }

  // What is looked at of every stream to find out what it is.
  void AddBeginning(RecordGatherer& records) const {
    bmff::SampleCursor cursor(*samples_, KeyBeforeMedia(begin_ - kRunUpSeconds));
    // ffmpeg counts from the key sample on with which the edit list lets it begin.
    const std::uint32_t counted_from = KeyBeforeMedia(begin_).sample;
    ByteCount bytes = 0;
    for (; !cursor.done() && bytes < kProbeBytes; cursor.Advance()) {
      const bmff::Sample sample = cursor.sample();
      if (Decoded(sample) > begin_ + shift_ + kProbeSeconds) break;
      records.Add(sample.data);
      if (cursor.position().sample >= counted_from) bytes += sample.data.length;
    }
  }

 private:
  double Decoded(const bmff::Sample& sample) const {
    return static_cast<double>(sample.decode_time) / timescale_;
  }
  double Shown(const bmff::Sample& sample) const {
    return Decoded(sample) + static_cast<double>(sample.composition_offset) / timescale_;
  }
  double ToMedia(double file_seconds) const { return file_seconds - late_ + begin_; }

  bool IsUsual(const bmff::Sample& sample) const {
    return sample.duration <= kDurationSecondsMax * timescale_ &&
           sample.duration <= std::numeric_limits<std::int32_t>::max() &&
           std::abs(static_cast<double>(sample.composition_offset)) <=
               kOffsetSecondsMax * timescale_;
  }

  // The last key sample that is neither decoded nor shown later; the first sample
  // when there is none.
  bmff::SamplePosition KeyBeforeMedia(double seconds) const {
    bmff::SampleCursor cursor(*samples_);
    bmff::SamplePosition key = cursor.position();
    for (; !cursor.done(); cursor.Advance()) {
      const bmff::Sample sample = cursor.sample();
      if (Decoded(sample) > seconds) break;
      if (sample.is_sync && Shown(sample) <= seconds) key = cursor.position();
    }
    return key;
  }

  // Behind the last sample that is decoded or shown before.
  std::uint32_t EndOf(double seconds) const {
    std::uint32_t end = 0;
    for (bmff::SampleCursor cursor(*samples_); !cursor.done(); cursor.Advance()) {
      const bmff::Sample sample = cursor.sample();
      if (std::min(Decoded(sample), Shown(sample)) < seconds) end = cursor.position().sample + 1;
    }
    return end;
  }

  double timescale_ = 1;
  double begin_ = 0;  // Of what is shown, in the media's time.
  double late_ = 0;   // How long nothing is shown before.
  double shift_ = 0;  // By so much ffmpeg may tell earlier times than we.
  std::optional<bmff::SampleTable> samples_;
};

Result<std::vector<Track>> OpenTracks(const bmff::Movie& movie, ByteCount file_size) {
  std::vector<Track> tracks;
  std::uint64_t sample_count = 0;
  for (const bmff::MovieTrack& header : movie.tracks) {
    TT_ASSIGN_OR_RETURN(tracks.emplace_back(), Track::Open(header, movie.timescale, file_size));
    sample_count += tracks.back().sample_count();
  }
  // A walk over millions of samples takes a while, and they may cost no bytes.
  if (sample_count > bmff::kSamplesMax) return NotKnown("there are too many samples");
  for (Track& track : tracks) {
    if (!track.is_empty()) TT_RETURN_IF_ERROR(track.Survey());
  }
  return tracks;
}

}  // namespace

std::optional<bmff::ByteRange> BoxFinder::wanted() const {
  if (position_ == file_size_) return std::nullopt;
  return bmff::ByteRange{.offset = position_,
                         .length = std::min(kLongHeader, file_size_ - position_)};
}

Result<void> BoxFinder::Feed(std::span<const std::byte> bytes) {
  const ByteCount left = file_size_ - position_;
  bmff::ByteReader reader(bytes);
  ByteCount size = reader.U32();
  const FourCc type = reader.U32();
  ByteCount header_bytes = kShortHeader;
  if (size == 1) {
    size = reader.U64();
    header_bytes = kLongHeader;
  }
  if (size == 0) size = left;  // To the end of the file.
  if (!reader.ok() || size < header_bytes || size > left || ++box_count_ > kBoxesMax) {
    return NotKnown("the file is not made of boxes");
  }
  TT_RETURN_IF_ERROR(Keep(type, header_bytes, {.offset = position_, .length = size}));
  position_ += size;
  return {};
}

Result<void> BoxFinder::Keep(FourCc type, ByteCount header_bytes, bmff::ByteRange box) {
  if (std::ranges::count(kPassedOver, type) != 0) return {};
  if (type == MakeFourCc("moof")) return NotKnown("the file is fragmented");
  if (type == MakeFourCc("moov")) {
    if (moov_ || box.length > bmff::kMoovBytesMax) return NotKnown("a moov too many, or too large");
    moov_ = {.offset = box.offset + header_bytes, .length = box.length - header_bytes};
  } else {
    whole_bytes_ += box.length;
    if (whole_bytes_ > kSmallBoxesBytesMax) return NotKnown("boxes that are not known are large");
  }
  read_whole_.push_back(box);
  return {};
}

Result<void> BoxFinder::Check() const {
  if (!moov_) return NotKnown("the file has no moov");
  return {};
}

Result<RecordSet> RecordsOfPictures(std::span<const std::byte> moov, RecordedFile file,
                                    const PictureWindow& window) {
  TT_ASSIGN_OR_RETURN(const bmff::Movie movie, bmff::ParseMovie(moov));
  if (movie.fragmented) return NotKnown("the file is fragmented");
  const auto index = static_cast<std::size_t>(window.stream_index);
  if (window.stream_index < 0 || index >= movie.tracks.size() || !movie.tracks[index].is_video()) {
    return NotKnown("there are no pictures in this stream");
  }
  TT_ASSIGN_OR_RETURN(const std::vector<Track> tracks, OpenTracks(movie, file.file_bytes));
  if (tracks[index].is_empty()) return NotKnown("the track has no samples");
  RecordGatherer records(file);
  // ffmpeg may look for the key picture in another track of pictures, and for the
  // last one before that in this.
  double from = window.from_seconds;
  for (std::size_t i = 0; i < tracks.size(); ++i) {
    if (tracks[i].is_empty()) continue;
    tracks[i].AddBeginning(records);
    if (i != index && movie.tracks[i].is_video()) {
      from = std::min(from, tracks[i].KeyBefore(window.from_seconds));
    }
  }
  tracks[index].AddPictures(from, window.to_seconds, records);
  return records.Take();
}

}  // namespace tritontube::scratch
