#include "domain/scrubbing/stored_fields.h"

namespace tritontube::scrubbing {

using nlohmann::json;
using strict_json::JsonFields;

json KeyJson(const blob::BlobKey& key) {
  return {{"video", key.video.text()}, {"upload", key.upload.text()}, {"file", key.file}};
}

namespace {

// A part of `fields`.
std::optional<blob::BlobKey> KeyIn(json object, JsonFields& fields) {
  JsonFields key(std::move(object), "the blob");
  const auto video = key.Parsed("video", [](const auto& text) { return VideoId::Parse(text); });
  const auto upload = key.Parsed("upload", [](const auto& text) { return UploadId::Parse(text); });
  std::string file = key.Text("file");
  if (!blob::IsWellFormedFileName(file)) key.Refuse("file");
  fields.Join(key.Finish());
  if (!video || !upload) return std::nullopt;
  return blob::BlobKey{*video, *upload, std::move(file)};
}

}  // namespace

std::optional<blob::BlobKey> KeyField(JsonFields& fields, const char* name) {
  return KeyIn(fields.Object(name), fields);
}

json KeysJson(const std::vector<blob::BlobKey>& keys) {
  json array = json::array();
  for (const blob::BlobKey& key : keys) array.push_back(KeyJson(key));
  return array;
}

std::vector<blob::BlobKey> KeysField(JsonFields& fields, const char* name) {
  std::vector<blob::BlobKey> keys;
  for (json& object : fields.Array(name)) {
    if (auto key = KeyIn(std::move(object), fields)) keys.push_back(*std::move(key));
  }
  return keys;
}

json TimeJson(const std::optional<WallTime>& time) {
  return time ? json(time->time_since_epoch().count()) : json(nullptr);
}

std::optional<WallTime> TimeOrNothing(JsonFields& fields, const char* name) {
  if (fields.IsNull(name)) return std::nullopt;
  return strict_json::TimeField(fields, name);
}

}  // namespace tritontube::scrubbing
