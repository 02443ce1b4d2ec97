#include "app/commands/admin_command.h"

#include <algorithm>

#include "app/admin_client.h"
#include "app/cluster_change.h"
#include "app/cluster_upkeep.h"
#include "base/printable.h"
#include "endpoints/admin_rpc/admin_methods.h"
#include "foundation/config/values.h"
#include "services/cluster/cluster_json.h"
#include "tritontube/admin.pb.h"
#include "tritontube/v1/admin.pb.h"

namespace tritontube::app {

namespace {

using Json = nlohmann::json;

constexpr std::chrono::seconds kAnswerPatience{30};

Result<std::vector<std::string>> AddressesOf(AdminClient& admin) {
  TT_ASSIGN_OR_RETURN(
      const auto response,
      admin.Ask<ListNodesResponse>(admin_rpc::kListNodes, ListNodesRequest(), kAnswerPatience));
  return std::vector<std::string>(response.nodes().begin(), response.nodes().end());
}

Result<void> List(AdminClient& admin, bool json, client::Terminal& terminal) {
  TT_ASSIGN_OR_RETURN(const std::vector<std::string> nodes, AddressesOf(admin));
  if (json) {
    terminal.Result(cluster::Serialized(nodes));
    return {};
  }
  for (const std::string& node : nodes) terminal.Result(Printable(node));
  return {};
}

void TellLines(std::string_view text, client::Terminal& terminal) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  terminal.Result(text);
}

Result<void> Status(AdminClient& admin, bool json, client::Terminal& terminal) {
  TT_ASSIGN_OR_RETURN(const std::string status, admin.Status());
  if (json) {
    terminal.Result(status);
    return {};
  }
  TT_ASSIGN_OR_RETURN(const std::string text, cluster::TextOf(status));
  TellLines(text, terminal);
  return {};
}

// What runs now.
Result<void> ShowPlan(AdminClient& admin, bool json, client::Terminal& terminal) {
  TT_ASSIGN_OR_RETURN(const std::string status, admin.Status());
  const Json document = Json::parse(status, nullptr, false);
  const Json plan = document.is_object() ? document.value("plan", Json()) : Json();
  if (json) {
    terminal.Result(cluster::Serialized(plan));
    return {};
  }
  const std::string line = cluster::PlanLine(plan);
  TellLines(line.empty() ? "nothing moves now" : line, terminal);
  return {};
}

// With nodes: what it would cost to remove them, if they are in, or to add them.
Result<void> Plan(AdminClient& admin, ChangeOrder order, std::vector<std::string> nodes, bool json,
                  client::Terminal& terminal) {
  if (nodes.empty()) return ShowPlan(admin, json, terminal);
  TT_ASSIGN_OR_RETURN(const std::vector<std::string> members, AddressesOf(admin));
  for (std::string& node : nodes) {
    const bool is_in = std::ranges::find(members, node) != members.end();
    (is_in ? order.remove : order.add).push_back(std::move(node));
  }
  return EstimateChange(admin, order, json, terminal);
}

Result<void> Abort(AdminClient& admin, bool json, client::Terminal& terminal) {
  TT_RETURN_IF_ERROR(
      admin.Ask<v1::AbortResponse>(admin_rpc::kAbort, v1::AbortRequest(), kAnswerPatience));
  terminal.Result(json ? R"({"outcome":"aborted"})"
                       : "the change is given up: slots stay where they are now");
  return {};
}

}  // namespace

void AdminCommand::AddOptions(CLI::App& app) {
  app.add_option("verb", verb_,
                 "list: the addresses of the content nodes; status: how they are; add, remove: "
                 "nodes, while everything runs; plan: what moves now or, with nodes, what adding "
                 "or removing them would move; abort: give the running change up; add of a member "
                 "goes on with one that was given up half-way; scrub: have nodes read every byte "
                 "they store, and heal what is damaged; verify: that of all nodes, and whether "
                 "everything is there that videos name")
      ->required()
      ->check(
          CLI::IsMember({"list", "status", "add", "remove", "plan", "abort", "scrub", "verify"}));
  app.add_option("address", address_, "The first address behind nw of any web server")->required();
  app.add_option("node", nodes_, "Content nodes: host:port");
  app.add_flag("--dead", dead_, "remove: the nodes will not come back");
  app.add_flag("--accept-loss", accepts_loss_,
               "remove --dead: do not wait until enough others answer; what only the dead have is "
               "lost");
  app.add_option("--wait", wait_, "How long to wait for other changes to end")
      ->capture_default_str();
  app.add_flag("--json", json_, "Write JSON");
}

Result<void> AdminCommand::Run(const Console& console) {
  const auto wait = config::ParseDuration(wait_);
  if (!wait) {
    return Fail(ErrorCode::kInvalidArgument, "--wait {}: no duration, such as 90s or 10m",
                Printable(wait_));
  }
  const bool takes_nodes =
      verb_ == "add" || verb_ == "remove" || verb_ == "plan" || verb_ == "scrub";
  if (!takes_nodes && !nodes_.empty()) {
    return Fail(ErrorCode::kInvalidArgument, "admin {} takes no nodes", verb_);
  }
  if (verb_ == "add" && (dead_ || accepts_loss_)) {
    return Fail(ErrorCode::kInvalidArgument, "--dead and --accept-loss are for remove");
  }
  AdminClient admin(address_);
  client::Terminal terminal(console.out, console.err);
  ChangeOrder order{.dead = dead_, .accepts_loss = accepts_loss_, .wait = *wait};
  if (verb_ == "list") return List(admin, json_, terminal);
  if (verb_ == "status") return Status(admin, json_, terminal);
  if (verb_ == "plan") return Plan(admin, std::move(order), nodes_, json_, terminal);
  if (verb_ == "abort") return Abort(admin, json_, terminal);
  if (verb_ == "scrub") return ScrubNodes(admin, nodes_, json_, terminal);
  if (verb_ == "verify") return VerifyCluster(admin, json_, terminal);
  if (nodes_.empty()) {
    return Fail(ErrorCode::kInvalidArgument, "name the content nodes to {}: host:port", verb_);
  }
  (verb_ == "add" ? order.add : order.remove) = nodes_;
  return MakeChange(admin, order, json_, terminal);
}

}  // namespace tritontube::app
