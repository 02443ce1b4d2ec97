#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/steady_clock.h"
#include "foundation/async/sleep.h"
#include "foundation/async/task_group.h"
#include "support/forwarding_coordination.h"

namespace tritontube::support {

// Coordination some milliseconds away, whose calls are counted. One thread only.
class DistantCoordination final : public ForwardingCoordination {
 public:
  DistantCoordination(coordination::Coordination& engine, Random& random)
      : ForwardingCoordination(engine), random_(random) {}

  async::Task<Result<coordination::RangePage>> Range(coordination::RangeRequest request,
                                                     Deadline deadline) override {
    ++reads;
    co_await Travel();
    co_return co_await engine().Range(std::move(request), deadline);
  }
  async::Task<Result<coordination::GetAnswer>> Get(std::string key, Deadline deadline) override {
    ++reads;
    co_await Travel();
    co_return co_await engine().Get(std::move(key), deadline);
  }
  async::Task<Result<coordination::TxnAnswer>> Commit(coordination::Txn txn,
                                                      Deadline deadline) override {
    const bool only_reads = txn.compares.empty();  // Ours write nothing without comparing.
    co_await Travel();
    auto answer = co_await engine().Commit(std::move(txn), deadline);
    ++(only_reads ? reads : answer && answer->succeeded ? writes : refused);
    co_await Travel();
    co_return answer;
  }
  std::unique_ptr<coordination::Watch> WatchPrefix(std::string prefix,
                                                   coordination::Revision after) override {
    return std::make_unique<DistantWatch>(*this, engine().WatchPrefix(std::move(prefix), after));
  }

  std::size_t reads = 0;
  std::size_t writes = 0;
  std::size_t refused = 0;

 private:
  class DistantWatch final : public coordination::Watch {
   public:
    DistantWatch(DistantCoordination& of, std::unique_ptr<coordination::Watch> watch)
        : of_(of), watch_(std::move(watch)) {}
    async::Task<Result<coordination::WatchBatch>> Next(Deadline deadline) override {
      auto batch = co_await watch_->Next(deadline);
      co_await of_.Travel();
      co_return batch;
    }

   private:
    DistantCoordination& of_;
    std::unique_ptr<coordination::Watch> watch_;
  };

  async::Task<void> Travel() {
    return async::Sleep(std::chrono::milliseconds(1 + random_.Next() % 3));
  }

  Random& random_;
};

// Processes with a board each and some workers, who take what it offers, work on it for a moment
// and end it, until all is done: by the rules of those who transcode, in virtual time.
template <typename Mirror>
class Crowd {
 public:
  using Board = typename Mirror::Board;
  using Pick = typename Board::Pick;

  struct Size {
    std::size_t processes = 10;
    std::size_t workers_each = 10;
    std::size_t work = 0;  // How much there is to do.
  };
  struct Process {
    Process(coordination::Coordination& coordination, std::string name_of)
        : mirror(coordination), name(std::move(name_of)) {}
    Mirror mirror;
    const std::string name;
  };

  Crowd(coordination::Coordination& engine, Random& random, Size size)
      : distant_(engine, random), random_(random), size_(size), left_(size.work) {
    for (std::size_t i = 0; i < size.processes; ++i) {
      processes_.push_back(std::make_unique<Process>(distant_, fmt::format("process {}", i)));
    }
  }
  virtual ~Crowd() = default;

  async::Task<void> Run() {
    async::TaskGroup mirrors(co_await async::asio::this_coro::executor);
    std::vector<async::Task<void>> work;
    for (const auto& process : processes_) {
      const auto unread = process->mirror.changed().count();
      mirrors.Spawn(process->mirror.Run());
      co_await process->mirror.changed().WaitBeyond(unread, Deadline::Never());
      for (std::size_t i = 0; i < size_.workers_each; ++i) work.push_back(Work(*process));
    }
    reads_before_ = distant_.reads;
    co_await async::RunAll(std::move(work));
    co_await mirrors.Stop();
  }

  coordination::Coordination& coordination() { return distant_; }
  double writes_each() const { return Each(distant_.writes); }
  double refused_each() const { return Each(distant_.refused); }
  // Since the boards were filled.
  double reads_each() const { return Each(distant_.reads - reads_before_); }
  std::size_t reads_before() const { return reads_before_; }

 protected:
  static WallTime Now() {
    return WallTime(std::chrono::duration_cast<std::chrono::milliseconds>(
        SteadyClock::now().time_since_epoch()));
  }
  async::Task<void> WorkForAMoment() {
    return async::Sleep(std::chrono::milliseconds(500 + random_.Next() % 1000));
  }
  Random& random() { return random_; }

 private:
  virtual typename Board::Choice Choose(Process& process, std::size_t spread) = 0;
  // Claims, works and ends. False when somebody else was faster.
  virtual async::Task<bool> Do(Process& process, Pick pick) = 0;

  double Each(std::size_t count) const {
    return static_cast<double>(count) / static_cast<double>(size_.work);
  }
  async::Task<void> Work(Process& process) {
    std::size_t spread = 1;
    while (left_ > 0) {
      const auto seen = process.mirror.changed().count();
      const auto choice = Choose(process, spread);
      if (!choice.pick) {
        const auto wait = choice.next_due ? *choice.next_due - Now() : std::chrono::hours(1);
        co_await process.mirror.changed().WaitBeyond(seen, Deadline::After(wait));
        continue;
      }
      process.mirror.board().Take(*choice.pick);
      const bool is_done = co_await Do(process, *choice.pick);
      spread = is_done ? 1 : std::min<std::size_t>(spread * 2, 256);
      if (is_done && --left_ == 0) WakeAll();
    }
  }
  void WakeAll() {
    for (const auto& process : processes_) process->mirror.changed().Notify();
  }

  DistantCoordination distant_;
  Random& random_;
  const Size size_;
  std::size_t left_;
  std::size_t reads_before_ = 0;
  std::vector<std::unique_ptr<Process>> processes_;
};

}  // namespace tritontube::support
