#pragma once

#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "base/ids.h"
#include "base/random.h"
#include "core/coordination/coordination.h"
#include "domain/catalog/keys.h"

namespace tritontube::jobs {

// What one process knows of all jobs, and which of them a worker should take: of those
// that are due and that nobody has, the oldest.
//
// Jobs and their claims are heard of apart. A claim that has ended may have been given up,
// or be the first that is heard of a job that is done: such a job is left alone for a
// moment, so that not everybody who is idle tries what is not there any more.
//
// Pure: it is told what happens, and what it says is a hint; a transaction decides.
class JobBoard {
 public:
  // What it is to be told of.
  static constexpr std::array<std::string_view, 2> kPrefixes = {catalog::kJobPrefix,
                                                                catalog::kClaimPrefix};

  struct Pick {
    VideoId video;
    std::string key;                      // Of the row that was looked at.
    coordination::Revision modified = 0;  // Of that row.
    std::uint64_t version = 0;            // For Take().
  };
  struct Choice {
    std::optional<Pick> pick = {};
    // Without one: when the first of those that wait for their time may be tried.
    std::optional<WallTime> next_due = {};
  };

  void Apply(const coordination::Event& event);
  // Somebody has it: leave it alone until something is heard of it. Does nothing
  // when something was heard since the pick.
  void Take(const Pick& pick);
  // Nobody has: the claim did not happen.
  void Untake(const Pick& pick);
  // One of the oldest `spread` that may be taken, by chance, so that workers who choose at the
  // same moment do not all choose the same. `now` does not go back.
  Choice Choose(WallTime now, std::size_t spread, Random& random);

 private:
  struct Job {
    std::string key = {};                 // Empty: there is no row.
    coordination::Revision modified = 0;  // Of the row.
    std::uint64_t version = 0;
    WallTime due = {};
    bool is_damaged = false;
    bool is_claimed = false;
    bool is_taken = false;
    bool is_doubtful = false;  // Its claim has ended, and nobody has looked since.

    bool is_open() const { return !key.empty() && !is_damaged && !is_claimed && !is_taken; }
  };

  // Changes a job, and the lists that it is in.
  template <typename Change>
  void Edit(const VideoId& id, Change change);
  void List(const VideoId& id, const Job& job);
  void Unlist(const VideoId& id, const Job& job);
  void OnRow(const VideoId& id, const coordination::Event& event);
  void OnClaim(const VideoId& id, const coordination::Event& event);
  void LookAtTheClock(WallTime now);

  std::map<VideoId, Job> jobs_;
  // Each open job is in one of them. A key begins with the time when the video was made.
  std::set<std::string> due_;
  std::set<std::pair<WallTime, std::string>> later_;
  std::set<VideoId> doubtful_;
};

}  // namespace tritontube::jobs
