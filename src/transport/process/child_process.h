#pragma once

#include <sys/types.h>

#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <chrono>
#include <map>
#include <optional>
#include <string>

#include "base/deadline.h"
#include "base/error.h"
#include "core/blob/bytes.h"
#include "foundation/async/task.h"
#include "transport/process/capped_text.h"
#include "transport/process/jail.h"

namespace tritontube::process {

struct SpawnOptions {
  std::vector<std::string> arguments = {};    // The first is the program's absolute path.
  std::vector<std::string> environment = {};  // "NAME=value"; nothing else is handed on.
  std::string working_directory = "/";
  // The descriptors that the child may write to and its parent reads; 1 may be
  // one of them. Its input, and output 1 unless named here, are /dev/null.
  std::vector<int> pipes = {};
  Jail jail = {};
  // A program that calls JailMain(); by default this one.
  std::string helper = "/proc/self/exe";
};

struct ExitStatus {
  std::optional<int> exit_code = {};  // Or:
  std::optional<int> signal = {};     // that ended it.
  double cpu_seconds = 0;             // User and system, all threads.

  bool ok() const { return exit_code == 0; }
};

// A jailed program that runs beside us, in a session of its own. It dies at the
// latest with this object, whose destructor kills the whole session, waits the
// moments that takes, and leaves neither a zombie nor a descriptor behind.
//
// Lives on the io_context of the task that spawned it.
class ChildProcess {
 public:
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&& other) = delete;
  ~ChildProcess();

  // The next bytes, at most `size_max`, that the child wrote to `descriptor`;
  // nothing once it has closed it. One call at a time per descriptor; calls for
  // different ones run side by side. Errors: kCancelled, kInternal.
  async::Task<Result<std::optional<blob::Bytes>>> ReadPipe(int descriptor, std::size_t size_max);

  // Waits for the end, and meanwhile takes what the child prints as errors, so
  // call it beside ReadPipe(). When `deadline` passes or the task is cancelled
  // the child is killed: kDeadlineExceeded, kCancelled.
  async::Task<Result<ExitStatus>> Wait(Deadline deadline);

  // Ends the child and what it started. Wait() then returns soon.
  void Kill();

  // What it printed to standard error so far; the middle is left out beyond
  // 64 KiB.
  std::string error_text() const { return error_text_.ToString(); }
  pid_t id() const { return id_; }
  // The most memory it has held at once, as of now; 0 once it has ended. (What
  // the kernel reports at the end counts what the parent held at the start.)
  ByteCount PeakMemory() const;

 private:
  using Descriptor = async::asio::posix::basic_stream_descriptor<async::Executor>;
  friend async::Task<Result<ChildProcess>> Spawn(SpawnOptions options, Deadline deadline);

  ChildProcess(pid_t id, Descriptor end_event, Descriptor errors, std::map<int, Descriptor> pipes);

  async::Task<void> TakeErrors();
  async::Task<void> AwaitEnd();
  async::Task<Result<void>> TakeErrorsUntilEnd();
  std::optional<ExitStatus> Reap(int options);

  pid_t id_ = 0;  // 0 once it was reaped or moved from.
  Descriptor end_event_;
  Descriptor errors_;
  std::map<int, Descriptor> pipes_;
  CappedText error_text_;
  std::optional<ExitStatus> status_;
};

// Starts a program in its jail and returns when it runs. Errors: what the jail
// could not do (kUnimplemented without Landlock), kNotFound and
// kPermissionDenied for paths, kResourceExhausted, kDeadlineExceeded.
//
// The child dies with the thread that calls this, which is therefore one that
// lives as long as the process: an io_context's.
async::Task<Result<ChildProcess>> Spawn(SpawnOptions options, Deadline deadline);

}  // namespace tritontube::process
