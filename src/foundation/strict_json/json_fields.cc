#include "foundation/strict_json/json_fields.h"

#include <cmath>

namespace tritontube::strict_json {

using nlohmann::json;

JsonFields::JsonFields(std::string_view text, std::string_view what, int format)
    : JsonFields(json::parse(text, nullptr, /*allow_exceptions=*/false), what) {
  const int found = Integer<int>("format");
  if (!wrong_ && found != format) {
    wrong_ = fmt::format("its format is {}, this version of TritonTube reads {}", found, format);
  }
}

JsonFields::JsonFields(json object, std::string_view what)
    : what_(what), object_(std::move(object)) {
  if (!object_.is_object()) {
    wrong_ = "it is not a JSON object";
    object_ = json::object();
  }
}

json JsonFields::Take(const char* name) {
  const auto found = object_.find(name);
  if (found == object_.end()) {
    if (!wrong_) wrong_ = fmt::format("its field \"{}\" is missing", name);
    return {};
  }
  json value = std::move(*found);
  object_.erase(found);
  return value;
}

std::string JsonFields::Text(const char* name) {
  const json value = Take(name);
  if (value.is_string()) return value.get<std::string>();
  Refuse(name);
  return {};
}

double JsonFields::Number(const char* name) {
  const json value = Take(name);
  if (value.is_number() && std::isfinite(value.get<double>())) return value.get<double>();
  Refuse(name);
  return 0;
}

bool JsonFields::Boolean(const char* name) {
  const json value = Take(name);
  if (value.is_boolean()) return value.get<bool>();
  Refuse(name);
  return false;
}

bool JsonFields::Has(const char* name) const { return object_.contains(name); }

bool JsonFields::IsNull(const char* name) {
  const auto found = object_.find(name);
  if (found == object_.end() || !found->is_null()) return false;
  object_.erase(found);
  return true;
}

json JsonFields::Array(const char* name) {
  json value = Take(name);
  if (value.is_array()) return value;
  Refuse(name);
  return json::array();
}

json JsonFields::Object(const char* name) {
  json value = Take(name);
  if (value.is_object()) return value;
  Refuse(name);
  return json::object();
}

void JsonFields::Refuse(std::string_view name) {
  if (!wrong_) wrong_ = fmt::format("its field \"{}\" is not what it should be", name);
}

void JsonFields::Join(const Result<void>& part) {
  if (!part && !wrong_) wrong_ = part.error().message();
}

Result<void> JsonFields::Finish() const {
  if (wrong_) return Fail(ErrorCode::kCorrupt, "{} cannot be read: {}", what_, *wrong_);
  if (!object_.empty()) {
    return Fail(ErrorCode::kCorrupt, "{} cannot be read: its field \"{}\" is not known", what_,
                object_.begin().key());
  }
  return {};
}

WallTime TimeField(JsonFields& fields, const char* name) {
  return WallTime(std::chrono::milliseconds(fields.Integer<std::int64_t>(name)));
}

std::int64_t Millis(WallTime time) { return time.time_since_epoch().count(); }

std::string Dump(const json& value) {
  return value.dump(-1, ' ', /*ensure_ascii=*/false, json::error_handler_t::replace);
}

}  // namespace tritontube::strict_json
