#include "adapters/ffmpeg/command.h"

#include <fmt/format.h>

#include <ranges>

namespace tritontube::ffmpeg {

namespace {

constexpr int kPosterWidthMax = 1280;
// The picture that is most like the others around it: neither black nor a cut.
constexpr int kPosterCandidates = 50;

// Time zero of the file becomes time zero of the presentation. Rounded, because
// the filter would cut, and a grid's frame then fall into the slot before.
std::string ShiftFilter(std::string_view name, double start_seconds) {
  if (start_seconds == 0) return "";
  return fmt::format("{}=round(PTS-({:.6f})/TB),", name, start_seconds);
}

// BT.2020 pictures brighter than a screen, brought down to BT.709. In floating
// point, and so after scaling down.
constexpr std::string_view kToneMap =
    "setparams=color_primaries=bt2020:colorspace=bt2020nc,zscale=t=linear:npl=100,"
    "format=gbrpf32le,zscale=p=bt709,tonemap=hable:desat=0,zscale=t=bt709:m=bt709:r=tv,";

// Behind the grid, where a time is the number of a frame. At the end of the range ffmpeg ends.
std::string RangeFilter(const media::VideoPlan& plan, bool is_from_start) {
  std::string range;
  if (!is_from_start) range = fmt::format("start_pts={}", plan.first_frame);
  if (plan.end_frame > 0) {
    range += fmt::format("{}end_pts={}", range.empty() ? "" : ":", plan.end_frame);
  }
  return range.empty() ? "" : ",trim=" + range;
}

std::string ScaleFilter(const media::VideoRung& rung) {
  return fmt::format("scale={}:{}", rung.width, rung.height);
}

// The picture to be made, then (in the same chain) what the next rung is made of.
std::string SplitFilter(std::size_t index, std::size_t count) {
  if (index + 1 == count) return fmt::format("[v{}]", index);
  return fmt::format(",split=2[v{0}][s{0}]", index);
}

bool IsBehind(const media::VideoPlan& plan, std::int64_t frame) {
  return plan.end_frame > 0 && frame >= plan.end_frame;
}

// Where key pictures, and so fragments, are made. With cuts at those frames and at
// no others. ffmpeg rounds a time to the nearest frame, or takes the first frame
// that is not before it: a quarter of a frame early is right either way. The times are those
// of the grid, wherever the encoder begins; each that has passed by then would make one more
// key picture.
Arguments GroupOptions(const media::VideoPlan& plan) {
  const std::string group = std::to_string(plan.frames_per_segment);
  if (plan.cuts.empty()) return {"-g", group, "-keyint_min", group};
  const double rate = plan.frame_rate.AsDouble();
  std::string times;
  for (const std::int64_t frame : plan.cuts) {
    if (frame <= plan.first_frame || IsBehind(plan, frame)) continue;
    times += fmt::format("{}{:.3f}", times.empty() ? "" : ",",
                         (static_cast<double>(frame) - 0.25) / rate);
  }
  constexpr std::string_view kNeverByItself = "1000000";
  Arguments options = {"-g", std::string(kNeverByItself), "-keyint_min", "1"};
  if (!times.empty()) Append(options, {"-force_key_frames", times});
  return options;
}

// To the key picture before the first frame that is wanted, in the file's own time. What is shown
// at that frame may be due half a frame later, and filters look back. Not to before the beginning:
// some demuxers then stand in the middle of the file.
void AppendSeek(Arguments& arguments, const media::EncodePlan& plan) {
  constexpr double kRunUp = 0.5;
  if (!plan.video || plan.video->first_frame == 0) return;
  const double begin =
      static_cast<double>(plan.video->first_frame) / plan.video->frame_rate.AsDouble();
  if (begin <= kRunUp) return;
  Append(arguments, {"-noaccurate_seek", "-seek_timestamp", "1", "-ss",
                     fmt::format("{:.6f}", plan.start_seconds + begin - kRunUp)});
}

// The same in every output: nothing of the file's own metadata (places, names)
// gets into what we publish.
void AppendMuxer(Arguments& arguments, std::string_view flags, std::size_t output) {
  Append(arguments, {"-fflags", "+bitexact", "-map_metadata", "-1", "-map_chapters", "-1",
                     "-movflags", std::string(flags), "-f", "mp4",
                     fmt::format("pipe:{}", kFirstOutputPipe + static_cast<int>(output))});
}

// Of a part of a video as many are made at once as there are processors, which takes less of
// them than threads that wait for each other.
std::string ThreadsOf(const FfmpegOptions& options, const media::VideoPlan& plan) {
  const bool is_part = plan.first_frame != 0 || plan.end_frame != 0;
  return std::to_string(is_part ? 1 : options.threads);
}

void AppendRung(Arguments& arguments, const FfmpegOptions& options, const media::VideoPlan& plan,
                std::size_t index) {
  const media::VideoRung& rung = plan.rungs[index];
  // One closed group of pictures is one fragment is one segment, cut at the
  // same frames in every rung. stitchable: the parameter sets do not depend on
  // the content. vfr: the grid's times are kept, but frames from before the last
  // one are dropped; see VideoFilter().
  Append(arguments, {"-map",          fmt::format("[v{}]", index),
                     "-fps_mode",     "vfr",
                     "-c:v",          "libx264",
                     "-preset",       "veryfast",
                     "-threads",      ThreadsOf(options, plan),
                     "-crf",          std::to_string(rung.crf),
                     "-maxrate",      std::to_string(rung.bits_per_second_max),
                     "-bufsize",      std::to_string(rung.buffer_bits),
                     "-profile:v",    "high",
                     "-pix_fmt",      "yuv420p",
                     "-sc_threshold", "0",
                     "-bf",           "2",
                     "-x264-params",  "stitchable=1"});
  for (std::string& option : GroupOptions(plan)) arguments.push_back(std::move(option));
  // Absolute times (frag_discont), no edit list (cmaf).
  Append(arguments, {"-avoid_negative_ts", "disabled", "-muxdelay", "0", "-video_track_timescale",
                     std::to_string(plan.timescale)});
  AppendMuxer(arguments, "+cmaf+frag_keyframe+frag_discont+delay_moov", index);
}

// Where sound changes its channels or rate ffmpeg starts the filters anew, and
// they pad again from zero: as much silence as has been played already. It
// carries old times, so nothing that is not later than all before is written.
constexpr std::string_view kOnlyForward = "noise=drop='if(gt(n,0)*lt(pts,ld(0)),1,st(0,pts+1)*0)'";

// Without the cmaf flag, which would drop the edit list that hides the
// encoder's first 1024 samples: sound would come 21 ms late.
void AppendAudio(Arguments& arguments, const media::EncodePlan& plan, std::size_t index) {
  const media::AudioPlan& track = plan.audio[index];
  const std::size_t rung_count = plan.video ? plan.video->rungs.size() : 0;
  const auto fragment_microseconds = static_cast<std::int64_t>(plan.segment_seconds * 1e6);
  Append(arguments, {"-map", fmt::format("0:{}", track.stream_index), "-af",
                     AudioFilter(track, plan.start_seconds), "-c:a", "aac", "-b:a",
                     std::to_string(track.bits_per_second), "-ac", std::to_string(track.channels),
                     "-ar", std::to_string(track.sample_rate), "-bsf:a", std::string(kOnlyForward),
                     "-frag_duration", std::to_string(fragment_microseconds)});
  AppendMuxer(arguments, "+delay_moov+default_base_moof", rung_count + index);
}

}  // namespace

void Append(Arguments& arguments, std::initializer_list<std::string> more) {
  arguments.insert(arguments.end(), more);
}

std::vector<std::string> FfmpegStart(const FfmpegOptions& options, std::string_view log_level) {
  return {options.ffmpeg.string(),
          "-hide_banner",
          "-v",
          std::string(log_level),
          "-nostdin",
          "-nostats",
          "-y"};
}

void AppendInput(std::vector<std::string>& arguments, const FfmpegOptions& options,
                 const std::filesystem::path& source, std::string_view demuxer) {
  Append(arguments, {"-f", std::string(demuxer), "-protocol_whitelist", "file", "-max_pixels",
                     std::to_string(options.pixels_max), "-i", source.string()});
}

void AppendPlannedInput(std::vector<std::string>& arguments, const FfmpegOptions& options,
                        const std::filesystem::path& source, const media::EncodePlan& plan) {
  const std::string threads =
      plan.video ? ThreadsOf(options, *plan.video) : std::to_string(options.threads);
  Append(arguments, {"-filter_complex_threads", threads, "-copyts", "-threads", threads});
  AppendSeek(arguments, plan);
  AppendInput(arguments, options, source, media::DemuxerName(plan.container));
}

void AppendJpegOutput(std::vector<std::string>& arguments, int quality) {
  Append(arguments, {"-frames:v", "1", "-map_metadata", "-1", "-c:v", "mjpeg", "-q:v",
                     std::to_string(quality), "-f", "image2pipe", "pipe:1"});
}

std::vector<std::string> ProbeCommand(const FfmpegOptions& options,
                                      const std::filesystem::path& source,
                                      media::Container container) {
  constexpr std::string_view kWanted =
      "format=start_time,duration:"
      "stream=index,id,codec_type,codec_name,profile,width,height,sample_aspect_ratio,"
      "avg_frame_rate,r_frame_rate,pix_fmt,color_transfer,field_order,start_time,duration,"
      "nb_frames,channels,sample_rate,sample_fmt:"
      "stream_tags=language,title:stream_disposition=default,attached_pic,timed_thumbnails:"
      "stream_side_data=rotation";
  Arguments arguments = {options.ffprobe.string(), "-hide_banner", "-v", "error"};
  Append(arguments, {"-print_format", "json=compact=1", "-show_entries", std::string(kWanted)});
  AppendInput(arguments, options, source, media::DemuxerName(container));
  return arguments;
}

std::vector<std::string> CheckSoundCommand(const FfmpegOptions& options,
                                           const media::MediaFile& file,
                                           const std::vector<int>& stream_indexes) {
  Arguments arguments = FfmpegStart(options);
  // Sound that changes its channels or rate is decoded by ffmpeg and not by
  // browsers, which are told of one configuration: it is to be an error.
  Append(arguments, {"-xerror", "-reinit_filter", "0"});
  AppendInput(arguments, options, file.path, media::DemuxerName(file.container));
  for (const int index : stream_indexes) Append(arguments, {"-map", fmt::format("0:{}", index)});
  Append(arguments, {"-f", "null", "-"});
  return arguments;
}

std::string VideoFilter(const media::VideoPlan& plan, double start_seconds,
                        media::Container container) {
  std::string graph = fmt::format("[0:{}]", plan.stream_index);
  if (plan.deinterlace) graph += "bwdif=mode=send_frame,";
  graph += ShiftFilter("setpts", start_seconds);
  // The grid is absolute: frame n is the one shown at n / rate, however the
  // source is timed, and what comes before zero is not shown. Padding only where
  // it is needed: where pictures change their size ffmpeg starts the whole graph
  // anew, which pads again from zero. Those frames are dropped, but for one: the
  // picture is a frame late from there on. By itself the filter drops a last picture whose
  // duration the decoder has lost; in MP4 that is each, and each is to be shown.
  const std::string_view last = container == media::Container::kMov ? ":eof_action=pass" : "";
  const bool pad = plan.pad_start && plan.first_frame == 0;
  graph +=
      fmt::format("fps=fps={}/{}{}{}{},", plan.frame_rate.numerator, plan.frame_rate.denominator,
                  last, pad ? ":start_time=0" : "", RangeFilter(plan, pad));
  graph += ScaleFilter(plan.rungs.front()) + ",";
  if (plan.tone_map) graph += kToneMap;
  graph += "setsar=1,format=yuv420p" + SplitFilter(0, plan.rungs.size());
  // Each rung from the one above it, which is smaller than the source.
  for (std::size_t i = 1; i < plan.rungs.size(); ++i) {
    graph += fmt::format(";[s{}]{},setsar=1{}", i - 1, ScaleFilter(plan.rungs[i]),
                         SplitFilter(i, plan.rungs.size()));
  }
  return graph;
}

std::string AudioFilter(const media::AudioPlan& plan, double start_seconds) {
  // Gaps become silence, so that sound stays with the picture and fragments
  // stay regular; so does what is missing at the start.
  return fmt::format("{}aresample={}:async=1:first_pts=0", ShiftFilter("asetpts", start_seconds),
                     plan.sample_rate);
}

std::vector<std::string> EncodeCommand(const FfmpegOptions& options,
                                       const std::filesystem::path& source,
                                       const media::EncodePlan& plan) {
  Arguments arguments = FfmpegStart(options);
  Append(arguments, {"-progress", fmt::format("pipe:{}", kProgressPipe), "-stats_period", "0.5"});
  AppendPlannedInput(arguments, options, source, plan);
  if (plan.video) {
    Append(arguments,
           {"-filter_complex", VideoFilter(*plan.video, plan.start_seconds, plan.container)});
    for (std::size_t i = 0; i < plan.video->rungs.size(); ++i) {
      AppendRung(arguments, options, *plan.video, i);
    }
  }
  for (std::size_t i = 0; i < plan.audio.size(); ++i) AppendAudio(arguments, plan, i);
  return arguments;
}

std::vector<std::string> PosterCommand(const FfmpegOptions& options,
                                       const std::filesystem::path& source,
                                       const media::EncodePlan& plan, double at_seconds) {
  const media::VideoPlan& video = *plan.video;
  // The largest that is no larger than a page shows; the rungs fall in size.
  media::VideoRung size = video.rungs.back();
  for (const media::VideoRung& rung : video.rungs | std::views::reverse) {
    if (rung.width <= kPosterWidthMax) size = rung;
  }
  std::string filter;
  if (video.deinterlace) filter += "bwdif=mode=send_frame,";
  filter += ScaleFilter(size) + ",";
  if (video.tone_map) filter += kToneMap;
  filter += fmt::format("setsar=1,format=yuvj420p,thumbnail={}", kPosterCandidates);
  Arguments arguments = FfmpegStart(options);
  Append(arguments,
         {"-ss", fmt::format("{:.3f}", at_seconds), "-threads", std::to_string(options.threads)});
  AppendInput(arguments, options, source, media::DemuxerName(plan.container));
  Append(arguments, {"-map", fmt::format("0:{}", video.stream_index), "-vf", filter});
  AppendJpegOutput(arguments, kPosterQuality);
  return arguments;
}

std::vector<std::string> RemuxCommand(const FfmpegOptions& options,
                                      const std::filesystem::path& source,
                                      const std::filesystem::path& target,
                                      const media::EncodePlan& plan) {
  Arguments arguments = FfmpegStart(options);
  Append(arguments, {"-copyts", "-fflags", "+genpts"});
  AppendInput(arguments, options, source, media::DemuxerName(plan.container));
  if (plan.video) Append(arguments, {"-map", fmt::format("0:{}", plan.video->stream_index)});
  for (const media::AudioPlan& track : plan.audio) {
    Append(arguments, {"-map", fmt::format("0:{}", track.stream_index)});
  }
  Append(arguments, {"-c", "copy", "-fflags", "+bitexact", "-map_metadata", "-1", "-map_chapters",
                     "-1", "-output_ts_offset", fmt::format("{:.6f}", -plan.start_seconds), "-f",
                     "matroska", target.string()});
  return arguments;
}

media::EncodePlan RemuxedPlan(media::EncodePlan plan) {
  int next_index = 0;
  if (plan.video) plan.video->stream_index = next_index++;
  for (media::AudioPlan& track : plan.audio) track.stream_index = next_index++;
  plan.subtitles.clear();  // The copy has none.
  plan.cover_picture_index.reset();
  plan.container = media::Container::kMatroska;
  plan.start_seconds = 0;
  plan.remux_first = false;
  return plan;
}

}  // namespace tritontube::ffmpeg
