#include "domain/migration/absence.h"

#include <algorithm>

namespace tritontube::migration {

using topology::Member;
using topology::Topology;

Absence::Verdict Absence::Decide(const Topology& topology, const std::set<NodeId>& lives,
                                 SteadyTime now) {
  const std::vector<const Member*> silent = SilentOf(topology, lives, now);
  Verdict verdict;
  for (const Member* const member : silent) {
    const bool for_long = now - silent_since_.at(member->id) >= options_.give_up_after;
    if (for_long) verdict.give_up.push_back(member->id);
  }
  // One change at a time, and nothing while somebody is being repaired.
  const auto is_repaired = [&](const Member& member) {
    return member.incomplete && lives.contains(member.id);
  };
  const bool is_busy =
      topology.change || topology.plan || std::ranges::any_of(topology.members, is_repaired);
  if (options_.give_up_after.count() == 0 || is_busy) verdict.give_up.clear();
  verdict.is_calm =
      !is_busy && silent.size() == verdict.give_up.size() && !AreTooMany(topology, silent);
  if (verdict.give_up.empty()) return verdict;
  verdict.held_back = ReasonToWait(topology, silent);
  if (!verdict.held_back.empty()) verdict.give_up.clear();
  return verdict;
}

std::vector<const Member*> Absence::SilentOf(const Topology& topology,
                                             const std::set<NodeId>& lives, SteadyTime now) {
  if (now - std::exchange(looked_, now) > options_.look_gap_max) silent_since_.clear();
  std::map<NodeId, SteadyTime> since;
  std::vector<const Member*> silent;
  for (const Member& member : topology.members) {
    if (lives.contains(member.id)) continue;
    const auto known = silent_since_.find(member.id);
    since.emplace(member.id, known == silent_since_.end() ? now : known->second);
    silent.push_back(&member);
  }
  silent_since_ = std::move(since);
  return silent;
}

std::string Absence::ReasonToWait(const Topology& topology,
                                  const std::vector<const Member*>& silent) const {
  const std::size_t members = topology.members.size();
  if (members - silent.size() < static_cast<std::size_t>(topology.replication.copies)) {
    return "there is no other node that could take the copies: start it, or add one";
  }
  if (!AreTooMany(topology, silent)) return "";
  return "too many are silent at once for all of them to be lost: if they are, remove them with "
         "admin remove --dead";
}

bool Absence::AreTooMany(const Topology& topology, const std::vector<const Member*>& silent) const {
  const auto members = static_cast<double>(topology.members.size());
  const auto allowed =
      std::max<std::size_t>(1, static_cast<std::size_t>(options_.part_max * members));
  if (silent.size() <= allowed) return false;
  const auto is_of_that_zone = [&](const Member* member) {
    return member->zone == silent.front()->zone;
  };
  const bool is_one_zone =
      !silent.front()->zone.empty() && std::ranges::all_of(silent, is_of_that_zone);
  return !is_one_zone;
}

}  // namespace tritontube::migration
