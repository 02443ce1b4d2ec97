#pragma once

#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/error.h"

namespace tritontube::app {

// How the upkeep that one content node was asked for goes, by what the cluster's status tells of
// it. Pure.
class NodeUpkeep {
 public:
  // `asked`: the number of the request, or why the node could not be asked.
  explicit NodeUpkeep(Result<std::uint64_t> asked) { Ask(std::move(asked)); }

  // Once more: the node that was asked before was started anew since.
  void Ask(Result<std::uint64_t> asked);
  // `node` of the status; null when it is not in it. While slots move, nodes compare nothing.
  void See(const nlohmann::json& node, bool slots_move, SteadyTime now);

  bool is_over() const { return is_over_; }
  // It does not know of the request any more.
  bool is_forgotten() const { return is_forgotten_; }
  // Empty when all is well with it.
  const std::string& problem() const { return problem_; }

  std::uint64_t scrub_bytes() const { return Number("scrub_bytes"); }
  std::uint64_t scrub_bytes_all() const { return Number("scrub_bytes_all"); }
  std::uint64_t healed() const { return Number("healed_blobs") - healed_before_; }
  std::uint64_t caught_up() const { return Number("caught_up_blobs") - caught_up_before_; }
  std::uint64_t damaged() const;

 private:
  std::uint64_t Number(const char* field) const;
  void End(std::string problem);
  void SeeSilence(const nlohmann::json& node, SteadyTime now);
  bool StandsStill(SteadyTime now);
  std::string ProblemAtTheEnd(bool is_incomplete) const;

  std::uint64_t asked_ = 0;
  bool is_over_ = false;
  bool is_forgotten_ = false;
  std::uint64_t healed_before_ = 0;
  std::uint64_t caught_up_before_ = 0;
  nlohmann::json node_ = {};  // As it told last.
  std::optional<SteadyTime> silent_since_ = {};
  nlohmann::json moved_ = {};  // What it told when it last told something else than before.
  SteadyTime moved_at_{};
  std::string problem_;
};

}  // namespace tritontube::app
