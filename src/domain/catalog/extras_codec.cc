#include "domain/catalog/extras_codec.h"

#include "domain/catalog/codec.h"

namespace tritontube::catalog {

using nlohmann::json;
using strict_json::JsonFields;

namespace {

json IdOrNull(const std::optional<UploadId>& id) { return id ? json(id->text()) : json(nullptr); }

std::optional<UploadId> OptionalId(JsonFields& fields, const char* name) {
  if (fields.IsNull(name)) return std::nullopt;
  return fields.Parsed(name, [](const std::string& text) { return UploadId::Parse(text); });
}

json LoudnessJson(const std::optional<media::Loudness>& loudness) {
  if (!loudness) return nullptr;
  return {{"integrated_lufs", loudness->integrated_lufs},
          {"true_peak_dbfs", loudness->true_peak_dbfs}};
}

std::optional<media::Loudness> LoudnessFrom(JsonFields& extras, const char* name) {
  if (extras.IsNull(name)) return std::nullopt;
  JsonFields fields(extras.Object(name), "the loudness");
  const media::Loudness loudness{.integrated_lufs = fields.Number("integrated_lufs"),
                                 .true_peak_dbfs = fields.Number("true_peak_dbfs")};
  extras.Join(fields.Finish());
  return loudness;
}

// None is no field: older programs know none.
std::map<std::string, double> SsimFrom(JsonFields& extras, const char* name) {
  std::map<std::string, double> ssim;
  if (!extras.Has(name)) return ssim;
  const json renditions = extras.Object(name);
  for (const auto& [rendition, value] : renditions.items()) {
    if (value.is_number()) {
      ssim.emplace(rendition, value.get<double>());
    } else {
      extras.Refuse(name);
    }
  }
  return ssim;
}

json CaptionJson(const StoredCaption& caption) {
  return {{"language", caption.language},
          {"label", caption.label},
          {"upload", caption.upload.text()},
          {"from_person", caption.from_person}};
}

std::vector<StoredCaption> CaptionsFrom(JsonFields& extras, const char* name) {
  std::vector<StoredCaption> captions;
  for (const json& item : extras.Array(name)) {
    JsonFields fields(item, "captions");
    std::string language = fields.Text("language");
    std::string label = fields.Text("label");
    const std::optional<UploadId> upload = OptionalId(fields, "upload");
    const bool from_person = fields.Boolean("from_person");
    extras.Join(fields.Finish());
    if (!upload) {
      extras.Refuse("upload");
      continue;
    }
    captions.push_back({.language = std::move(language),
                        .label = std::move(label),
                        .upload = *upload,
                        .from_person = from_person});
  }
  return captions;
}

}  // namespace

json ToJson(const VideoExtras& extras) {
  json captions = json::array();
  for (const StoredCaption& caption : extras.captions) captions.push_back(CaptionJson(caption));
  json fields = {{"captions", std::move(captions)},
                 {"poster", IdOrNull(extras.poster)},
                 {"storyboard", IdOrNull(extras.storyboard)},
                 {"storyboard_sheets", extras.storyboard_sheets},
                 {"loudness", LoudnessJson(extras.loudness)}};
  if (!extras.ssim.empty()) fields["ssim"] = extras.ssim;
  return fields;
}

VideoExtras ExtrasFrom(JsonFields& row, const char* name) {
  if (!row.Has(name)) return {};
  JsonFields fields(row.Object(name), "the extras");
  VideoExtras extras{.captions = CaptionsFrom(fields, "captions"),
                     .poster = OptionalId(fields, "poster"),
                     .storyboard = OptionalId(fields, "storyboard"),
                     .storyboard_sheets = fields.Integer<std::size_t>("storyboard_sheets"),
                     .loudness = LoudnessFrom(fields, "loudness"),
                     .ssim = SsimFrom(fields, "ssim")};
  row.Join(fields.Finish());
  return extras;
}

std::string Encode(const ExtrasBegun& begun) {
  json uploads = json::array();
  for (const UploadId& upload : begun.uploads) uploads.push_back(upload.text());
  return json{{"format", kFormat}, {"uploads", std::move(uploads)}}.dump();
}

Result<ExtrasBegun> DecodeExtrasBegun(std::string_view text) {
  JsonFields fields(text, "extras in the making", kFormat);
  ExtrasBegun begun;
  for (const json& item : fields.Array("uploads")) {
    const auto upload = item.is_string() ? UploadId::Parse(item.get<std::string>()) : std::nullopt;
    if (upload) {
      begun.uploads.push_back(*upload);
    } else {
      fields.Refuse("uploads");
    }
  }
  TT_RETURN_IF_ERROR(fields.Finish());
  return begun;
}

}  // namespace tritontube::catalog
