#include "adapters/ffmpeg/probe_output.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>

namespace tritontube::ffmpeg {

namespace {

using Json = nlohmann::json;

// A member, or null for anything that is missing.
const Json& At(const Json& object, std::string_view name) {
  static const Json kMissing;
  if (!object.is_object()) return kMissing;
  const auto member = object.find(name);
  return member == object.end() ? kMissing : *member;
}

std::string Text(const Json& value) { return value.is_string() ? value.get<std::string>() : ""; }

template <typename Number>
Number ParseNumber(std::string_view text) {
  Number number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && stop == end ? number : Number{0};
}

// ffprobe writes some numbers as numbers and some as strings.
std::int64_t Integer(const Json& value) {
  if (value.is_string()) return ParseNumber<std::int64_t>(value.get_ref<const std::string&>());
  if (value.is_number_unsigned()) {
    const auto number = value.get<std::uint64_t>();
    constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    return number <= kMost ? static_cast<std::int64_t>(number) : 0;
  }
  return value.is_number_integer() ? value.get<std::int64_t>() : 0;
}

int SmallInteger(const Json& value) {
  const std::int64_t number = Integer(value);
  return number >= 0 && number <= std::numeric_limits<int>::max() ? static_cast<int>(number) : 0;
}

double Seconds(const Json& value) {
  if (!value.is_string()) return 0;
  const auto seconds = ParseNumber<double>(value.get_ref<const std::string&>());
  return std::isfinite(seconds) ? seconds : 0;
}

// "30000/1001" or "64:45"; 0/1 for anything else, a zero denominator included.
media::Rational Ratio(const Json& value, char separator) {
  const std::string text = Text(value);
  const std::size_t middle = text.find(separator);
  if (middle == std::string::npos) return {0, 1};
  const std::string_view view = text;
  const auto numerator = ParseNumber<std::int64_t>(view.substr(0, middle));
  const auto denominator = ParseNumber<std::int64_t>(view.substr(middle + 1));
  if (numerator <= 0 || denominator <= 0) return {0, 1};
  return media::Rational{numerator, denominator};
}

// ffprobe counts counter-clockwise, from -180 to 180, and not always in right
// angles; we mean what to do, clockwise.
int RotationDegrees(const Json& side_data) {
  if (!side_data.is_array()) return 0;
  for (const Json& entry : side_data) {
    const Json& rotation = At(entry, "rotation");
    if (!rotation.is_number()) continue;
    const auto counter_clockwise = rotation.get<double>();
    if (!(std::abs(counter_clockwise) <= 360)) continue;
    const int quarters = static_cast<int>(std::lround(-counter_clockwise / 90));
    return ((quarters % 4) + 4) % 4 * 90;
  }
  return 0;
}

bool HasDisposition(const Json& stream, std::string_view name) {
  return Integer(At(At(stream, "disposition"), name)) == 1;
}

// "und" is how containers spell that nobody said.
std::string Language(const Json& stream) {
  const std::string language = Text(At(At(stream, "tags"), "language"));
  return language == "und" ? "" : language;
}

// "0x1": how ffprobe prints it.
std::uint32_t TrackId(const Json& stream) {
  const std::string text = Text(At(stream, "id"));
  if (!text.starts_with("0x")) return 0;
  std::uint32_t id = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + 2, end, id, 16);
  return error == std::errc() && stop == end ? id : 0;
}

media::VideoStream ReadVideo(const Json& stream, int index) {
  media::VideoStream video;
  video.index = index;
  video.id = TrackId(stream);
  video.codec = Text(At(stream, "codec_name"));
  video.profile = Text(At(stream, "profile"));
  video.width = SmallInteger(At(stream, "width"));
  video.height = SmallInteger(At(stream, "height"));
  const media::Rational aspect = Ratio(At(stream, "sample_aspect_ratio"), ':');
  if (aspect.numerator > 0) video.sample_aspect = aspect;
  video.rotation_degrees = RotationDegrees(At(stream, "side_data_list"));
  video.average_frame_rate = Ratio(At(stream, "avg_frame_rate"), '/');
  video.nominal_frame_rate = Ratio(At(stream, "r_frame_rate"), '/');
  video.pixel_format = Text(At(stream, "pix_fmt"));
  video.bit_depth = BitDepthOf(video.pixel_format);
  video.color_transfer = Text(At(stream, "color_transfer"));
  const std::string order = Text(At(stream, "field_order"));
  video.interlaced = order == "tt" || order == "bb" || order == "tb" || order == "bt";
  video.start_seconds = Seconds(At(stream, "start_time"));
  video.duration_seconds = Seconds(At(stream, "duration"));
  video.frame_count = std::max<std::int64_t>(Integer(At(stream, "nb_frames")), 0);
  return video;
}

media::AudioStream ReadAudio(const Json& stream, int index) {
  media::AudioStream audio;
  audio.index = index;
  audio.id = TrackId(stream);
  audio.codec = Text(At(stream, "codec_name"));
  audio.channels = SmallInteger(At(stream, "channels"));
  audio.sample_rate = SmallInteger(At(stream, "sample_rate"));
  // Samples have a form as soon as a decoder could be opened.
  const std::string form = Text(At(stream, "sample_fmt"));
  audio.is_decodable = !form.empty() && form != "unknown";
  audio.language = Language(stream);
  audio.title = Text(At(At(stream, "tags"), "title"));
  audio.start_seconds = Seconds(At(stream, "start_time"));
  audio.duration_seconds = Seconds(At(stream, "duration"));
  audio.is_default = HasDisposition(stream, "default");
  return audio;
}

void ReadStream(const Json& stream, media::Source& source) {
  const Json& index_value = At(stream, "index");
  if (!index_value.is_number_integer()) return;
  const int index = SmallInteger(index_value);
  const std::string type = Text(At(stream, "codec_type"));
  const bool is_cover =
      HasDisposition(stream, "attached_pic") || HasDisposition(stream, "timed_thumbnails");
  if (type == "video" && is_cover) {
    if (!source.cover_picture_index) source.cover_picture_index = index;
  } else if (type == "video" && source.video.size() < kStreamsPerKindMax) {
    source.video.push_back(ReadVideo(stream, index));
  } else if (type == "audio" && source.audio.size() < kStreamsPerKindMax) {
    source.audio.push_back(ReadAudio(stream, index));
  } else if (type == "subtitle" && source.subtitles.size() < kStreamsPerKindMax) {
    source.subtitles.push_back({.index = index,
                                .codec = Text(At(stream, "codec_name")),
                                .language = Language(stream),
                                .title = Text(At(At(stream, "tags"), "title"))});
  }
}

}  // namespace

int BitDepthOf(std::string_view pixel_format) {
  struct Depth {
    std::string_view part;
    int bits;
  };
  // Parts of names, the more telling first: "yuv420p10le", "p010le", "gray12be",
  // "x2rgb10le", "rgb48le".
  constexpr auto kDepths = std::to_array<Depth>({
      {"p010", 10},    {"p210", 10},   {"p410", 10},   {"p012", 12},   {"p016", 16},
      {"p216", 16},    {"p416", 16},   {"p9", 9},      {"p10", 10},    {"p12", 12},
      {"p14", 14},     {"p16", 16},    {"f16", 16},    {"f32", 32},    {"gray9", 9},
      {"gray10", 10},  {"gray12", 12}, {"gray14", 14}, {"gray16", 16}, {"x2rgb10", 10},
      {"x2bgr10", 10}, {"y210", 10},   {"y212", 12},   {"rgb48", 16},  {"bgr48", 16},
      {"rgba64", 16},  {"bgra64", 16}, {"ya16", 16},   {"xyz12", 12},
  });
  for (const Depth& depth : kDepths) {
    if (pixel_format.find(depth.part) != std::string_view::npos) return depth.bits;
  }
  return 8;
}

Result<media::Source> ParseProbeOutput(std::string_view text, media::Container container) {
  const Json probe = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!probe.is_object() || !At(probe, "streams").is_array()) {
    return Fail(ErrorCode::kInternal,
                "ffprobe printed something that is not what it was asked for");
  }
  media::Source source;
  source.container = container;
  source.start_seconds = Seconds(At(At(probe, "format"), "start_time"));
  source.duration_seconds = Seconds(At(At(probe, "format"), "duration"));
  for (const Json& stream : At(probe, "streams")) ReadStream(stream, source);
  return source;
}

}  // namespace tritontube::ffmpeg
