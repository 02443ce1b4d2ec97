#include "domain/planning/plan_json.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "domain/planning/beside_source.h"
#include "foundation/strict_json/json_fields.h"

namespace tritontube::planning {

using nlohmann::json;
using strict_json::JsonFields;

namespace {

constexpr int kFormat = 1;
// Far beyond what is planned, and little enough to be obeyed.
constexpr std::size_t kTracksMax = 100;
constexpr std::size_t kTextBytesMax = 1000;
constexpr int kIndexMax = 1'000'000;
constexpr int kSideMax = 65'535;
constexpr int kCrfMax = 51;
constexpr int kChannelsMax = 255;
constexpr std::int64_t kFramesMax = std::int64_t{1} << 40U;
constexpr std::int64_t kBitsMax = std::int64_t{1} << 40U;
constexpr std::int64_t kTermMax = std::numeric_limits<std::int32_t>::max();
constexpr double kSecondsMax = 1e10;

json ToJson(const media::VideoRung& rung) {
  return {{"id", rung.id},
          {"width", rung.width},
          {"crf", rung.crf},
          {"height", rung.height},
          {"bits_per_second_max", rung.bits_per_second_max},
          {"buffer_bits", rung.buffer_bits}};
}

json ToJson(const media::VideoPlan& video) {
  json rungs = json::array();
  for (const media::VideoRung& rung : video.rungs) rungs.push_back(ToJson(rung));
  return {{"stream_index", video.stream_index},
          {"frame_rate", {video.frame_rate.numerator, video.frame_rate.denominator}},
          {"frames_per_segment", video.frames_per_segment},
          {"frame_count", video.frame_count},
          {"first_frame", video.first_frame},
          {"end_frame", video.end_frame},
          {"cuts", video.cuts},
          {"timescale", video.timescale},
          {"deinterlace", video.deinterlace},
          {"tone_map", video.tone_map},
          {"pad_start", video.pad_start},
          {"rungs", std::move(rungs)}};
}

json ToJson(const media::AudioPlan& track) {
  return {{"id", track.id},
          {"stream_index", track.stream_index},
          {"track_id", track.track_id},
          {"bits_per_second", track.bits_per_second},
          {"sample_rate", track.sample_rate},
          {"channels", track.channels},
          {"language", track.language},
          {"label", track.label},
          {"is_default", track.is_default}};
}

json ToJson(const media::SubtitlePlan& track) {
  return {
      {"stream_index", track.stream_index}, {"language", track.language}, {"label", track.label}};
}

template <typename T>
json AllToJson(const std::vector<T>& values) {
  json all = json::array();
  for (const T& value : values) all.push_back(ToJson(value));
  return all;
}

template <typename T>
T Within(JsonFields& fields, const char* name, T least, T most) {
  const T number = fields.Integer<T>(name);
  if (number < least || number > most) fields.Refuse(name);
  return number;
}

double Seconds(JsonFields& fields, const char* name, double least) {
  const double seconds = fields.Number(name);
  if (seconds < least || seconds > kSecondsMax) fields.Refuse(name);
  return seconds;
}

std::string ShortText(JsonFields& fields, const char* name) {
  std::string text = fields.Text(name);
  if (text.size() > kTextBytesMax) fields.Refuse(name);
  return text;
}

// It begins the names of files.
std::string Id(JsonFields& fields, const char* name) {
  std::string id = ShortText(fields, name);
  const bool is_plain = !id.empty() && std::ranges::all_of(id, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  });
  if (!is_plain) fields.Refuse(name);
  return id;
}

void ForEachObject(JsonFields& fields, const char* name,
                   const std::function<void(JsonFields&)>& read) {
  const json array = fields.Array(name);
  if (array.size() > kTracksMax) return fields.Refuse(name);
  for (const json& item : array) {
    JsonFields members(item, "a plan");
    read(members);
    fields.Join(members.Finish());
  }
}

// Numbers from 0 to `most`.
std::vector<std::int64_t> Numbers(JsonFields& fields, const char* name, std::int64_t most) {
  std::vector<std::int64_t> numbers;
  for (const json& item : fields.Array(name)) {
    const bool is_right =
        item.is_number_unsigned() && item.get<std::uint64_t>() <= static_cast<std::uint64_t>(most);
    if (!is_right) fields.Refuse(name);
    numbers.push_back(is_right ? item.get<std::int64_t>() : 0);
  }
  return numbers;
}

media::Rational RateFrom(JsonFields& fields, const char* name) {
  const std::vector<std::int64_t> terms = Numbers(fields, name, kTermMax);
  if (terms.size() == 2 && terms[0] > 0 && terms[1] > 0) return {terms[0], terms[1]};
  fields.Refuse(name);
  return {};
}

std::vector<std::int64_t> CutsFrom(JsonFields& fields, const char* name) {
  std::vector<std::int64_t> cuts = Numbers(fields, name, kFramesMax);
  const bool rise = std::ranges::adjacent_find(cuts, std::greater_equal()) == cuts.end();
  if (cuts.size() > kCutsMax || !rise || (!cuts.empty() && cuts.front() == 0)) fields.Refuse(name);
  return cuts;
}

media::VideoRung RungFrom(JsonFields& fields) {
  media::VideoRung rung;
  rung.id = Id(fields, "id");
  rung.width = Within(fields, "width", 2, kSideMax);
  rung.height = Within(fields, "height", 2, kSideMax);
  if (rung.width % 2 != 0 || rung.height % 2 != 0) fields.Refuse("height");
  rung.crf = Within(fields, "crf", 0, kCrfMax);
  rung.bits_per_second_max = Within(fields, "bits_per_second_max", std::int64_t{1}, kBitsMax);
  rung.buffer_bits = Within(fields, "buffer_bits", std::int64_t{1}, kBitsMax);
  return rung;
}

bool Falls(const std::vector<media::VideoRung>& rungs) {
  return std::ranges::adjacent_find(rungs, [](const auto& larger, const auto& smaller) {
           return smaller.width > larger.width || smaller.height > larger.height;
         }) == rungs.end();
}

media::VideoPlan VideoFrom(JsonFields& fields) {
  media::VideoPlan video;
  video.stream_index = Within(fields, "stream_index", 0, kIndexMax);
  video.frame_rate = RateFrom(fields, "frame_rate");
  video.frames_per_segment = Within(fields, "frames_per_segment", std::int64_t{1}, kFramesMax);
  video.frame_count = Within(fields, "frame_count", std::int64_t{0}, kFramesMax);
  video.first_frame = Within(fields, "first_frame", std::int64_t{0}, kFramesMax);
  video.end_frame = Within(fields, "end_frame", std::int64_t{0}, kFramesMax);
  if (video.end_frame != 0 && video.end_frame <= video.first_frame) fields.Refuse("end_frame");
  video.cuts = CutsFrom(fields, "cuts");
  video.timescale = fields.Integer<std::uint32_t>("timescale");
  const std::int64_t ticks = video.frame_rate.denominator * video.timescale;
  if (ticks == 0 || video.frame_rate.numerator == 0 || ticks % video.frame_rate.numerator != 0) {
    fields.Refuse("timescale");
  }
  video.deinterlace = fields.Boolean("deinterlace");
  video.tone_map = fields.Boolean("tone_map");
  video.pad_start = fields.Boolean("pad_start");
  ForEachObject(fields, "rungs", [&](JsonFields& rung) { video.rungs.push_back(RungFrom(rung)); });
  if (video.rungs.empty() || !Falls(video.rungs)) fields.Refuse("rungs");
  return video;
}

media::AudioPlan AudioFrom(JsonFields& fields) {
  media::AudioPlan track;
  track.id = Id(fields, "id");
  track.stream_index = Within(fields, "stream_index", 0, kIndexMax);
  track.track_id = fields.Integer<std::uint32_t>("track_id");
  track.bits_per_second = Within(fields, "bits_per_second", std::int64_t{1}, kBitsMax);
  track.sample_rate = Within(fields, "sample_rate", 1, static_cast<int>(kTermMax));
  track.channels = Within(fields, "channels", 1, kChannelsMax);
  track.language = ShortText(fields, "language");
  track.label = ShortText(fields, "label");
  track.is_default = fields.Boolean("is_default");
  return track;
}

media::SubtitlePlan SubtitleFrom(JsonFields& fields) {
  media::SubtitlePlan track;
  track.stream_index = Within(fields, "stream_index", 0, kIndexMax);
  track.language = ShortText(fields, "language");
  track.label = ShortText(fields, "label");
  return track;
}

bool HasEachIdOnce(const media::EncodePlan& plan) {
  std::vector<std::string_view> ids;
  if (plan.video) {
    for (const media::VideoRung& rung : plan.video->rungs) ids.push_back(rung.id);
  }
  for (const media::AudioPlan& track : plan.audio) ids.push_back(track.id);
  std::ranges::sort(ids);
  return std::ranges::adjacent_find(ids) == ids.end();
}

}  // namespace

std::string PlanToJson(const media::EncodePlan& plan) {
  const json document = {
      {"format", kFormat},
      {"container", media::ToString(plan.container)},
      {"duration_seconds", plan.duration_seconds},
      {"start_seconds", plan.start_seconds},
      {"segment_seconds", plan.segment_seconds},
      {"video", plan.video ? ToJson(*plan.video) : json(nullptr)},
      {"audio", AllToJson(plan.audio)},
      {"undecodable_audio_count", plan.undecodable_audio_count},
      {"subtitles", AllToJson(plan.subtitles)},
      {"cover_picture_index",
       plan.cover_picture_index ? json(*plan.cover_picture_index) : json(nullptr)},
      {"remux_first", plan.remux_first}};
  return document.dump(-1, ' ', /*ensure_ascii=*/false, json::error_handler_t::replace);
}

Result<media::EncodePlan> PlanFromJson(std::string_view text) {
  JsonFields fields(text, "a plan", kFormat);
  media::EncodePlan plan;
  const auto container = fields.Parsed("container", media::ContainerFromString);
  plan.container = container.value_or(media::Container::kMov);
  plan.duration_seconds = Seconds(fields, "duration_seconds", 0);
  plan.start_seconds = Seconds(fields, "start_seconds", -kSecondsMax);
  plan.segment_seconds = Seconds(fields, "segment_seconds", 0);
  if (!fields.IsNull("video")) {
    JsonFields video(fields.Object("video"), "a plan");
    plan.video = VideoFrom(video);
    fields.Join(video.Finish());
  }
  ForEachObject(fields, "audio",
                [&](JsonFields& track) { plan.audio.push_back(AudioFrom(track)); });
  plan.undecodable_audio_count =
      Within(fields, "undecodable_audio_count", std::size_t{0}, std::size_t{kIndexMax});
  ForEachObject(fields, "subtitles",
                [&](JsonFields& track) { plan.subtitles.push_back(SubtitleFrom(track)); });
  if (!fields.IsNull("cover_picture_index")) {
    plan.cover_picture_index = Within(fields, "cover_picture_index", 0, kIndexMax);
  }
  plan.remux_first = fields.Boolean("remux_first");
  TT_RETURN_IF_ERROR(fields.Finish());
  if (!HasEachIdOnce(plan) || PlanToJson(plan) != text) {
    return Fail(ErrorCode::kCorrupt, "a plan cannot be read: it is not as it was written");
  }
  return plan;
}

}  // namespace tritontube::planning
