#include "base/printable.h"
#include "services/cluster/cluster_json.h"

namespace tritontube::cluster {

namespace {

using Json = nlohmann::json;

std::string SizeOf(const Json& json, const char* field) {
  const auto found = json.find(field);
  if (found == json.end() || !found->is_number()) return "-";
  return fmt::format("{:.1f} GiB", found->get<double>() / static_cast<double>(1U << 30U));
}

std::string NodeLine(const Json& node) {
  const std::string address = WordOf(node, "address");
  const std::string reason = WordOf(node, "reason");
  const std::string standing = WordOf(node, "standing");
  const bool rests = standing.empty() || standing == "member";
  const std::string state = rests ? WordOf(node, "state") : standing;
  return fmt::format("{:<24}  {:<10}  {:>5.0f} slots  {:>11} stored  {:>11} free{}{}\n",
                     address.empty() ? "this server" : address, state, NumberOf(node, "slots"),
                     SizeOf(node, "stored_bytes"), SizeOf(node, "free_bytes"),
                     reason.empty() ? "" : "  ", reason);
}

// Nothing is said of what is well.
std::string HealthLines(const Json& health) {
  if (!health.is_object()) return "";
  const Json reasons = health.value("reasons", Json::array());
  std::string text;
  if (!reasons.is_array()) return text;
  for (const Json& reason : reasons) {
    if (!reason.is_string()) continue;
    text += fmt::format("{}: {}\n", WordOf(health, "state"), Printable(reason.get<std::string>()));
  }
  return text;
}

std::string GivenUpLines(const Json& given_up) {
  std::string text;
  if (!given_up.is_array()) return text;
  for (const Json& node : given_up) {
    if (!node.is_object()) continue;
    text += fmt::format("{:<24}  was given up, and is taken in again when it is back to stay\n",
                        WordOf(node, "address"));
  }
  return text;
}

std::string PastLine(const Json& past) {
  if (!past.is_array() || past.empty() || !past[0].is_object()) return "";
  const Json& last = past[0];
  const std::string reason = WordOf(last, "reason");
  return fmt::format("last change: {}, {:.0f} files moved{}{}\n", WordOf(last, "outcome"),
                     NumberOf(last, "files"), reason.empty() ? "" : ": ", reason);
}

}  // namespace

std::string Serialized(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string WordOf(const Json& json, const char* field) {
  const auto found = json.find(field);
  return found != json.end() && found->is_string() ? Printable(found->get<std::string>()) : "";
}

double NumberOf(const Json& json, const char* field) {
  const auto found = json.find(field);
  return found != json.end() && found->is_number() ? found->get<double>() : 0;
}

std::uint64_t CountOf(const Json& json, const char* field) {
  const auto found = json.find(field);
  if (found == json.end() || !found->is_number_integer()) return 0;
  if (found->is_number_unsigned()) return found->get<std::uint64_t>();
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, found->get<std::int64_t>()));
}

std::string PlanLine(const Json& plan) {
  if (!plan.is_object()) return "";
  return fmt::format("change {:.0f}: {}, {:.0f} %, {:.0f} files and {:.1f} MiB moved\n",
                     NumberOf(plan, "change"), WordOf(plan, "phase"),
                     100 * NumberOf(plan, "progress"), NumberOf(plan, "files"),
                     NumberOf(plan, "bytes") / static_cast<double>(1U << 20U));
}

Result<std::string> TextOf(std::string_view document) {
  const Json json = Json::parse(document, nullptr, false);
  const auto nodes = json.is_object() ? json.find("nodes") : json.end();
  if (!json.is_object() || nodes == json.end() || !nodes->is_array()) {
    return Fail(ErrorCode::kInvalidArgument, "the answer does not tell of a cluster");
  }
  const std::string id = WordOf(json, "id");
  std::string text = fmt::format(
      "cluster {}, epoch {:.0f}: {:.0f} of each blob, durable on {:.0f} before a put is "
      "acknowledged; balance {:.3f}\n",
      id.empty() ? "of one machine" : id, NumberOf(json, "epoch"), NumberOf(json, "copies"),
      NumberOf(json, "acks"), NumberOf(json, "balance"));
  if (json.contains("health")) text += HealthLines(json["health"]);
  for (const Json& node : *nodes) {
    if (node.is_object()) text += NodeLine(node);
  }
  if (json.contains("given_up")) text += GivenUpLines(json["given_up"]);
  if (json.contains("plan")) text += PlanLine(json["plan"]);
  if (json.contains("past_changes")) text += PastLine(json["past_changes"]);
  return text;
}

}  // namespace tritontube::cluster
