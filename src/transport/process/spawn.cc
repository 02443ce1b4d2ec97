#include <fcntl.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <charconv>
#include <csignal>

#include "foundation/async/with_timeout.h"
#include "transport/process/child_process.h"
#include "transport/process/file_descriptor.h"
#include "transport/process/jail_arguments.h"

namespace tritontube::process {

namespace {

using Stream = async::asio::posix::basic_stream_descriptor<async::Executor>;

struct Pipe {
  int number = 0;  // In the child.
  FileDescriptor read_end;
  FileDescriptor write_end;
};

// `above` is greater than every number in the child, so that putting one
// descriptor in its place there never overwrites another.
Result<Pipe> OpenPipe(int number, int above) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return FailWithErrno("opening a pipe to a child process");
  Pipe pipe;
  pipe.number = number;
  pipe.read_end = FileDescriptor(ends[0]);
  const FileDescriptor low_write_end(ends[1]);
  pipe.write_end = FileDescriptor(::fcntl(low_write_end.get(), F_DUPFD_CLOEXEC, above));
  if (!pipe.write_end.valid() || ::fcntl(pipe.read_end.get(), F_SETFL, O_NONBLOCK) != 0) {
    return FailWithErrno("opening a pipe to a child process");
  }
  return pipe;
}

// posix_spawn's lists, which are freed by hand.
class SpawnActions {
 public:
  SpawnActions() {
    ::posix_spawn_file_actions_init(&files_);
    ::posix_spawnattr_init(&attributes_);
  }
  SpawnActions(const SpawnActions&) = delete;
  SpawnActions& operator=(const SpawnActions&) = delete;
  ~SpawnActions() {
    ::posix_spawn_file_actions_destroy(&files_);
    ::posix_spawnattr_destroy(&attributes_);
  }

  void Prepare(const std::vector<Pipe>& pipes) {
    ::posix_spawn_file_actions_addopen(&files_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_addopen(&files_, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    for (const Pipe& pipe : pipes) {
      ::posix_spawn_file_actions_adddup2(&files_, pipe.write_end.get(), pipe.number);
    }
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    ::posix_spawnattr_setflags(&attributes_,
                               POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }

  const posix_spawn_file_actions_t* files() const { return &files_; }
  const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  posix_spawn_file_actions_t files_;
  posix_spawnattr_t attributes_;
};

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// The child's numbers: its errors, the helper's report, then what was asked for.
Result<std::vector<Pipe>> OpenPipes(const SpawnOptions& options, int status_number) {
  std::vector<int> numbers = {STDERR_FILENO, status_number};
  numbers.insert(numbers.end(), options.pipes.begin(), options.pipes.end());
  std::vector<Pipe> pipes;
  for (const int number : numbers) {
    TT_ASSIGN_OR_RETURN(Pipe pipe, OpenPipe(number, status_number + 1));
    pipes.push_back(std::move(pipe));
  }
  return pipes;
}

// clone with a borrowed address space, then the helper: nothing of this
// process, whose other threads hold locks, runs in the child.
Result<pid_t> StartHelper(SpawnOptions options, int status_number, const std::vector<Pipe>& pipes) {
  JailCommand command;
  command.jail = std::move(options.jail);
  command.parent_process_id = ::getpid();
  command.status_descriptor = status_number;
  command.working_directory = std::move(options.working_directory);
  command.arguments = std::move(options.arguments);
  std::ranges::copy_if(options.pipes, std::back_inserter(command.kept_descriptors),
                       [](int number) { return number > STDERR_FILENO; });
  std::vector<std::string> arguments = EncodeJailCommand(command);
  arguments.insert(arguments.begin(), options.helper);
  SpawnActions actions;
  actions.Prepare(pipes);
  pid_t id = 0;
  const int error =
      ::posix_spawn(&id, options.helper.c_str(), actions.files(), actions.attributes(),
                    Pointers(arguments).data(), Pointers(options.environment).data());
  if (error != 0) {
    errno = error;
    return FailWithErrno("starting " + options.helper);
  }
  return id;
}

// What the helper reported before it closed its end: nothing when the program
// runs, otherwise an error's code and message.
async::Task<Result<void>> AwaitStart(Stream& status) {
  std::string report(1024, '\0');
  const auto [error, size] =
      co_await status.async_read_some(async::asio::buffer(report), async::kUseTask);
  if (error == async::asio::error::eof) co_return Result<void>();
  if (error) co_return Fail(ErrorCode::kCancelled, "the work was stopped");
  report.resize(size);
  int code = 0;
  const auto not_a_code = std::from_chars(report.data(), report.data() + size, code).ec;
  if (not_a_code != std::errc()) code = static_cast<int>(ErrorCode::kInternal);
  co_return std::unexpected(
      Error(static_cast<ErrorCode>(code), report.substr(report.find_first_not_of("0123456789 ")))
          .Within("jailing a child process"));
}

}  // namespace

async::Task<Result<ChildProcess>> Spawn(SpawnOptions options, Deadline deadline) {
  const async::Executor executor = co_await async::asio::this_coro::executor;
  int status_number = STDERR_FILENO + 1;
  for (const int number : options.pipes) status_number = std::max(status_number, number + 1);
  TT_CO_ASSIGN_OR_RETURN(std::vector<Pipe> pipes, OpenPipes(options, status_number));
  TT_CO_ASSIGN_OR_RETURN(const pid_t id, StartHelper(std::move(options), status_number, pipes));

  Stream errors(executor, pipes[0].read_end.Release());
  Stream status(executor, pipes[1].read_end.Release());
  std::map<int, Stream> outputs;
  for (Pipe& pipe : std::span(pipes).subspan(2)) {
    outputs.emplace(pipe.number, Stream(executor, pipe.read_end.Release()));
  }
  pipes.clear();  // The child alone holds the write ends from here on.
  FileDescriptor end_event(static_cast<int>(::syscall(SYS_pidfd_open, id, 0)));
  const int watch_error = errno;
  const bool watched = end_event.valid();
  ChildProcess child(id, watched ? Stream(executor, end_event.Release()) : Stream(executor),
                     std::move(errors), std::move(outputs));
  if (!watched) {
    errno = watch_error;
    co_return FailWithErrno("watching a child process");
  }
  TT_CO_RETURN_IF_ERROR(co_await async::WithTimeout(deadline, AwaitStart(status)));
  co_return std::move(child);
}

}  // namespace tritontube::process
