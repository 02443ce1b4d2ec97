#include "domain/manifest/stored_json.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

namespace tritontube::manifest {

using media::Kind;
using media::Rendition;
using nlohmann::json;

namespace {

// Far beyond what planning makes; what is stored is not believed to obey it.
constexpr std::size_t kSegmentsMax = 1'000'000;
constexpr std::size_t kTextBytesMax = 1000;
constexpr std::int64_t kSideMax = 65'535;
constexpr std::uint64_t kTicksMax = std::uint64_t{1} << 53U;
constexpr ByteCount kSegmentBytesMax = ByteCount{1} << 40U;

std::optional<Kind> KindFromString(std::string_view text) {
  for (const Kind kind : {Kind::kVideo, Kind::kAudio, Kind::kText}) {
    if (ToString(kind) == text) return kind;
  }
  return std::nullopt;
}

// Segments are contiguous, so a start and pairs of duration and size say all.
json SegmentsToJson(const Rendition& rendition) {
  json pairs = json::array();
  for (const media::Segment& segment : rendition.segments) {
    pairs.push_back(segment.duration);
    pairs.push_back(segment.size);
  }
  return pairs;
}

json ToJson(const Rendition& rendition) {
  return {{"id", rendition.id},
          {"kind", ToString(rendition.kind)},
          {"codecs", rendition.codecs},
          {"width", rendition.width},
          {"height", rendition.height},
          {"rate", {rendition.frame_rate.numerator, rendition.frame_rate.denominator}},
          {"channels", rendition.channels},
          {"sample_rate", rendition.sample_rate},
          {"language", rendition.language},
          {"label", rendition.label},
          {"default", rendition.is_default},
          {"timescale", rendition.timescale},
          {"offset", rendition.presentation_offset},
          {"start", rendition.segments.empty() ? 0 : rendition.segments.front().start},
          {"segments", SegmentsToJson(rendition)}};
}

Result<std::vector<media::Segment>> SegmentsFromJson(const json& pairs, std::uint64_t start) {
  if (pairs.size() % 2 != 0) return CorruptStored("segments");
  std::vector<media::Segment> segments;
  segments.reserve(pairs.size() / 2);
  for (std::size_t i = 0; i < pairs.size(); i += 2) {
    if (!pairs[i].is_number_unsigned() || !pairs[i + 1].is_number_unsigned()) {
      return CorruptStored("segments");
    }
    const media::Segment segment{.start = start,
                                 .duration = pairs[i].get<std::uint64_t>(),
                                 .size = pairs[i + 1].get<std::uint64_t>()};
    const bool sane = segment.duration > 0 && segment.duration <= kTicksMax - start &&
                      segment.size > 0 && segment.size <= kSegmentBytesMax;
    if (!sane) return CorruptStored("segments");
    start += segment.duration;
    segments.push_back(segment);
  }
  return segments;
}

Result<media::Rational> RateFromJson(const json* terms) {
  constexpr std::int64_t kTermMax = std::numeric_limits<std::int32_t>::max();
  if (terms == nullptr || terms->size() != 2) return CorruptStored("rate");
  const json& numerator = (*terms)[0];
  const json& denominator = (*terms)[1];
  if (!numerator.is_number_unsigned() || !denominator.is_number_unsigned())
    return CorruptStored("rate");
  const media::Rational rate{numerator.get<std::int64_t>(), denominator.get<std::int64_t>()};
  const bool sane = rate.numerator >= 0 && rate.numerator <= kTermMax && rate.denominator >= 1 &&
                    rate.denominator <= kTermMax;
  if (!sane) return CorruptStored("rate");
  return rate;
}

Result<Rendition> RenditionFromJson(const json& object) {
  constexpr std::int64_t kNumberMax = std::numeric_limits<std::int32_t>::max();
  StoredMembers members(object);
  Rendition rendition;
  rendition.id = members.Word("id");
  const std::optional<Kind> kind = KindFromString(members.Text("kind"));
  if (!kind) members.Reject("kind");
  rendition.kind = kind.value_or(Kind::kVideo);
  rendition.codecs = members.Word("codecs");
  rendition.width = members.Int("width", kSideMax);
  rendition.height = members.Int("height", kSideMax);
  const json* const rate = members.Array("rate", 2);
  rendition.channels = members.Int("channels", 255);
  rendition.sample_rate = members.Int("sample_rate", kNumberMax);
  rendition.language = members.Text("language");
  rendition.label = members.Text("label");
  rendition.is_default = members.Boolean("default");
  rendition.timescale = static_cast<std::uint32_t>(
      members.Integer("timescale", 1, std::numeric_limits<std::uint32_t>::max()));
  rendition.presentation_offset =
      static_cast<std::uint64_t>(members.Integer("offset", 0, std::int64_t{kTicksMax}));
  const auto start =
      static_cast<std::uint64_t>(members.Integer("start", 0, std::int64_t{kTicksMax}));
  const json* const segments = members.Array("segments", 2 * kSegmentsMax);
  TT_RETURN_IF_ERROR(members.Finish());
  TT_ASSIGN_OR_RETURN(rendition.frame_rate, RateFromJson(rate));
  TT_ASSIGN_OR_RETURN(rendition.segments, SegmentsFromJson(*segments, start));
  return rendition;
}

}  // namespace

std::unexpected<Error> CorruptStored(std::string_view what) {
  return Fail(ErrorCode::kCorrupt, "stored presentation: {} is not valid", what);
}

StoredMembers::StoredMembers(const json& object) : object_(object) {
  if (!object.is_object()) bad_ = "object";
}

std::int64_t StoredMembers::Integer(const char* name, std::int64_t least, std::int64_t most) {
  const json* value = Find(name);
  const bool right = value != nullptr && value->is_number_integer() &&
                     (!value->is_number_unsigned() ||
                      value->get<std::uint64_t>() <= static_cast<std::uint64_t>(most));
  const std::int64_t number = right ? value->get<std::int64_t>() : least - 1;
  if (number >= least && number <= most) return number;
  Reject(name);
  return least;
}

int StoredMembers::Int(const char* name, std::int64_t most) {
  return static_cast<int>(Integer(name, 0, most));
}

std::string StoredMembers::Text(const char* name) {
  const json* value = Find(name);
  if (value != nullptr && value->is_string()) {
    const auto& text = value->get_ref<const std::string&>();
    if (text.size() <= kTextBytesMax) return text;
  }
  Reject(name);
  return "";
}

std::string StoredMembers::Word(const char* name) {
  std::string word = Text(name);
  const bool plain = !word.empty() && std::ranges::all_of(word, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.';
  });
  if (!plain) Reject(name);
  return word;
}

bool StoredMembers::Boolean(const char* name) {
  const json* value = Find(name);
  if (value != nullptr && value->is_boolean()) return value->get<bool>();
  Reject(name);
  return false;
}

const json* StoredMembers::Array(const char* name, std::size_t size_max) {
  const json* value = Find(name);
  if (value != nullptr && value->is_array() && value->size() <= size_max) return value;
  Reject(name);
  return nullptr;
}

double StoredMembers::Seconds(const char* name) {
  const json* value = Find(name);
  const double seconds = value != nullptr && value->is_number() ? value->get<double>() : -1;
  if (std::isfinite(seconds) && seconds >= 0) return seconds;
  Reject(name);
  return 0;
}

void StoredMembers::Reject(std::string_view name) {
  if (bad_.empty()) bad_ = name;
}

Result<void> StoredMembers::Finish() const {
  if (bad_.empty()) return {};
  return CorruptStored(bad_);
}

const json* StoredMembers::Find(const char* name) const {
  if (!object_.is_object()) return nullptr;
  const auto found = object_.find(name);
  return found == object_.end() ? nullptr : &*found;
}

Result<void> CheckStoredFormat(const json& document, std::int64_t known) {
  StoredMembers members(document);
  const std::int64_t format =
      members.Integer("format", 1, std::numeric_limits<std::int32_t>::max());
  TT_RETURN_IF_ERROR(members.Finish());
  if (format <= known) return {};
  return Fail(ErrorCode::kFailedPrecondition,
              "stored presentation has format {}; this version reads up to {}: update TritonTube",
              format, known);
}

json RenditionsToJson(const std::vector<Rendition>& renditions) {
  json all = json::array();
  for (const Rendition& rendition : renditions) all.push_back(ToJson(rendition));
  return all;
}

Result<std::vector<Rendition>> RenditionsFromJson(const json& renditions) {
  std::vector<Rendition> all;
  for (const json& object : renditions) {
    TT_ASSIGN_OR_RETURN(Rendition rendition, RenditionFromJson(object));
    if (std::ranges::count(all, rendition.id, &Rendition::id) != 0) return CorruptStored("id");
    all.push_back(std::move(rendition));
  }
  return all;
}

}  // namespace tritontube::manifest
