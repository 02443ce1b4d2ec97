#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/deadline.h"
#include "base/error.h"
#include "foundation/async/event.h"
#include "foundation/async/sleep.h"

namespace tritontube::worker_deaths {

// What becomes of a process at one of its calls: as by SIGKILL, and as by SIGSTOP for longer than
// its lease. Before: what it asked for has not happened, or happens when it goes on; after: it has,
// and the answer does not come, or comes late.
enum class Fate : std::uint8_t { kDiesBefore, kDiesAfter, kFreezesBefore, kFreezesAfter };

// The calls of a process to everything outside it, numbered from 1 as they begin, and the one at
// which its fate comes.
//
// Lives on one thread.
class Life {
 public:
  static constexpr std::chrono::seconds kFreezeTime{25};

  // `fatal_call` 0 is none.
  Life(int fatal_call, Fate fate) : fatal_call_(fatal_call), fate_(fate) {}

  // Passes on `call`, which is given the deadline and returns a task, unless the process dies.
  // What is asked for at the moment of freezing was on its way: it happens, however late.
  template <typename T, typename Make>
  async::Task<Result<T>> Call(std::string name, Deadline deadline, Make call) {
    const int number = co_await Begin(name);
    if (is_dead_) co_return Dead();
    if (number == fatal_call_ && fate_ == Fate::kFreezesBefore) deadline = Deadline::Never();
    Result<T> answer = co_await call(deadline);
    co_await End(number);
    if (is_dead_) co_return Dead();
    co_return answer;
  }

  bool is_dead() const { return is_dead_; }
  bool is_frozen() const { return !thaw_.HasPassed(); }
  // Its fate has come.
  bool was_hit() const { return fatal_call_ > 0 && call_count_ >= fatal_call_; }
  // Of the call at which it came.
  const std::string& fatal_name() const { return fatal_name_; }

 private:
  static std::unexpected<Error> Dead() { return Fail(ErrorCode::kUnavailable, "it is dead"); }

  async::Task<int> Begin(std::string name);
  async::Task<void> End(int number);
  async::Task<void> Meet();
  async::Task<void> WaitForThaw();

  const int fatal_call_;
  const Fate fate_;
  int call_count_ = 0;
  bool is_dead_ = false;
  Deadline thaw_ = Deadline::After(std::chrono::seconds(0));
  std::string fatal_name_;
};

}  // namespace tritontube::worker_deaths
