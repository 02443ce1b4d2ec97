#include "domain/chunks/chunk.h"

#include <fmt/format.h>

#include <charconv>

#include "domain/catalog/codec.h"
#include "domain/manifest/growth.h"

namespace tritontube::chunks {

using nlohmann::json;
using strict_json::Dump;
using strict_json::IdField;
using strict_json::JsonFields;

namespace {

constexpr std::size_t kNumberDigits = 5;

std::string Suffix(const ChunkId& id) {
  return fmt::format("{}/{}/{:0{}}", id.video.text(), id.output.text(), id.number, kNumberDigits);
}

json ToJson(const ChunkMade& made) {
  json fields = {{"worker", made.worker}, {"cpu_seconds", made.cpu_seconds}};
  if (!made.renditions.empty()) {
    fields["renditions"] = json::parse(manifest::GrowthToJson(made.renditions));
  }
  return fields;
}

ChunkMade MadeFrom(JsonFields& row, const char* name) {
  JsonFields fields(row.Object(name), "what a chunk became");
  ChunkMade made{.worker = fields.Text("worker"), .cpu_seconds = fields.Number("cpu_seconds")};
  if (fields.Has("renditions")) {
    Result<std::vector<media::Rendition>> renditions =
        manifest::GrowthFromJson(fields.Object("renditions").dump());
    if (renditions)
      made.renditions = *std::move(renditions);
    else
      fields.Refuse("renditions");
  }
  row.Join(fields.Finish());
  return made;
}

json ToJson(const catalog::Failure& failure) {
  return {{"code", failure.code}, {"message", failure.message}};
}

catalog::Failure FailureFrom(JsonFields& row, const char* name) {
  JsonFields fields(row.Object(name), "the failure");
  catalog::Failure failure{.code = fields.Text("code"), .message = fields.Text("message")};
  row.Join(fields.Finish());
  return failure;
}

}  // namespace

std::string RowKey(const ChunkId& id) { return fmt::format("{}{}", kRowPrefix, Suffix(id)); }
std::string ClaimKey(const ChunkId& id) { return fmt::format("{}{}", kClaimPrefix, Suffix(id)); }

std::string SetPrefix(const VideoId& video, const UploadId& output) {
  return fmt::format("{}{}/{}/", kRowPrefix, video.text(), output.text());
}

std::optional<ChunkId> ChunkOf(std::string_view key) {
  constexpr std::size_t kLength = kIdLength + 1 + kIdLength + 1 + kNumberDigits;
  if (key.size() <= kLength) return std::nullopt;
  key.remove_prefix(key.size() - kLength);
  const auto video = VideoId::Parse(key.substr(0, kIdLength));
  const auto output = UploadId::Parse(key.substr(kIdLength + 1, kIdLength));
  const std::string_view digits = key.substr(kLength - kNumberDigits);
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(digits.begin(), digits.end(), number);
  if (!video || !output || error != std::errc() || end != digits.end()) return std::nullopt;
  return ChunkId{.video = *video, .output = *output, .number = number};
}

std::string Encode(const ChunkRow& row) {
  json fields = catalog::ToJson(row.job);
  fields["output"] = row.id.output.text();
  fields["number"] = row.id.number;
  fields["first_frame"] = row.first_frame;
  fields["end_frame"] = row.end_frame;
  fields["first_segment"] = row.first_segment;
  fields["cpu_seconds"] = row.cpu_seconds;
  fields["failed_on"] = row.failed_on;
  if (row.made) fields["made"] = ToJson(*row.made);
  if (row.failure) fields["failure"] = ToJson(*row.failure);
  return Dump(fields);
}

Result<ChunkRow> DecodeChunkRow(std::string_view text) {
  JsonFields fields(text, "a chunk", catalog::kFormat);
  catalog::JobRow job = catalog::JobFrom(fields);
  const VideoId video = job.video;
  ChunkRow row{.id = {.video = video,
                      .output = IdField<UploadId>(fields, "output"),
                      .number = fields.Integer<std::uint32_t>("number")},
               .job = std::move(job),
               .first_frame = fields.Integer<std::int64_t>("first_frame"),
               .end_frame = fields.Integer<std::int64_t>("end_frame"),
               .first_segment = fields.Integer<std::uint64_t>("first_segment"),
               .cpu_seconds = fields.Number("cpu_seconds"),
               .failed_on = fields.Text("failed_on")};
  if (fields.Has("made")) row.made = MadeFrom(fields, "made");
  if (fields.Has("failure")) row.failure = FailureFrom(fields, "failure");
  TT_RETURN_IF_ERROR(fields.Finish());
  return row;
}

std::string Encode(const ChunkClaim& claim) {
  return Dump(
      {{"format", catalog::kFormat}, {"claim", claim.claim.text()}, {"worker", claim.worker}});
}

Result<ChunkClaim> DecodeChunkClaim(std::string_view text) {
  JsonFields fields(text, "the claim of a chunk", catalog::kFormat);
  ChunkClaim claim{.claim = IdField<UploadId>(fields, "claim"), .worker = fields.Text("worker")};
  TT_RETURN_IF_ERROR(fields.Finish());
  return claim;
}

}  // namespace tritontube::chunks
