#include "app/cluster_upkeep.h"

#include <algorithm>
#include <map>

#include "app/client/meter.h"
#include "app/client/text.h"
#include "app/node_upkeep.h"
#include "base/printable.h"
#include "endpoints/admin_rpc/admin_methods.h"
#include "services/cluster/cluster_json.h"
#include "tritontube/v1/admin.pb.h"

namespace tritontube::app {

namespace {

using cluster::WordOf;
using Json = nlohmann::json;

constexpr std::chrono::seconds kUpkeepPatience{60};
constexpr std::size_t kDamageListedMax = 100;

class Upkeep {
 public:
  Upkeep(AdminClient& admin, client::Terminal& terminal) : admin_(admin), terminal_(terminal) {}

  Result<void> Ask(const std::vector<std::string>& nodes) {
    v1::UpkeepNodesRequest request;
    for (const std::string& node : nodes) request.add_nodes(node);
    TT_ASSIGN_OR_RETURN(const auto response, admin_.Ask<v1::UpkeepNodesResponse>(
                                                 admin_rpc::kUpkeep, request, kUpkeepPatience));
    for (const auto& node : response.nodes()) {
      Result<std::uint64_t> asked = node.asked();
      if (!node.error().empty()) asked = Fail(ErrorCode::kUnavailable, "{}", node.error());
      const auto [known, is_new] = nodes_.try_emplace(node.address(), asked);
      if (!is_new) known->second.Ask(std::move(asked));
    }
    return {};
  }

  Result<void> UntilOver() {
    TT_RETURN_IF_ERROR(admin_.FollowStatus([this](const Json& status) -> Result<bool> {
      TT_RETURN_IF_ERROR(Look(status));
      const bool is_over =
          std::ranges::all_of(nodes_, [](const auto& entry) { return entry.second.is_over(); });
      if (!is_over) Show();
      return is_over;
    }));
    terminal_.EndProgress();
    return {};
  }

  std::size_t CountProblems() const {
    return static_cast<std::size_t>(std::ranges::count_if(
        nodes_, [](const auto& entry) { return !entry.second.problem().empty(); }));
  }

  Json ToJson() const {
    Json list = Json::array();
    for (const auto& [address, node] : nodes_) {
      list.push_back({{"address", address},
                      {"verified_bytes", node.scrub_bytes()},
                      {"healed_blobs", node.healed()},
                      {"caught_up_blobs", node.caught_up()},
                      {"damaged_blobs", node.damaged()},
                      {"problem", node.problem().empty() ? Json() : Json(node.problem())}});
    }
    return list;
  }

  void Tell() const {
    for (const auto& [address, node] : nodes_) {
      terminal_.Result(Printable(
          fmt::format("{}: {} verified, {} blobs healed, {} brought that were missing{}{}", address,
                      client::FormatBytes(node.scrub_bytes()), node.healed(), node.caught_up(),
                      node.problem().empty() ? "" : "; ", node.problem())));
    }
  }

 private:
  Result<void> Look(const Json& status) {
    const Json list = status.value("nodes", Json::array());
    if (!list.is_array()) {
      return Fail(ErrorCode::kUnavailable, "{} does not tell how the cluster is", admin_.address());
    }
    std::vector<std::string> forgetful;
    const SteadyTime now = SteadyTime::clock::now();
    const bool slots_move = status.contains("plan") && !status["plan"].is_null();
    for (auto& [address, node] : nodes_) {
      if (node.is_over()) continue;
      const auto told = std::ranges::find_if(list, [&](const Json& one) {
        return one.is_object() && WordOf(one, "address") == address;
      });
      node.See(told == list.end() ? Json() : *told, slots_move, now);
      if (node.is_forgotten()) forgetful.push_back(address);
    }
    if (forgetful.empty()) return {};
    return Ask(forgetful);
  }

  void Show() {
    const auto now = client::Meter::Time::clock::now();
    ByteCount done = 0;
    ByteCount all = 0;
    for (const auto& [address, node] : nodes_) {
      done += node.scrub_bytes();
      all += node.scrub_bytes_all();
    }
    meter_.Update(done, now);
    if (terminal_.WantsProgress(now)) terminal_.Progress(meter_.Line("verifying", all));
  }

  AdminClient& admin_;
  client::Terminal& terminal_;
  std::map<std::string, NodeUpkeep> nodes_;
  client::Meter meter_;
};

struct Named {
  std::uint64_t blobs = 0;
  std::uint64_t damaged = 0;
  Json listed = Json::array();
};

Result<Named> CheckNamed(AdminClient& admin) {
  Named named;
  v1::CheckNamedRequest request;
  for (bool more = true; more;) {
    TT_ASSIGN_OR_RETURN(const auto page, admin.Ask<v1::CheckNamedResponse>(
                                             admin_rpc::kCheckNamed, request, kUpkeepPatience));
    named.blobs += page.blobs();
    named.damaged += static_cast<std::uint64_t>(page.damage_size());
    for (const auto& damage : page.damage()) {
      if (named.listed.size() == kDamageListedMax) break;
      named.listed.push_back({{"video", damage.blob().video()},
                              {"file", damage.blob().file()},
                              {"missing", damage.missing()},
                              {"reason", damage.reason()}});
    }
    *request.mutable_after() = page.last();
    more = page.more();
  }
  return named;
}

Result<void> Verdict(std::size_t nodes, std::uint64_t named) {
  if (nodes == 0 && named == 0) return {};
  if (named == 0) {
    return Fail(ErrorCode::kCorrupt, "not all is well with {} content node{}", nodes,
                nodes == 1 ? "" : "s");
  }
  return Fail(ErrorCode::kCorrupt,
              "{} files that videos need are missing or damaged: start the nodes that are down, or "
              "upload those videos again",
              named);
}

}  // namespace

Result<void> ScrubNodes(AdminClient& admin, const std::vector<std::string>& nodes, bool json,
                        client::Terminal& terminal) {
  Upkeep upkeep(admin, terminal);
  TT_RETURN_IF_ERROR(upkeep.Ask(nodes));
  TT_RETURN_IF_ERROR(upkeep.UntilOver());
  if (json) {
    terminal.Result(cluster::Serialized({{"nodes", upkeep.ToJson()}}));
  } else {
    upkeep.Tell();
  }
  return Verdict(upkeep.CountProblems(), 0);
}

Result<void> VerifyCluster(AdminClient& admin, bool json, client::Terminal& terminal) {
  Upkeep upkeep(admin, terminal);
  TT_RETURN_IF_ERROR(upkeep.Ask({}));
  TT_RETURN_IF_ERROR(upkeep.UntilOver());
  TT_ASSIGN_OR_RETURN(const Named named, CheckNamed(admin));
  if (json) {
    terminal.Result(cluster::Serialized({{"nodes", upkeep.ToJson()},
                                         {"checked_blobs", named.blobs},
                                         {"damaged_blobs", named.damaged},
                                         {"damaged", named.listed}}));
  } else {
    upkeep.Tell();
    for (const Json& damage : named.listed) {
      terminal.Result(fmt::format(
          "video {}: {} is {}: {}", WordOf(damage, "video"), WordOf(damage, "file"),
          damage.value("missing", false) ? "missing" : "damaged", WordOf(damage, "reason")));
    }
    terminal.Result(fmt::format("{} files that videos name were looked for: {} missing or damaged",
                                named.blobs, named.damaged));
  }
  return Verdict(upkeep.CountProblems(), named.damaged);
}

}  // namespace tritontube::app
