#include "domain/scrubbing/scrub_state.h"

#include "domain/scrubbing/stored_fields.h"

namespace tritontube::scrubbing {

namespace {

constexpr int kFormat = 1;

}  // namespace

std::string Encode(const ScrubState& state) {
  nlohmann::json json = {
      {"format", kFormat},
      {"started", TimeJson(state.started)},
      {"position", state.position ? KeyJson(*state.position) : nlohmann::json(nullptr)},
      {"checked_bytes", state.checked_bytes},
      {"last_started", TimeJson(state.last_started)},
      {"last_ended", TimeJson(state.last_ended)},
      {"last_checked_bytes", state.last_checked_bytes}};
  if (!state.damaged.empty()) json["damaged"] = KeysJson(state.damaged);
  return strict_json::Dump(json);
}

Result<ScrubState> DecodeScrubState(std::string_view text) {
  strict_json::JsonFields fields(text, "the scrub's state", kFormat);
  ScrubState state;
  state.started = TimeOrNothing(fields, "started");
  if (!fields.IsNull("position")) state.position = KeyField(fields, "position");
  state.checked_bytes = fields.Integer<ByteCount>("checked_bytes");
  state.last_started = TimeOrNothing(fields, "last_started");
  state.last_ended = TimeOrNothing(fields, "last_ended");
  state.last_checked_bytes = fields.Integer<ByteCount>("last_checked_bytes");
  if (fields.Has("damaged")) state.damaged = KeysField(fields, "damaged");
  TT_RETURN_IF_ERROR(fields.Finish());
  return state;
}

}  // namespace tritontube::scrubbing
