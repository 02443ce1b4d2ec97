#include "app/cluster_change.h"

#include <algorithm>
#include <utility>

#include "app/client/meter.h"
#include "app/client/text.h"
#include "base/printable.h"
#include "endpoints/admin_rpc/admin_methods.h"
#include "services/cluster/administration.h"
#include "services/cluster/cluster_json.h"
#include "tritontube/v1/admin.pb.h"

namespace tritontube::app {

namespace {

using cluster::CountOf;
using cluster::WordOf;
using Json = nlohmann::json;

// Beyond what is waited for until the change begins.
constexpr std::chrono::seconds kChangePatience{60};

// When whoever waits for the turn of a change hears why, and how often whether that is so still.
constexpr std::chrono::milliseconds kTellAfter = std::chrono::seconds(5);
constexpr std::chrono::milliseconds kTellAgainAfter = std::chrono::minutes(1);

v1::ChangeRequest RequestOf(const ChangeOrder& order) {
  v1::ChangeRequest request;
  for (const std::string& node : order.add) request.add_add(node);
  for (const std::string& node : order.remove) request.add_remove(node);
  request.set_dead(order.dead);
  request.set_accepts_loss(order.accepts_loss);
  request.set_wait_ms(static_cast<std::uint64_t>(order.wait.count()));
  return request;
}

// Asks for as long as the order may wait for its turn, and says what for.
Result<v1::ChangeResponse> AskInTurn(AdminClient& admin, ChangeOrder order,
                                     client::Terminal& terminal) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point end = Clock::now() + order.wait;
  std::string told;
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now());
    const std::chrono::milliseconds slice = told.empty() ? kTellAfter : kTellAgainAfter;
    order.wait = std::clamp<std::chrono::milliseconds>(left, {}, slice);
    auto asked = admin.Ask<v1::ChangeResponse>(admin_rpc::kChange, RequestOf(order),
                                               order.wait + kChangePatience);
    if (asked || order.wait < slice) return asked;
    std::string_view reason = asked.error().message();
    if (!reason.ends_with(cluster::kAskAgain)) return asked;
    reason.remove_suffix(cluster::kAskAgain.size());
    if (std::exchange(told, reason) != reason) terminal.Note(Printable("waiting: " + told));
  }
}

std::string_view NameOf(const ChangeOrder& order) { return order.add.empty() ? "remove" : "add"; }

class Follower {
 public:
  Follower(AdminClient& admin, std::uint64_t change, std::string what, client::Terminal& terminal)
      : admin_(admin), change_(change), what_(std::move(what)), terminal_(terminal) {}

  // The member of the document's "past_changes" that is of this change, once it is over.
  Result<Json> UntilOver() {
    Json past;
    TT_RETURN_IF_ERROR(admin_.FollowStatus([&](const Json& status) -> Result<bool> {
      past = status.value("past_changes", Json::array());
      const bool is_over =
          past.is_array() && !past.empty() && CountOf(past[0], "change") >= change_;
      if (!is_over) Show(status.value("plan", Json()));
      return is_over;
    }));
    return OfThisChange(past);
  }

 private:
  Result<Json> OfThisChange(const Json& past) const {
    for (const Json& change : past) {
      if (CountOf(change, "change") == change_) return change;
    }
    return Fail(ErrorCode::kOutcomeUnknown,
                "too many other changes have ended since, and how this one did is not known: look "
                "at admin status");
  }

  void Show(const Json& plan) {
    if (!plan.is_object()) return;
    const auto now = client::Meter::Time::clock::now();
    const ByteCount expected = CountOf(plan, "plan_bytes_expected");
    meter_.Update(CountOf(plan, "plan_bytes"), now);
    if (!terminal_.WantsProgress(now)) return;
    terminal_.Progress(meter_.Line(what_, expected > 0 ? std::optional(expected) : std::nullopt));
  }

  AdminClient& admin_;
  const std::uint64_t change_;
  const std::string what_;
  client::Terminal& terminal_;
  client::Meter meter_;
};

}  // namespace

Result<void> MakeChange(AdminClient& admin, const ChangeOrder& order, bool json,
                        client::Terminal& terminal) {
  const auto began = std::chrono::steady_clock::now();
  TT_ASSIGN_OR_RETURN(const auto asked, AskInTurn(admin, order, terminal));
  if (asked.change() == 0) {
    terminal.Result(json ? R"({"outcome":"done","files":0,"bytes":0})"
                         : "the node's new address is known now; nothing had to move");
    return {};
  }
  Follower follower(admin, asked.change(), std::string(NameOf(order)), terminal);
  Result<Json> past = follower.UntilOver();
  terminal.EndProgress();
  TT_RETURN_IF_ERROR(past);
  if (WordOf(*past, "outcome") == "aborted") {
    return Fail(ErrorCode::kAborted, "the change was given up: {}", WordOf(*past, "reason"));
  }
  if (json) {
    terminal.Result(cluster::Serialized(*past));
    return {};
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  terminal.Result(fmt::format("done: {} files, {} moved in {:.1f} s", CountOf(*past, "files"),
                              client::FormatBytes(CountOf(*past, "bytes")), took.count()));
  return {};
}

Result<void> EstimateChange(AdminClient& admin, const ChangeOrder& order, bool json,
                            client::Terminal& terminal) {
  TT_ASSIGN_OR_RETURN(
      const auto cost,
      admin.Ask<v1::EstimateResponse>(admin_rpc::kEstimate, RequestOf(order), kChangePatience));
  if (json) {
    terminal.Result(Json{{"bytes", cost.bytes()},
                         {"percent", cost.percent()},
                         {"plans", cost.plans()},
                         {"seconds", cost.seconds()}}
                        .dump());
    return {};
  }
  terminal.Result(fmt::format(
      "to {}: about {} ({:.1f} % of all copies) would move, in {} plan{}, in about {}",
      NameOf(order), client::FormatBytes(cost.bytes()), cost.percent(), cost.plans(),
      cost.plans() == 1 ? "" : "s", client::FormatDuration(std::chrono::seconds(cost.seconds()))));
  return {};
}

}  // namespace tritontube::app
