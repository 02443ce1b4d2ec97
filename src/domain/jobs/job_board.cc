#include "domain/jobs/job_board.h"

#include <algorithm>
#include <iterator>
#include <vector>

#include "domain/catalog/codec.h"

namespace tritontube::jobs {

using coordination::Event;

namespace {

// Within this time it is heard that a job whose claim has ended is done.
constexpr std::chrono::milliseconds kTimeOfDoubt{100};

}  // namespace

void JobBoard::List(const VideoId& id, const Job& job) {
  if (!job.is_open()) return;
  if (job.is_doubtful) {
    doubtful_.insert(id);
  } else {
    later_.emplace(job.due, job.key);
  }
}

void JobBoard::Unlist(const VideoId& id, const Job& job) {
  due_.erase(job.key);
  later_.erase({job.due, job.key});
  doubtful_.erase(id);
}

template <typename Change>
void JobBoard::Edit(const VideoId& id, Change change) {
  const auto at = jobs_.try_emplace(id).first;
  Job& job = at->second;
  Unlist(id, job);
  change(job);
  ++job.version;
  if (job.key.empty() && !job.is_claimed) {
    jobs_.erase(at);
  } else {
    List(id, job);
  }
}

void JobBoard::OnRow(const VideoId& id, const Event& event) {
  if (event.kind == Event::Kind::kDelete) {
    Edit(id, [](Job& job) { job = Job{.version = job.version, .is_claimed = job.is_claimed}; });
    return;
  }
  const Result<catalog::JobRow> row = catalog::DecodeJobRow(event.item.value);
  Edit(id, [&](Job& job) {
    job.key = event.item.key;
    job.modified = event.item.modified;
    job.is_taken = false;
    job.is_doubtful = false;
    job.is_damaged = !row;  // One that is damaged does not keep the others.
    job.due = row ? row->not_before : WallTime();
  });
}

void JobBoard::OnClaim(const VideoId& id, const Event& event) {
  Edit(id, [&](Job& job) {
    job.is_claimed = event.kind == Event::Kind::kPut;
    job.is_taken = false;
    // A row that is as new as the end was written by it.
    job.is_doubtful = !job.is_claimed && job.modified < event.item.modified;
  });
}

void JobBoard::Apply(const Event& event) {
  const std::optional<VideoId> id = catalog::VideoOf(event.item.key);
  if (!id) return;
  if (event.item.key.starts_with(catalog::kJobPrefix)) OnRow(*id, event);
  if (event.item.key.starts_with(catalog::kClaimPrefix)) OnClaim(*id, event);
}

void JobBoard::Take(const Pick& pick) {
  const auto at = jobs_.find(pick.video);
  if (at == jobs_.end() || at->second.version != pick.version) return;
  Edit(pick.video, [](Job& job) { job.is_taken = true; });
}

void JobBoard::Untake(const Pick& pick) {
  if (!jobs_.contains(pick.video)) return;
  Edit(pick.video, [](Job& job) { job.is_taken = false; });
}

// Those whose time has come are due from now on.
void JobBoard::LookAtTheClock(WallTime now) {
  const std::vector<VideoId> doubtful(doubtful_.begin(), doubtful_.end());
  for (const VideoId& id : doubtful) {
    Edit(id, [&](Job& job) {
      job.is_doubtful = false;
      job.due = std::max(job.due, now + kTimeOfDoubt);
    });
  }
  while (!later_.empty() && later_.begin()->first <= now) {
    due_.insert(later_.extract(later_.begin()).value().second);
  }
}

JobBoard::Choice JobBoard::Choose(WallTime now, std::size_t spread, Random& random) {
  LookAtTheClock(now);
  if (due_.empty()) {
    if (later_.empty()) return {};
    return {.next_due = later_.begin()->first};
  }
  const std::size_t count = std::min(std::max<std::size_t>(spread, 1), due_.size());
  const auto chosen = static_cast<std::ptrdiff_t>(random.Next() % count);
  const std::string& key = *std::next(due_.begin(), chosen);
  const VideoId video = *catalog::VideoOf(key);
  const Job& job = jobs_.at(video);
  return {.pick =
              Pick{.video = video, .key = key, .modified = job.modified, .version = job.version}};
}

}  // namespace tritontube::jobs
