#include "app/node_upkeep.h"

#include "services/cluster/cluster_json.h"

namespace tritontube::app {

namespace {

using cluster::CountOf;
using cluster::WordOf;
using Json = nlohmann::json;

// One question without an answer is no node that is down: each connection that was tried in vain is
// tried again a little later only.
constexpr std::chrono::seconds kSilenceMax{5};
// Longer than a node takes to look at all that it has, and to ask some others that do not answer.
constexpr std::chrono::minutes kStandstillMax{5};

// Null also of a node that could not be asked.
Json UpkeepOf(const Json& node) { return node.is_object() ? node.value("upkeep", Json()) : Json(); }

}  // namespace

void NodeUpkeep::Ask(Result<std::uint64_t> asked) {
  is_forgotten_ = false;
  if (!asked) return End(std::string(asked.error().message()));
  asked_ = *asked;
}

void NodeUpkeep::See(const Json& node, bool slots_move, SteadyTime now) {
  const Json upkeep = UpkeepOf(node);
  if (!upkeep.is_object()) return SeeSilence(node, now);
  silent_since_.reset();
  const bool is_first = node_.is_null();
  node_ = node;
  if (is_first) {
    healed_before_ = Number("healed_blobs");
    caught_up_before_ = Number("caught_up_blobs");
  }
  if (Number("asked") < asked_) {
    healed_before_ = 0;
    caught_up_before_ = 0;
    is_forgotten_ = true;
    return;
  }
  const bool is_incomplete = WordOf(node, "state") == "incomplete";
  const bool is_compared = Number("compared_for") >= asked_;
  if (Number("scrubbed_for") >= asked_ && (is_compared || is_incomplete)) {
    return End(ProblemAtTheEnd(is_incomplete));
  }
  if (slots_move && Number("scrubbed_for") >= asked_) moved_at_ = now;
  if (!StandsStill(now)) return;
  const std::string_view what = Number("scrubbed_for") < asked_
                                    ? "reading what it stores"
                                    : "comparing what it has with the others";
  End(fmt::format(
      "{} has not come further for {} minutes: its log says why. Look at its disk, start "
      "it anew, and ask again",
      what, kStandstillMax.count()));
}

std::uint64_t NodeUpkeep::Number(const char* field) const {
  return CountOf(UpkeepOf(node_), field);
}

std::uint64_t NodeUpkeep::damaged() const { return CountOf(node_, "damaged_blobs"); }

void NodeUpkeep::End(std::string problem) {
  is_over_ = true;
  problem_ = std::move(problem);
}

void NodeUpkeep::SeeSilence(const Json& node, SteadyTime now) {
  if (!silent_since_) silent_since_ = now;
  if (now - *silent_since_ < kSilenceMax) return;
  End(node.is_object() ? fmt::format("it does not answer: {}", WordOf(node, "reason"))
                       : "it is not in the cluster any more");
}

bool NodeUpkeep::StandsStill(SteadyTime now) {
  Json told = UpkeepOf(node_);
  if (moved_ != told) {
    moved_ = std::move(told);
    moved_at_ = now;
  }
  return now - moved_at_ >= kStandstillMax;
}

std::string NodeUpkeep::ProblemAtTheEnd(bool is_incomplete) const {
  const std::uint64_t lacking = Number("lacking_slots");
  if (damaged() > 0) {
    return fmt::format("{} blobs are damaged, and no other node could give them", damaged());
  }
  if (is_incomplete) return "it is being repaired, and has not everything yet";
  if (lacking == 0) return "";
  return fmt::format("it could not fetch what it has missed of {} slots: {}", lacking,
                     node_.value("read_only", false) ? "its disk is full" : "its log says why");
}

}  // namespace tritontube::app
