#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <vector>

#include "foundation/async/task_group.h"

// What the programs of this folder measure with.
namespace tritontube::measuring {

using Clock = std::chrono::steady_clock;

inline double Seconds(Clock::time_point since) {
  return std::chrono::duration<double>(Clock::now() - since).count();
}

inline double Percentile(std::vector<double> values, double fraction) {
  std::ranges::sort(values);
  return values[static_cast<std::size_t>(static_cast<double>(values.size() - 1) * fraction)];
}

// Does something `count` times, so many at once.
class InFlight {
 public:
  using Step = std::function<async::Task<void>(std::size_t index)>;

  static async::Task<void> Run(std::size_t count, std::size_t at_once, Step step) {
    std::size_t next = 0;
    std::vector<async::Task<void>> workers;
    workers.reserve(at_once);
    for (std::size_t i = 0; i < at_once; ++i) workers.push_back(Work(next, count, step));
    co_await async::RunAll(std::move(workers));
  }

 private:
  static async::Task<void> Work(std::size_t& next, std::size_t count, const Step& step) {
    while (next < count) co_await step(next++);
  }
};

}  // namespace tritontube::measuring
