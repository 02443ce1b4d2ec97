#pragma once

#include "foundation/async/event.h"
#include "foundation/async/sleep.h"

namespace tritontube::simulation {

// Whether a process runs, is stopped (SIGSTOP) or has died: whatever it does outside of its own
// memory asks here before and after.
class Pulse {
 public:
  bool alive() const { return alive_; }
  bool paused() const { return paused_; }

  void SetPaused(bool paused) {
    paused_ = paused && alive_;
    if (!paused_) resumed_.Notify();
  }
  void Kill() {
    alive_ = false;
    SetPaused(false);
  }

  // Waits while it is stopped. False when it has died, or the caller is cancelled, or at the
  // deadline.
  async::Task<bool> GoesOn(Deadline deadline = Deadline::Never()) {
    for (;;) {
      const auto seen = resumed_.count();
      const bool cancelled = co_await async::IsCancelled();
      if (!alive_ || cancelled) co_return false;
      if (!paused_) co_return true;
      if (deadline.HasPassed()) co_return false;
      co_await resumed_.WaitBeyond(seen, deadline);
    }
  }

 private:
  bool alive_ = true;
  bool paused_ = false;
  async::Event resumed_;
};

}  // namespace tritontube::simulation
