#include "crash/steps.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "base/assert.h"

namespace tritontube::crash {

namespace {

// As kill -9 does: no destructor, no flush, no farewell.
[[noreturn]] void Die() {
  ::kill(::getpid(), SIGKILL);
  for (;;) ::pause();
}

}  // namespace

Steps::Steps(const std::filesystem::path& log, int fatal_step, Side side)
    : log_(::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600)),
      fatal_step_(fatal_step),
      side_(side) {
  TT_ASSERT(log_ >= 0, "{} cannot be written", log.string());
}

Steps::~Steps() { ::close(log_); }

int Steps::Begin(const std::string& name) {
  const std::scoped_lock lock(mutex_);
  const std::string line = name + "\n";
  const ssize_t written = ::write(log_, line.data(), line.size());
  TT_ASSERT(written == static_cast<ssize_t>(line.size()), "the log of steps cannot be written");
  if (++last_ == fatal_step_ && side_ == Side::kBefore) Die();
  return last_;
}

void Steps::End(int step, const std::string& name) {
  if (step == fatal_step_ && side_ == Side::kAfter) Die();
  {
    const std::scoped_lock lock(mutex_);
    ended_.push_back(name);
  }
  changed_.Notify();
}

bool Steps::HasEnded(const std::string& name) {
  const std::scoped_lock lock(mutex_);
  return std::ranges::find(ended_, name) != ended_.end();
}

async::Task<void> Steps::WaitFor(std::string name, Deadline deadline) {
  for (auto seen = changed_.count(); !HasEnded(name); seen = changed_.count()) {
    TT_ASSERT(!deadline.HasPassed(), "the step {} never came", name);
    co_await changed_.WaitBeyond(seen, deadline);
  }
}

}  // namespace tritontube::crash
