#pragma once

#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

#include "base/deadline.h"
#include "foundation/async/event.h"

namespace tritontube::crash {

enum class Side : std::uint8_t { kBefore, kAfter };

// The writes of a process, numbered from 1 as they begin, and the one at which
// it dies.
//
// Safe to use from any thread.
class Steps {
 public:
  // Each step's name becomes a line of `log` when it begins. `fatal_step` 0 is
  // none.
  Steps(const std::filesystem::path& log, int fatal_step, Side side);
  ~Steps();
  Steps(const Steps&) = delete;
  Steps& operator=(const Steps&) = delete;

  // Before and after a write; neither returns when the time has come.
  int Begin(const std::string& name);
  void End(int step, const std::string& name);

  // Returns when a step of that name has ended, now or before.
  async::Task<void> WaitFor(std::string name, Deadline deadline);

 private:
  bool HasEnded(const std::string& name);

  const int log_;
  const int fatal_step_;
  const Side side_;
  std::mutex mutex_;
  int last_ = 0;
  std::vector<std::string> ended_;
  async::Event changed_;
};

}  // namespace tritontube::crash
