#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <queue>

#include "domain/chunks/chunk_board.h"
#include "support/rounds.h"

// Many workers and many videos in virtual time: the shipped board decides, chunks
// take as long as they are expected to. Nothing but order is looked at.
namespace tritontube::chunks {
namespace {

using coordination::Event;

constexpr double kChunkSeconds = 13;  // Of a processor, and so of time.

struct SimulatedVideo {
  double arrives = 0;
  std::uint32_t chunk_count = 0;
  double first_made = -1;
  double made = -1;
  std::uint32_t left = 0;
};

class Schedule {
 public:
  Schedule(std::size_t workers, std::uint64_t seed) : random_(seed), names_(workers) {
    for (std::size_t i = 0; i < workers; ++i) {
      names_[i] = fmt::format("worker {}", i);
      idle_.push_back(i);
    }
  }

  void Add(double arrives, std::uint32_t chunk_count) {
    videos_.push_back({.arrives = arrives, .chunk_count = chunk_count, .left = chunk_count});
    happenings_.push({.at = arrives, .video = videos_.size() - 1, .is_arrival = true});
    work_seconds_ += chunk_count * kChunkSeconds;
  }

  void Run() {
    while (!happenings_.empty()) {
      const Happening now = happenings_.top();
      happenings_.pop();
      now_ = now.at;
      if (now.is_arrival) {
        Post(now.video);
      } else {
        Finish(now);
      }
      Employ();
    }
  }

  double makespan() const { return now_; }
  double work_seconds() const { return work_seconds_; }
  const std::vector<SimulatedVideo>& videos() const { return videos_; }

 private:
  struct Happening {
    double at = 0;
    std::size_t video = 0;
    bool is_arrival = false;
    std::size_t worker = 0;
    std::uint32_t chunk = 0;

    bool operator<(const Happening& other) const { return at > other.at; }
  };
  struct Names {
    VideoId video;
    UploadId output;
  };

  ChunkRow RowOf(std::size_t video, std::uint32_t number) const {
    const Names& names = ids_.at(video);
    const auto created = static_cast<std::int64_t>(videos_[video].arrives * 1000);
    return {.id = {.video = names.video, .output = names.output, .number = number},
            .job = {.video = names.video, .created = WallTime(std::chrono::milliseconds(created))},
            .cpu_seconds = kChunkSeconds};
  }
  void Put(const ChunkRow& row) {
    board_.Apply({.item = {.key = RowKey(row.id), .value = Encode(row), .modified = ++revision_}});
  }
  void Post(std::size_t video) {
    const Names names{VideoId::Generate(random_), UploadId::Generate(random_)};
    ids_.emplace(video, names);
    by_id_.emplace(names.video, video);
    for (std::uint32_t i = 0; i < videos_[video].chunk_count; ++i) Put(RowOf(video, i));
  }
  void Employ() {
    const WallTime wall(std::chrono::milliseconds(static_cast<std::int64_t>(now_ * 1000)));
    while (!idle_.empty()) {
      const std::size_t worker = idle_.back();
      const auto choice = board_.Choose(names_[worker], wall, 1, random_);
      if (!choice.pick) return;
      idle_.pop_back();
      const ChunkId& id = choice.pick->id;
      const ChunkClaim claim{.claim = id.output, .worker = names_[worker]};
      board_.Apply(
          {.item = {.key = ClaimKey(id), .value = Encode(claim), .modified = ++revision_}});
      happenings_.push({.at = now_ + kChunkSeconds,
                        .video = by_id_.at(id.video),
                        .worker = worker,
                        .chunk = id.number});
    }
  }
  void Finish(const Happening& end) {
    ChunkRow row = RowOf(end.video, end.chunk);
    row.made = ChunkMade{.worker = names_[end.worker], .cpu_seconds = kChunkSeconds};
    Put(row);
    board_.Apply(
        {.kind = Event::Kind::kDelete, .item = {.key = ClaimKey(row.id), .modified = ++revision_}});
    idle_.push_back(end.worker);
    SimulatedVideo& video = videos_[end.video];
    if (end.chunk == 0) video.first_made = now_;
    if (--video.left == 0) video.made = now_;
  }

  SeededRandom random_;
  ChunkBoard board_;
  coordination::Revision revision_ = 0;
  std::vector<std::string> names_;
  std::vector<std::size_t> idle_;
  std::vector<SimulatedVideo> videos_;
  std::map<std::size_t, Names> ids_;
  std::map<VideoId, std::size_t> by_id_;
  std::priority_queue<Happening> happenings_;
  double now_ = 0;
  double work_seconds_ = 0;
};

double Quantile(std::vector<double> values, double part) {
  std::ranges::sort(values);
  return values[static_cast<std::size_t>(part * static_cast<double>(values.size() - 1))];
}

// All are there at once, of half a minute to an hour: nobody is idle before the end.
TEST(Schedule, LeavesNoWorkerIdleWhileThereIsWork) {
  const std::size_t workers = 100;
  const std::uint32_t videos =
      support::Rounds{.sanitized = 60, .usual = 300, .thorough = 10'000}.Count();
  Schedule schedule(workers, 1);
  SeededRandom lengths(2);
  for (std::uint32_t i = 0; i < videos; ++i) {
    const double fraction = static_cast<double>(lengths.Next() % 1000) / 1000;
    const auto chunks = static_cast<std::uint32_t>(4 * std::pow(112.5, fraction));
    schedule.Add(0.0, chunks);
  }
  schedule.Run();
  const double bound = schedule.work_seconds() / static_cast<double>(workers);
  fmt::print("{} videos, {} workers: all are made after {:.0f} s, {:.4f} of the lower bound\n",
             videos, workers, schedule.makespan(), schedule.makespan() / bound);
  // The last chunk of each worker may begin when the others end.
  EXPECT_LE(schedule.makespan(), bound + 2 * kChunkSeconds);
}

// A film of ten hours, and every thirty seconds a video of three minutes, which is work for ten of
// fifteen workers.
TEST(Schedule, LetsShortVideosPassAFilmAndStillMakesTheFilm) {
  const std::size_t workers = 15;
  const std::uint32_t videos =
      support::Rounds{.sanitized = 100, .usual = 200, .thorough = 2'000}.Count();
  constexpr std::uint32_t kShortChunks = 23;
  Schedule schedule(workers, 3);
  schedule.Add(0, 4'500);
  for (std::uint32_t i = 1; i <= videos; ++i) schedule.Add(30.0 * i, kShortChunks);
  schedule.Run();
  std::vector<double> first;
  std::vector<double> all;
  for (const SimulatedVideo& video : schedule.videos()) {
    if (video.chunk_count != kShortChunks) continue;
    first.push_back(video.first_made - video.arrives);
    all.push_back(video.made - video.arrives);
  }
  const SimulatedVideo& film = schedule.videos().front();
  const double alone = std::ceil(static_cast<double>(kShortChunks) / workers) * kChunkSeconds;
  fmt::print(
      "beside a film of ten hours, {} workers: the first chunk of a short video is there after "
      "{:.0f} s (median), {:.0f} s (99 %); all of it after {:.0f} s, {:.0f} s; alone {:.0f} s. "
      "The film: first chunk {:.0f} s, all {:.0f} s, at least {:.0f} s\n",
      workers, Quantile(first, 0.5), Quantile(first, 0.99), Quantile(all, 0.5), Quantile(all, 0.99),
      alone, film.first_made, film.made, 4'500 * kChunkSeconds / workers);
  // Somebody becomes free within a chunk's time, and takes the newcomer.
  EXPECT_LE(Quantile(first, 0.99), 3 * kChunkSeconds);
  EXPECT_LE(Quantile(all, 0.99), 40 * kChunkSeconds) << "not after the film";
  EXPECT_GT(film.made, 0);
}

// So many short ones that they alone keep everybody busy: the film goes on all the same.
TEST(Schedule, NeverStarvesAFilm) {
  Schedule schedule(10, 5);
  schedule.Add(0, 100);
  for (int i = 1; i <= 1'000; ++i) schedule.Add(10.0 * i, 8);
  schedule.Run();
  const SimulatedVideo& film = schedule.videos().front();
  fmt::print("a film of 100 chunks among those who keep 10 workers busy: {:.0f} s\n", film.made);
  EXPECT_LT(film.made, 5'000);
}

}  // namespace
}  // namespace tritontube::chunks
