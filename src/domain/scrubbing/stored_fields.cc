#include "domain/scrubbing/stored_fields.h"

namespace tritontube::scrubbing {

using nlohmann::json;
using strict_json::JsonFields;

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

}  // namespace tritontube::scrubbing
