#include <nlohmann/json.hpp>

#include "foundation/strict_json/json_fields.h"
#include "services/verification/damage_log.h"

namespace tritontube::verification {

namespace {

using nlohmann::json;
using strict_json::Dump;
using strict_json::JsonFields;

constexpr int kFormat = 1;

json KeyJson(const blob::BlobKey& key) {
  return {{"video", key.video.text()}, {"upload", key.upload.text()}, {"file", key.file}};
}

std::optional<blob::BlobKey> KeyField(JsonFields& fields, const char* name) {
  JsonFields key(fields.Object(name), "the blob");
  const auto video = key.Parsed("video", [](const auto& text) { return VideoId::Parse(text); });
  const auto upload = key.Parsed("upload", [](const auto& text) { return UploadId::Parse(text); });
  std::string file = key.Text("file");
  if (!blob::IsWellFormedFileName(file)) key.Refuse("file");
  fields.Join(key.Finish());
  if (!video || !upload) return std::nullopt;
  return blob::BlobKey{*video, *upload, std::move(file)};
}

json TimeJson(const std::optional<WallTime>& time) {
  return time ? json(time->time_since_epoch().count()) : json(nullptr);
}

std::optional<WallTime> TimeOrNothing(JsonFields& fields, const char* name) {
  if (fields.IsNull(name)) return std::nullopt;
  return strict_json::TimeField(fields, name);
}

}  // namespace

std::string Encode(const Finding& finding) {
  return Dump({{"format", kFormat},
               {"blob", KeyJson(finding.damage.key)},
               {"missing", finding.damage.kind == Damage::Kind::kMissing},
               {"reason", finding.damage.reason},
               {"found", TimeJson(finding.found)}});
}

Result<Finding> DecodeFinding(std::string_view text) {
  JsonFields fields(text, "a finding", kFormat);
  std::optional<blob::BlobKey> key = KeyField(fields, "blob");
  const bool missing = fields.Boolean("missing");
  std::string reason = fields.Text("reason");
  const std::optional<WallTime> found = TimeOrNothing(fields, "found");
  if (!found) fields.Refuse("found");
  TT_RETURN_IF_ERROR(fields.Finish());
  return Finding{.damage = {.key = *std::move(key),
                            .kind = missing ? Damage::Kind::kMissing : Damage::Kind::kCorrupt,
                            .reason = std::move(reason)},
                 .found = *found};
}

std::string Encode(const ScrubState& state) {
  return Dump({{"format", kFormat},
               {"started", TimeJson(state.started)},
               {"position", state.position ? KeyJson(*state.position) : json(nullptr)},
               {"checked_bytes", state.checked_bytes},
               {"last_started", TimeJson(state.last_started)},
               {"last_ended", TimeJson(state.last_ended)},
               {"last_checked_bytes", state.last_checked_bytes}});
}

Result<ScrubState> DecodeScrubState(std::string_view text) {
  JsonFields fields(text, "the scrub's state", kFormat);
  ScrubState state;
  state.started = TimeOrNothing(fields, "started");
  if (!fields.IsNull("position")) state.position = KeyField(fields, "position");
  state.checked_bytes = fields.Integer<ByteCount>("checked_bytes");
  state.last_started = TimeOrNothing(fields, "last_started");
  state.last_ended = TimeOrNothing(fields, "last_ended");
  state.last_checked_bytes = fields.Integer<ByteCount>("last_checked_bytes");
  TT_RETURN_IF_ERROR(fields.Finish());
  return state;
}

}  // namespace tritontube::verification
