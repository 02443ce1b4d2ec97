#include "app/cluster_upkeep.h"

#include <algorithm>
#include <map>
#include <optional>

#include "app/client/meter.h"
#include "app/client/text.h"
#include "base/printable.h"
#include "endpoints/admin_rpc/admin_methods.h"
#include "services/cluster/cluster_json.h"
#include "tritontube/v1/admin.pb.h"

namespace tritontube::app {

namespace {

using cluster::CountOf;
using cluster::WordOf;
using Json = nlohmann::json;

constexpr std::chrono::seconds kUpkeepPatience{60};
// One question without an answer is no node that is down: each connection that was tried in vain is
// tried again a little later only.
constexpr std::chrono::seconds kNodeSilenceMax{5};
constexpr std::size_t kDamageListedMax = 100;

// How the upkeep of one node goes.
struct Progress {
  std::uint64_t asked = 0;  // The number of our request.
  bool is_over = false;
  std::uint64_t healed_before = 0;
  std::uint64_t caught_up_before = 0;
  Json node = {};                        // As it told last.
  std::optional<Deadline> silence = {};  // Until when it may not answer; while it does not.
  std::string problem;                   // Empty when all is well with it.
};

class Upkeep {
 public:
  Upkeep(AdminClient& admin, client::Terminal& terminal) : admin_(admin), terminal_(terminal) {}

  Result<void> Ask(const std::vector<std::string>& nodes) {
    v1::UpkeepNodesRequest request;
    for (const std::string& node : nodes) request.add_nodes(node);
    TT_ASSIGN_OR_RETURN(const auto response, admin_.Ask<v1::UpkeepNodesResponse>(
                                                 admin_rpc::kUpkeep, request, kUpkeepPatience));
    for (const auto& node : response.nodes()) {
      Progress& progress = nodes_[node.address()];
      progress.asked = node.asked();
      progress.is_over = !node.error().empty();
      progress.problem = node.error();
    }
    return {};
  }

  Result<void> UntilOver() {
    TT_RETURN_IF_ERROR(admin_.FollowStatus([this](const Json& status) -> Result<bool> {
      TT_RETURN_IF_ERROR(Look(status));
      const bool is_over =
          std::ranges::all_of(nodes_, [](const auto& entry) { return entry.second.is_over; });
      if (!is_over) Show();
      return is_over;
    }));
    terminal_.EndProgress();
    return {};
  }

  std::size_t CountProblems() const {
    return static_cast<std::size_t>(std::ranges::count_if(
        nodes_, [](const auto& entry) { return !entry.second.problem.empty(); }));
  }

  Json ToJson() const {
    Json list = Json::array();
    for (const auto& [address, progress] : nodes_) {
      list.push_back({{"address", address},
                      {"verified_bytes", VerifiedOf(progress)},
                      {"healed_blobs", HealedOf(progress)},
                      {"caught_up_blobs", CaughtUpOf(progress)},
                      {"damaged_blobs", CountOf(progress.node, "damaged_blobs")},
                      {"problem", progress.problem.empty() ? Json() : Json(progress.problem)}});
    }
    return list;
  }

  void Tell() const {
    for (const auto& [address, progress] : nodes_) {
      terminal_.Result(Printable(fmt::format(
          "{}: {} verified, {} blobs healed, {} brought that were missing{}{}", address,
          client::FormatBytes(VerifiedOf(progress)), HealedOf(progress), CaughtUpOf(progress),
          progress.problem.empty() ? "" : "; ", progress.problem)));
    }
  }

 private:
  // Null also of a node that could not be asked.
  static Json UpkeepOf(const Json& node) {
    return node.is_object() ? node.value("upkeep", Json()) : Json();
  }
  static std::uint64_t VerifiedOf(const Progress& progress) {
    return CountOf(UpkeepOf(progress.node), "scrub_bytes");
  }
  static std::uint64_t HealedOf(const Progress& progress) {
    return CountOf(UpkeepOf(progress.node), "healed_blobs") - progress.healed_before;
  }
  static std::uint64_t CaughtUpOf(const Progress& progress) {
    return CountOf(UpkeepOf(progress.node), "caught_up_blobs") - progress.caught_up_before;
  }

  Result<void> Look(const Json& status) {
    const Json list = status.value("nodes", Json::array());
    if (!list.is_array()) {
      return Fail(ErrorCode::kUnavailable, "{} does not tell how the cluster is", admin_.address());
    }
    std::vector<std::string> forgetful;
    for (const Json& node : list) {
      if (!node.is_object()) continue;
      const auto known = nodes_.find(WordOf(node, "address"));
      if (known != nodes_.end() && !known->second.is_over) Follow(node, known->second, forgetful);
    }
    if (forgetful.empty()) return {};
    return Ask(forgetful);
  }

  // A node that was started anew does not know of the request any more.
  static void Follow(const Json& node, Progress& progress, std::vector<std::string>& forgetful) {
    const Json upkeep = UpkeepOf(node);
    if (!upkeep.is_object()) {
      if (!progress.silence) progress.silence = Deadline::After(kNodeSilenceMax);
      progress.is_over = progress.silence->HasPassed();
      if (!progress.is_over) return;
      progress.problem = fmt::format("it does not answer: {}", WordOf(node, "reason"));
      return;
    }
    progress.silence.reset();
    const bool is_first = progress.node.is_null();
    progress.node = node;
    if (is_first) {
      progress.healed_before = CountOf(upkeep, "healed_blobs");
      progress.caught_up_before = CountOf(upkeep, "caught_up_blobs");
    }
    if (CountOf(upkeep, "asked") < progress.asked) {
      progress.healed_before = 0;
      progress.caught_up_before = 0;
      forgetful.push_back(WordOf(node, "address"));
      return;
    }
    const bool is_incomplete = WordOf(node, "state") == "incomplete";
    const bool is_compared = CountOf(upkeep, "compared_for") >= progress.asked;
    progress.is_over =
        CountOf(upkeep, "scrubbed_for") >= progress.asked && (is_compared || is_incomplete);
    if (!progress.is_over) return;
    const std::uint64_t damaged = CountOf(node, "damaged_blobs");
    const std::uint64_t lacking = CountOf(upkeep, "lacking_slots");
    if (damaged > 0) {
      progress.problem =
          fmt::format("{} blobs are damaged, and no other node could give them", damaged);
    } else if (is_incomplete) {
      progress.problem = "it is being repaired, and has not everything yet";
    } else if (lacking > 0) {
      progress.problem =
          fmt::format("it could not fetch what it has missed of {} slots: {}", lacking,
                      node.value("read_only", false) ? "its disk is full" : "its log says why");
    }
  }

  void Show() {
    const auto now = client::Meter::Time::clock::now();
    ByteCount done = 0;
    ByteCount all = 0;
    for (const auto& [address, progress] : nodes_) {
      const Json upkeep = UpkeepOf(progress.node);
      done += CountOf(upkeep, "scrub_bytes");
      all += CountOf(upkeep, "scrub_bytes_all");
    }
    meter_.Update(done, now);
    if (terminal_.WantsProgress(now)) terminal_.Progress(meter_.Line("verifying", all));
  }

  AdminClient& admin_;
  client::Terminal& terminal_;
  std::map<std::string, Progress> nodes_;
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
