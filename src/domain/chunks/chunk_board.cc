#include "domain/chunks/chunk_board.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace tritontube::chunks {

namespace {

// One choice of so many falls on the oldest video.
constexpr std::uint64_t kTurnOfTheOldest = 8;
// What has failed on a worker is left to others for so long.
constexpr std::chrono::seconds kLeftToOthers{30};

}  // namespace

double ChunkBoard::Chunk::attained_seconds() const {
  if (is_settled) return spent_seconds;
  return worker.empty() && !is_taken ? 0 : expected_seconds;
}

void ChunkBoard::ListSet(const SetId& id, const Set& set) {
  if (set.open.empty()) return;
  by_attained_.emplace(set.attained_seconds, set.created, id);
  by_age_.emplace(set.created, id);
}

void ChunkBoard::UnlistSet(const SetId& id, const Set& set) {
  by_attained_.erase({set.attained_seconds, set.created, id});
  by_age_.erase({set.created, id});
}

template <typename Change>
void ChunkBoard::Edit(const ChunkId& id, Change change) {
  const SetId set_id{id.video, id.output};
  Set& set = sets_[set_id];
  UnlistSet(set_id, set);
  Chunk& chunk = set.chunks[id.number];
  const Chunk before = chunk;
  change(set, chunk);
  ++chunk.version;
  set.attained_seconds += chunk.attained_seconds() - before.attained_seconds();
  if (before.is_open() != chunk.is_open()) {
    if (chunk.is_open()) {
      set.open.insert(id.number);
      ++open_count_;
    } else {
      set.open.erase(id.number);
      --open_count_;
    }
  }
  if (before.worker != chunk.worker) {
    if (!before.worker.empty() && --busy_[before.worker] == 0) busy_.erase(before.worker);
    if (!chunk.worker.empty()) ++busy_[chunk.worker];
  }
  claimed_count_ += chunk.worker.empty() ? 0 : 1;
  claimed_count_ -= before.worker.empty() ? 0 : 1;
  const bool is_gone = chunk.modified == 0 && chunk.worker.empty();
  if (is_gone) set.chunks.erase(id.number);
  if (set.chunks.empty()) {
    sets_.erase(set_id);
  } else {
    ListSet(set_id, set);
  }
}

void ChunkBoard::OnRow(const ChunkId& id, const coordination::KeyValue& item) {
  const Result<ChunkRow> row = DecodeChunkRow(item.value);
  // One that is damaged does not keep the others; who waits for it sees it.
  Edit(id, [&](Set& set, Chunk& chunk) {
    chunk.modified = item.modified;
    chunk.is_taken = false;
    chunk.is_settled = !row || row->made || row->failure;
    if (!row) return;
    set.created = row->job.created;
    chunk.expected_seconds = std::max(0.0, row->cpu_seconds);
    chunk.spent_seconds = row->made ? std::max(0.0, row->made->cpu_seconds) : 0;
    chunk.not_before = row->job.not_before;
    chunk.failed_on = row->failed_on;
  });
}

void ChunkBoard::Apply(const coordination::Event& event) {
  const bool is_row = event.item.key.starts_with(kRowPrefix);
  const bool is_claim = event.item.key.starts_with(kClaimPrefix);
  const std::optional<ChunkId> id = ChunkOf(event.item.key);
  if (!id || (!is_row && !is_claim)) return;
  const bool is_put = event.kind == coordination::Event::Kind::kPut;
  if (is_row && is_put) {
    OnRow(*id, event.item);
  } else if (is_row) {
    Edit(*id, [](Set&, Chunk& chunk) {
      chunk = Chunk{.version = chunk.version, .worker = std::move(chunk.worker)};
    });
  } else {
    const Result<ChunkClaim> claim =
        is_put ? DecodeChunkClaim(event.item.value) : ChunkClaim{.claim = id->output, .worker = {}};
    Edit(*id, [&](Set&, Chunk& chunk) {
      chunk.is_taken = false;
      chunk.worker = claim ? claim->worker : "?";
    });
  }
}

const ChunkBoard::Chunk* ChunkBoard::Find(const ChunkId& id) const {
  const auto set = sets_.find({id.video, id.output});
  if (set == sets_.end()) return nullptr;
  const auto chunk = set->second.chunks.find(id.number);
  return chunk == set->second.chunks.end() ? nullptr : &chunk->second;
}

void ChunkBoard::Take(const Pick& pick) {
  const Chunk* const chunk = Find(pick.id);
  if (chunk == nullptr || chunk->version != pick.version) return;
  Edit(pick.id, [](Set&, Chunk& taken) { taken.is_taken = true; });
}

void ChunkBoard::Untake(const Pick& pick) {
  if (Find(pick.id) == nullptr) return;
  Edit(pick.id, [](Set&, Chunk& chunk) { chunk.is_taken = false; });
}

std::vector<std::pair<VideoId, UploadId>> ChunkBoard::QuietSets() const {
  std::vector<SetId> quiet;
  for (const auto& [id, set] : sets_) {
    const bool is_quiet =
        std::ranges::all_of(set.chunks, [](const auto& entry) { return entry.second.is_settled; });
    if (is_quiet) quiet.push_back(id);
  }
  return quiet;
}

bool ChunkBoard::Stands(const Pick& pick) const {
  const Chunk* const chunk = Find(pick.id);
  return chunk != nullptr && chunk->modified == pick.modified;
}

bool ChunkBoard::MayTake(const Chunk& chunk, std::string_view worker, WallTime now) const {
  if (chunk.not_before > now) return false;
  if (chunk.failed_on.empty() || chunk.failed_on != worker) return true;
  const bool others_work = busy_.size() > (busy_.contains(worker) ? 1U : 0U);
  return !others_work || chunk.not_before + kLeftToOthers <= now;
}

std::optional<ChunkBoard::Pick> ChunkBoard::FirstOf(const SetId& id, std::string_view worker,
                                                    WallTime now) const {
  const Set& set = sets_.at(id);
  for (const std::uint32_t number : set.open) {
    const Chunk& chunk = set.chunks.at(number);
    if (!MayTake(chunk, worker, now)) continue;
    return Pick{.id = {.video = id.first, .output = id.second, .number = number},
                .modified = chunk.modified,
                .version = chunk.version};
  }
  return std::nullopt;
}

// The first of every video, then the second of every video, and so on.
std::vector<ChunkBoard::Pick> ChunkBoard::Candidates(std::string_view worker, WallTime now,
                                                     std::size_t count) const {
  struct Line {
    const SetId* id;
    const Set* set;
    Open::const_iterator next;
  };
  std::vector<Pick> picks;
  std::vector<Line> lines;
  for (const auto& [attained, created, id] : by_attained_) {
    const Set& set = sets_.at(id);
    lines.push_back({.id = &id, .set = &set, .next = set.open.begin()});
    while (lines.back().next != set.open.end() &&
           !MayTake(set.chunks.at(*lines.back().next), worker, now)) {
      ++lines.back().next;
    }
    if (lines.back().next == set.open.end()) lines.pop_back();
    if (lines.size() == count) break;
  }
  for (bool more = true; more && picks.size() < count;) {
    more = false;
    for (Line& line : lines) {
      if (line.next == line.set->open.end() || picks.size() == count) continue;
      const Chunk& chunk = line.set->chunks.at(*line.next);
      const ChunkId id{.video = line.id->first, .output = line.id->second, .number = *line.next};
      ++line.next;
      more = true;
      if (!MayTake(chunk, worker, now)) continue;
      picks.push_back({.id = id, .modified = chunk.modified, .version = chunk.version});
    }
  }
  return picks;
}

ChunkBoard::Choice ChunkBoard::Choose(std::string_view worker, WallTime now, std::size_t spread,
                                      Random& random) const {
  if (random.Next() % kTurnOfTheOldest == 0) {
    for (const auto& [created, id] : by_age_) {
      if (const auto pick = FirstOf(id, worker, now)) return {.pick = pick};
    }
  }
  const std::vector<Pick> picks = Candidates(worker, now, std::max<std::size_t>(spread, 1));
  if (!picks.empty()) return {.pick = picks[random.Next() % picks.size()]};
  Choice choice;
  for (const auto& [created, id] : by_age_) {
    for (const std::uint32_t number : sets_.at(id).open) {
      WallTime due = sets_.at(id).chunks.at(number).not_before;
      if (due <= now) due += kLeftToOthers;
      choice.next_due = std::min(choice.next_due.value_or(due), due);
    }
  }
  return choice;
}

}  // namespace tritontube::chunks
