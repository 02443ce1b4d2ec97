#pragma once

#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "core/coordination/coordination.h"
#include "domain/chunks/chunk.h"

namespace tritontube::chunks {

// What one process knows of all chunks, and which of them a worker should take.
//
// The video that has had the least of the machines' time goes first: so the first
// chunk of every video is made before the last of any, and a short video passes a
// long one. Every eighth choice falls on the oldest video instead, so that none
// waits for ever. Of one video the chunks go in their order, because it is watched
// from its beginning.
//
// Pure: it is told what happens, and what it says is a hint; a transaction decides.
// It grows with the number of chunks, not with their results.
class ChunkBoard {
 public:
  // What it is to be told of.
  static constexpr std::array<std::string_view, 1> kPrefixes = {kPrefix};

  struct Pick {
    ChunkId id;
    coordination::Revision modified = 0;  // Of the row that was looked at.
    std::uint64_t version = 0;            // For Take().
  };
  struct Choice {
    std::optional<Pick> pick = {};
    // Without one: when the first of those that wait for their time may be tried.
    std::optional<WallTime> next_due = {};
  };
  struct Counts {
    std::size_t waiting = 0;
    std::size_t running = 0;
  };

  void Apply(const coordination::Event& event);
  // Somebody has it: leave it alone until something is heard of it. Does nothing
  // when something was heard since the pick.
  void Take(const Pick& pick);
  // Nobody has: the claim did not happen.
  void Untake(const Pick& pick);
  // The sets of which nothing is to be made and nothing is being made: one that stays is perhaps
  // forgotten.
  std::vector<std::pair<VideoId, UploadId>> QuietSets() const;
  // One of the first `spread` that may be taken, by chance, so that workers who choose at the same
  // moment do not all choose the same. A worker does not take what has just failed on it while
  // others work, until it has been left for a while.
  Choice Choose(std::string_view worker, WallTime now, std::size_t spread, Random& random) const;

  // The row is as it was when it was picked.
  bool Stands(const Pick& pick) const;

  Counts counts() const { return {.waiting = open_count_, .running = claimed_count_}; }

 private:
  using SetId = std::pair<VideoId, UploadId>;
  struct Chunk {
    coordination::Revision modified = 0;  // 0: there is no row.
    std::uint64_t version = 0;
    double expected_seconds = 0;  // Of a processor.
    double spent_seconds = 0;
    WallTime not_before = {};
    std::string failed_on = {};
    bool is_settled = false;  // Made, or never to be tried again.
    bool is_taken = false;
    std::string worker = {};  // Who has claimed it; empty: nobody.

    bool is_open() const { return modified != 0 && !is_settled && !is_taken && worker.empty(); }
    double attained_seconds() const;
  };
  struct Set {
    WallTime created = {};
    double attained_seconds = 0;
    std::map<std::uint32_t, Chunk> chunks = {};
    std::set<std::uint32_t> open = {};
  };
  using Open = std::set<std::uint32_t>;

  // Changes a chunk, and everything that is summed up from it.
  template <typename Change>
  void Edit(const ChunkId& id, Change change);
  const Chunk* Find(const ChunkId& id) const;
  void ListSet(const SetId& id, const Set& set);
  void UnlistSet(const SetId& id, const Set& set);
  void OnRow(const ChunkId& id, const coordination::KeyValue& item);
  bool MayTake(const Chunk& chunk, std::string_view worker, WallTime now) const;
  std::optional<Pick> FirstOf(const SetId& id, std::string_view worker, WallTime now) const;
  std::vector<Pick> Candidates(std::string_view worker, WallTime now, std::size_t count) const;

  std::map<SetId, Set> sets_;
  // The sets with open chunks.
  std::set<std::tuple<double, WallTime, SetId>> by_attained_;
  std::set<std::tuple<WallTime, SetId>> by_age_;
  std::map<std::string, std::size_t, std::less<>> busy_;  // Claims by worker.
  std::size_t open_count_ = 0;
  std::size_t claimed_count_ = 0;
};

}  // namespace tritontube::chunks
