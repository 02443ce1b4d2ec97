#include "domain/catalog/codec.h"

#include <array>

#include "domain/catalog/extras_codec.h"

namespace tritontube::catalog {

using nlohmann::json;
using strict_json::Dump;
using strict_json::IdField;
using strict_json::JsonFields;
using strict_json::Millis;
using strict_json::TimeField;

namespace {

template <typename T>
json OrNull(const std::optional<T>& value) {
  return value ? json(*value) : json(nullptr);
}

template <typename T, typename Read>
std::optional<T> OptionalField(JsonFields& fields, const char* name, Read read) {
  if (fields.IsNull(name)) return std::nullopt;
  return read(name);
}

json ToJson(const SourceFile& source) {
  return {{"size", source.size},
          {"part_bytes", source.part_bytes},
          {"part_count", source.part_count},
          {"digest", source.digest ? json(source.digest->ToHex()) : json(nullptr)},
          {"container", media::ToString(source.container)}};
}

SourceFile SourceFrom(JsonFields& row, const char* name) {
  JsonFields fields(row.Object(name), "the source");
  SourceFile source;
  source.size = fields.Integer<ByteCount>("size");
  source.part_bytes = fields.Integer<ByteCount>("part_bytes");
  source.part_count = fields.Integer<std::uint64_t>("part_count");
  if (!fields.IsNull("digest")) source.digest = fields.Parsed("digest", blob::Digest::FromHex);
  source.container =
      fields.Parsed("container", media::ContainerFromString).value_or(media::Container::kMov);
  row.Join(fields.Finish());
  return source;
}

json ToJson(const MediaFacts& facts) {
  const auto rate = [](media::Rational r) { return json::array({r.numerator, r.denominator}); };
  return {{"duration_seconds", OrNull(facts.duration_seconds)},
          {"width", OrNull(facts.width)},
          {"height", OrNull(facts.height)},
          {"frame_rate", facts.frame_rate ? rate(*facts.frame_rate) : json(nullptr)}};
}

media::Rational RationalFrom(JsonFields& fields, const char* name) {
  const json terms = fields.Array(name);
  if (terms.size() == 2 && terms[0].is_number_integer() && terms[1].is_number_integer()) {
    return {terms[0].get<std::int64_t>(), terms[1].get<std::int64_t>()};
  }
  fields.Refuse(name);
  return {};
}

MediaFacts FactsFrom(JsonFields& row, const char* name) {
  JsonFields fields(row.Object(name), "the facts");
  const auto number = [&](const char* field) { return fields.Number(field); };
  const auto integer = [&](const char* field) { return fields.Integer<int>(field); };
  const auto rational = [&](const char* field) { return RationalFrom(fields, field); };
  MediaFacts facts;
  facts.duration_seconds = OptionalField<double>(fields, "duration_seconds", number);
  facts.width = OptionalField<int>(fields, "width", integer);
  facts.height = OptionalField<int>(fields, "height", integer);
  facts.frame_rate = OptionalField<media::Rational>(fields, "frame_rate", rational);
  row.Join(fields.Finish());
  return facts;
}

std::optional<media::Kind> KindFromString(std::string_view text) {
  for (const media::Kind kind : {media::Kind::kVideo, media::Kind::kAudio, media::Kind::kText}) {
    if (media::ToString(kind) == text) return kind;
  }
  return std::nullopt;
}

json ToJson(const RenditionSummary& rendition) {
  return {{"id", rendition.id},         {"kind", media::ToString(rendition.kind)},
          {"codec", rendition.codec},   {"width", rendition.width},
          {"height", rendition.height}, {"bandwidth", rendition.bandwidth}};
}

std::vector<RenditionSummary> RenditionsFrom(JsonFields& row, const char* name) {
  std::vector<RenditionSummary> renditions;
  for (const json& item : row.Array(name)) {
    JsonFields fields(item, "a rendition");
    RenditionSummary rendition;
    rendition.id = fields.Text("id");
    rendition.kind = fields.Parsed("kind", KindFromString).value_or(media::Kind::kVideo);
    rendition.codec = fields.Text("codec");
    rendition.width = fields.Integer<int>("width");
    rendition.height = fields.Integer<int>("height");
    rendition.bandwidth = fields.Integer<std::uint64_t>("bandwidth");
    row.Join(fields.Finish());
    renditions.push_back(std::move(rendition));
  }
  return renditions;
}

StoredPresentation PresentationFrom(JsonFields& row, const char* name) {
  JsonFields fields(row.Object(name), "the presentation");
  StoredPresentation presentation{
      .output = IdField<UploadId>(fields, "output"),
      .digest = fields.Parsed("digest", blob::Digest::FromHex).value_or(blob::Digest{}),
      .has_poster = fields.Boolean("has_poster")};
  row.Join(fields.Finish());
  return presentation;
}

Failure FailureFrom(JsonFields& row, const char* name) {
  JsonFields fields(row.Object(name), "the failure");
  Failure failure{.code = fields.Text("code"), .message = fields.Text("message")};
  row.Join(fields.Finish());
  return failure;
}

std::vector<std::string> TextsFrom(JsonFields& row, const char* name) {
  std::vector<std::string> texts;
  for (const json& item : row.Array(name)) {
    if (item.is_string()) {
      texts.push_back(item.get<std::string>());
    } else {
      row.Refuse(name);
    }
  }
  return texts;
}

// Rows have had chapters only since people can edit them; none is no field.
std::vector<Chapter> ChaptersFrom(JsonFields& row, const char* name) {
  std::vector<Chapter> chapters;
  if (!row.Has(name)) return chapters;
  for (const json& item : row.Array(name)) {
    JsonFields fields(item, "a chapter");
    chapters.push_back(
        {.start_seconds = fields.Number("start_seconds"), .title = fields.Text("title")});
    row.Join(fields.Finish());
  }
  return chapters;
}

// Rows have had a verdict only since sources can be shown as they are.
std::optional<CopyVerdict> CopyFrom(JsonFields& row, const char* name) {
  if (!row.Has(name)) return std::nullopt;
  JsonFields fields(row.Object(name), "what is shown of the source");
  CopyVerdict copy;
  for (const json& item : fields.Array("reasons")) {
    JsonFields reason(item, "a reason");
    copy.reasons.push_back({.code = reason.Text("code"), .message = reason.Text("message")});
    fields.Join(reason.Finish());
  }
  for (const json& track : fields.Array("tracks")) {
    if (track.is_number_unsigned() && std::in_range<std::uint32_t>(track.get<std::uint64_t>())) {
      copy.tracks.push_back(track.get<std::uint32_t>());
    } else {
      fields.Refuse("tracks");
    }
  }
  row.Join(fields.Finish());
  return copy;
}

json ToJson(const CopyVerdict& copy) {
  json reasons = json::array();
  for (const media::CopyReason& reason : copy.reasons) {
    reasons.push_back({{"code", reason.code}, {"message", reason.message}});
  }
  return {{"reasons", std::move(reasons)}, {"tracks", copy.tracks}};
}

json ToJson(const Chapter& chapter) {
  return {{"start_seconds", chapter.start_seconds}, {"title", chapter.title}};
}

json ToJson(const StoredPresentation& presentation) {
  return {{"output", presentation.output.text()},
          {"digest", presentation.digest.ToHex()},
          {"has_poster", presentation.has_poster}};
}

json ToJson(const Failure& failure) {
  return {{"code", failure.code}, {"message", failure.message}};
}

template <typename T>
json ObjectOrNull(const std::optional<T>& value) {
  return value ? ToJson(*value) : json(nullptr);
}

}  // namespace

std::string Encode(const VideoRow& row) {
  json renditions = json::array();
  for (const RenditionSummary& rendition : row.renditions) renditions.push_back(ToJson(rendition));
  json fields = {{"format", kFormat},
                 {"id", row.id.text()},
                 {"upload", row.upload.text()},
                 {"title", row.title},
                 {"description", row.description},
                 {"tags", row.tags},
                 {"created", Millis(row.created)},
                 {"file_name", row.file_name},
                 {"source", ObjectOrNull(row.source)},
                 {"facts", ToJson(row.facts)},
                 {"renditions", std::move(renditions)},
                 {"presentation", ObjectOrNull(row.presentation)},
                 {"failure", ObjectOrNull(row.failure)},
                 {"failed_at_progress", row.failed_at_progress}};
  if (row.copy) fields["copy"] = ToJson(*row.copy);
  for (const Chapter& chapter : row.chapters) fields["chapters"].push_back(ToJson(chapter));
  if (row.extras != VideoExtras()) fields["extras"] = ToJson(row.extras);
  return Dump(fields);
}

Result<VideoRow> DecodeVideoRow(std::string_view text) {
  JsonFields fields(text, "the row of a video", kFormat);
  VideoRow row{
      .id = IdField<VideoId>(fields, "id"),
      .upload = IdField<UploadId>(fields, "upload"),
      .title = fields.Text("title"),
      .description = fields.Text("description"),
      .tags = TextsFrom(fields, "tags"),
      .chapters = ChaptersFrom(fields, "chapters"),
      .created = TimeField(fields, "created"),
      .file_name = fields.Text("file_name"),
      .source = OptionalField<SourceFile>(
          fields, "source", [&](const char* name) { return SourceFrom(fields, name); }),
      .copy = CopyFrom(fields, "copy"),
      .facts = FactsFrom(fields, "facts"),
      .renditions = RenditionsFrom(fields, "renditions"),
      .presentation = OptionalField<StoredPresentation>(
          fields, "presentation", [&](const char* name) { return PresentationFrom(fields, name); }),
      .failure = OptionalField<Failure>(
          fields, "failure", [&](const char* name) { return FailureFrom(fields, name); }),
      .failed_at_progress = fields.Number("failed_at_progress"),
      .extras = ExtrasFrom(fields, "extras")};
  TT_RETURN_IF_ERROR(fields.Finish());
  return row;
}

namespace {

// Two numbers each, because there may be thousands.
template <typename T>
json PairsToJson(const std::vector<T>& items, std::uint64_t T::* first, std::uint64_t T::* second) {
  json pairs = json::array();
  for (const T& item : items) pairs.push_back({item.*first, item.*second});
  return pairs;
}

template <typename T>
std::vector<T> PairsFrom(JsonFields& fields, const char* name, std::uint64_t T::* first,
                         std::uint64_t T::* second) {
  std::vector<T> items;
  for (const json& pair : fields.Array(name)) {
    if (pair.size() != 2 || !pair[0].is_number_unsigned() || !pair[1].is_number_unsigned()) {
      fields.Refuse(name);
      continue;
    }
    T& item = items.emplace_back();
    item.*first = pair[0].template get<std::uint64_t>();
    item.*second = pair[1].template get<std::uint64_t>();
  }
  return items;
}

json ToJson(const Resumable& resumable) {
  const sources::Arrival& arrival = resumable.arrival;
  return {{"expires", Millis(resumable.expires)},
          {"pieces_upload", arrival.pieces_upload.text()},
          {"parts", PairsToJson(arrival.parts, &sources::PartRun::first, &sources::PartRun::count)},
          {"pieces", PairsToJson(arrival.pieces, &sources::StoredPiece::offset,
                                 &sources::StoredPiece::length)}};
}

std::optional<Resumable> ResumableFrom(JsonFields& open, const char* name) {
  if (!open.Has(name)) return std::nullopt;
  JsonFields fields(open.Object(name), "a resumable upload");
  sources::Arrival arrival{
      .pieces_upload = IdField<UploadId>(fields, "pieces_upload"),
      .parts = PairsFrom(fields, "parts", &sources::PartRun::first, &sources::PartRun::count),
      .pieces = PairsFrom(fields, "pieces", &sources::StoredPiece::offset,
                          &sources::StoredPiece::length)};
  Resumable resumable{.arrival = std::move(arrival), .expires = TimeField(fields, "expires")};
  open.Join(fields.Finish());
  return resumable;
}

}  // namespace

std::string Encode(const OpenUpload& open) {
  json fields = {{"format", kFormat},
                 {"upload", open.upload.text()},
                 {"received", open.received},
                 {"total", OrNull(open.total)},
                 {"playable", open.playable}};
  if (open.resumable) fields["resumable"] = ToJson(*open.resumable);
  return Dump(fields);
}

Result<OpenUpload> DecodeOpenUpload(std::string_view text) {
  JsonFields fields(text, "an open upload", kFormat);
  OpenUpload open{
      .upload = IdField<UploadId>(fields, "upload"),
      .received = fields.Integer<ByteCount>("received"),
      .total = OptionalField<ByteCount>(
          fields, "total", [&](const char* name) { return fields.Integer<ByteCount>(name); }),
      .resumable = ResumableFrom(fields, "resumable"),
      .playable = fields.Has("playable") && fields.Boolean("playable")};
  TT_RETURN_IF_ERROR(fields.Finish());
  return open;
}

std::string Encode(const JobClaim& claim) {
  return Dump({{"format", kFormat}, {"output", claim.output.text()}});
}

Result<JobClaim> DecodeJobClaim(std::string_view text) {
  JsonFields fields(text, "the claim of a job", kFormat);
  JobClaim claim{.output = IdField<UploadId>(fields, "output")};
  TT_RETURN_IF_ERROR(fields.Finish());
  return claim;
}

json ToJson(const JobRow& job) {
  return {{"format", kFormat},
          {"video", job.video.text()},
          {"created", Millis(job.created)},
          {"attempts", job.attempts},
          {"setbacks", job.setbacks},
          {"not_before", Millis(job.not_before)},
          {"last_error", job.last_error}};
}

JobRow JobFrom(JsonFields& fields) {
  return {.video = IdField<VideoId>(fields, "video"),
          .created = TimeField(fields, "created"),
          .attempts = fields.Integer<int>("attempts"),
          .setbacks = fields.Integer<int>("setbacks"),
          .not_before = TimeField(fields, "not_before"),
          .last_error = fields.Text("last_error")};
}

std::string Encode(const JobRow& job) { return Dump(ToJson(job)); }

Result<JobRow> DecodeJobRow(std::string_view text) {
  JsonFields fields(text, "a job", kFormat);
  JobRow job = JobFrom(fields);
  TT_RETURN_IF_ERROR(fields.Finish());
  return job;
}

std::string Encode(const Progress& progress) {
  json fields = {{"format", kFormat}, {"fraction", progress.fraction}};
  if (const std::optional<Growth>& growth = progress.growth) {
    fields["growth"] = {{"output", growth->output.text()},
                        {"steps", growth->steps},
                        {"complete", growth->complete}};
  }
  if (progress.chunks) fields["chunks"] = progress.chunks->text();
  if (progress.indexed) fields["indexed"] = progress.indexed->text();
  return Dump(fields);
}

namespace {

std::optional<Growth> GrowthFrom(JsonFields& progress, const char* name) {
  if (!progress.Has(name)) return std::nullopt;
  JsonFields fields(progress.Object(name), "what can be watched of a transcode");
  Growth growth{.output = IdField<UploadId>(fields, "output"),
                .steps = fields.Integer<std::uint64_t>("steps"),
                .complete = fields.Boolean("complete")};
  progress.Join(fields.Finish());
  return growth;
}

}  // namespace

Result<Progress> DecodeProgress(std::string_view text) {
  JsonFields fields(text, "the progress of a video", kFormat);
  Progress progress{.fraction = fields.Number("fraction"), .growth = GrowthFrom(fields, "growth")};
  if (fields.Has("chunks")) progress.chunks = IdField<UploadId>(fields, "chunks");
  if (fields.Has("indexed")) progress.indexed = IdField<UploadId>(fields, "indexed");
  if (progress.fraction < 0 || progress.fraction > 1) fields.Refuse("fraction");
  TT_RETURN_IF_ERROR(fields.Finish());
  return progress;
}

}  // namespace tritontube::catalog
