#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include "foundation/async/io_pool.h"
#include "foundation/async/sleep.h"
#include "foundation/async/task_group.h"
#include "transport/process/child_process.h"
#include "transport/process/jail_arguments.h"

namespace tritontube::process {
namespace {

namespace fs = std::filesystem;
using async::Task;
using std::chrono_literals::operator""s;
using std::chrono_literals::operator""ms;
using namespace literals;

constexpr std::size_t kReadMax = 64U << 10U;

Deadline Soon() { return Deadline::After(60s); }

std::string JailHelper() {
  return fs::read_symlink("/proc/self/exe").parent_path() / "jail_helper";
}

// Python is not everywhere, a shell is.
SpawnOptions Shell(std::string script, std::vector<int> pipes = {1}) {
  return {.arguments = {"/bin/sh", "-c", std::move(script)},
          .environment = {"PATH=/usr/bin:/bin"},
          .pipes = std::move(pipes),
          .jail = {.cpu_max = 20s},
          .helper = JailHelper()};
}

struct Outcome {
  ExitStatus status;
  std::string output;
  std::string errors;
};

Task<void> ReadAll(ChildProcess& child, int descriptor, std::string& text) {
  for (;;) {
    const auto bytes = co_await child.ReadPipe(descriptor, kReadMax);
    if (!bytes || !*bytes) co_return;
    text += (*bytes)->Flatten();
  }
}

Task<void> StoreStatus(ChildProcess& child, Deadline deadline, std::optional<Error>& failed,
                       ExitStatus& status) {
  const auto ended = co_await child.Wait(deadline);
  if (ended) {
    status = *ended;
  } else {
    failed = ended.error();
  }
}

Task<Result<Outcome>> RunToEnd(SpawnOptions options, Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(ChildProcess child, co_await Spawn(std::move(options), Soon()));
  Outcome outcome;
  std::optional<Error> failed;
  std::vector<Task<void>> tasks;
  tasks.push_back(ReadAll(child, 1, outcome.output));
  tasks.push_back(StoreStatus(child, deadline, failed, outcome.status));
  co_await async::RunAll(std::move(tasks));
  if (failed) co_return std::unexpected(*failed);
  outcome.errors = child.error_text();
  co_return outcome;
}

Result<Outcome> Execute(SpawnOptions options, Deadline deadline = Soon()) {
  const async::IoPool pool(1);
  return async::BlockOn(pool.executor(0), RunToEnd(std::move(options), deadline));
}

std::size_t OpenDescriptorCount() {
  const fs::directory_iterator entries("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(entries), end(entries)));
}

bool IsAlive(pid_t id) { return ::kill(id, 0) == 0; }

class TempFolder {
 public:
  TempFolder() {
    std::string name = fs::temp_directory_path() / "process_test_XXXXXX";
    path_ = ::mkdtemp(name.data());
  }
  ~TempFolder() { fs::remove_all(path_); }
  fs::path path() const { return path_; }
  fs::path Write(std::string_view name, std::string_view text) const {
    std::ofstream(path_ / name) << text;
    return path_ / name;
  }

 private:
  fs::path path_;
};

TEST(Process, RunsAProgramWithItsArgumentsEnvironmentAndFolder) {
  SpawnOptions options = Shell("");
  options.arguments = {"/bin/sh", "-c", "echo \"$1|$GREETING|$(pwd)|$HOME\"", "sh", "a 'b' $c"};
  options.environment.emplace_back("GREETING=hello");
  options.working_directory = "/usr";
  const auto outcome = Execute(std::move(options));
  ASSERT_TRUE(outcome) << outcome.error().message();
  EXPECT_TRUE(outcome->status.ok()) << outcome->errors;
  EXPECT_EQ(outcome->output, "a 'b' $c|hello|/usr|\n");
}

TEST(Process, ReportsExitCodeSignalAndCpuTime) {
  const auto failed = Execute(Shell("exit 7"));
  ASSERT_TRUE(failed) << failed.error().message();
  EXPECT_EQ(failed->status.exit_code, 7);
  EXPECT_FALSE(failed->status.ok());
  const auto crashed = Execute(Shell("ulimit -t 1; while :; do :; done"));
  ASSERT_TRUE(crashed) << crashed.error().message();
  EXPECT_EQ(crashed->status.signal, SIGKILL);
  // The kernel counts towards the limit in ticks, and exactly only afterwards: on a busy machine a
  // child is ended some tenths early.
  EXPECT_GE(crashed->status.cpu_seconds, 0.5);
  EXPECT_LT(crashed->status.cpu_seconds, 10);
}

Task<void> ReadThreePipes(std::map<int, std::string>& texts) {
  auto child = co_await Spawn(
      Shell("for i in 1 2 3 4 5 6 7 8; do echo a$i >&3; echo b$i >&7; echo c$i >&9; done",
            {3, 7, 9}),
      Soon());
  EXPECT_TRUE(child.has_value());
  std::vector<Task<void>> readers;
  for (const int number : {3, 7, 9}) readers.push_back(ReadAll(*child, number, texts[number]));
  co_await async::RunAll(std::move(readers));
  const auto ended = co_await child->Wait(Soon());
  EXPECT_TRUE(ended.has_value() && ended->ok()) << child->error_text();
}

TEST(Process, ReadsSeveralPipesAtOnce) {
  const async::IoPool pool(1);
  std::map<int, std::string> texts;
  async::BlockOn(pool.executor(0), ReadThreePipes(texts));
  EXPECT_EQ(texts[3], "a1\na2\na3\na4\na5\na6\na7\na8\n");
  EXPECT_EQ(texts[7].size(), 24U);
  EXPECT_EQ(texts[9].size(), 24U);
}

TEST(Process, KeepsTheBeginningAndTheEndOfLongErrors) {
  const auto outcome = Execute(
      Shell("echo first >&2; i=0; while [ $i -lt 20000 ]; do echo line-$i; i=$((i+1)); done >&2;"
            "echo last >&2"));
  ASSERT_TRUE(outcome);
  EXPECT_LT(outcome->errors.size(), 66U << 10U);
  EXPECT_TRUE(outcome->errors.starts_with("first\nline-0\n"));
  EXPECT_TRUE(outcome->errors.ends_with("line-19999\nlast\n"));
  EXPECT_NE(outcome->errors.find("bytes left out"), std::string::npos);
}

TEST(Process, GivesTheChildOnlyItsOwnDescriptors) {
  const int leaked = ::dup(STDIN_FILENO);  // Without close-on-exec.
  const auto outcome =
      Execute(Shell("cd /proc/self/fd 2>/dev/null; for f in 3 4 5 6 7 8 9; do "
                    "(eval \"true <&$f\") 2>/dev/null && echo open $f; done; true"));
  ::close(leaked);
  EXPECT_EQ(outcome->output, "");
}

TEST(Process, LeavesNoDescriptorsAndNoZombies) {
  Ignore(Execute(Shell("true")), "brings up what the library keeps");
  const std::size_t before = OpenDescriptorCount();
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(Execute(Shell("exit 1", {1, 3, 5})));
  EXPECT_EQ(OpenDescriptorCount(), before);
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

TEST(Process, EndsAChildThatUsesTooMuchCpu) {
  SpawnOptions options = Shell("while :; do :; done");
  options.jail.cpu_max = 1s;
  const auto outcome = Execute(std::move(options));
  EXPECT_EQ(outcome->status.signal, SIGKILL);
  EXPECT_GE(outcome->status.cpu_seconds, 0.5);
}

TEST(Process, RefusesAChildMoreMemoryThanItMayHave) {
  const std::string script = "x=$(head -c 80000000 /dev/zero | tr '\\0' a); echo ${#x}";
  SpawnOptions options = Shell(script);
  options.jail.read_only_paths = {"/dev/zero"};
  options.jail.address_space_max = 40_MiB;
  const auto refused = Execute(options);
  EXPECT_FALSE(refused->status.ok());
  options.jail.address_space_max = 4_GiB;
  EXPECT_EQ(Execute(options)->output, "80000000\n");
}

TEST(Process, EndsAChildThatWritesTooLargeAFile) {
  const TempFolder folder;
  SpawnOptions options = Shell("head -c 100000 /dev/zero > big; echo wrote $?");
  options.working_directory = folder.path();
  options.jail.read_write_paths = {folder.path()};
  options.jail.read_only_paths = {"/dev/zero"};
  options.jail.file_size_max = 50'000;
  const auto outcome = Execute(options);
  EXPECT_EQ(outcome->output, "wrote 153\n") << outcome->errors;  // 128 + SIGXFSZ
  EXPECT_EQ(fs::file_size(folder.path() / "big"), 50'000U);
  options.jail.file_size_max = 200'000;
  EXPECT_EQ(Execute(options)->output, "wrote 0\n");
}

TEST(Process, BoundsTheFilesAChildHasOpen) {
  SpawnOptions options = Shell("ulimit -n; ulimit -c; exec 9<&0");
  options.jail.open_files_max = 8;
  const auto outcome = Execute(std::move(options));
  EXPECT_EQ(outcome->output, "8\n0\n");
  EXPECT_FALSE(outcome->status.ok());
}

TEST(Process, KeepsAChildAwayFromFilesItWasNotGiven) {
  const TempFolder mine;
  const TempFolder others;
  const fs::path own = mine.Write("upload", "own");
  const fs::path foreign = others.Write("upload", "foreign");
  SpawnOptions options = Shell(fmt::format(
      "cat {}; cat /etc/passwd; cat {}; cat {}/../{}/upload; ls /proc/1 /home; echo x >> {}",
      own.string(), foreign.string(), mine.path().string(), others.path().filename().string(),
      own.string()));
  options.jail.read_only_paths = {own};
  const auto outcome = Execute(std::move(options));
  EXPECT_EQ(outcome->output, "own");
  EXPECT_NE(outcome->errors.find("Permission denied"), std::string::npos) << outcome->errors;
  EXPECT_EQ(fs::file_size(own), 3U);
}

TEST(Process, LetsAChildWriteOnlyWhereItMay) {
  const TempFolder folder;
  SpawnOptions options = Shell("echo 1 > in && cp in out && rm in; echo 2 > /tmp/tritontube_leak");
  options.working_directory = folder.path();
  options.jail.file_size_max = 1_MiB;
  options.jail.read_write_paths = {folder.path()};
  const auto outcome = Execute(std::move(options));
  EXPECT_FALSE(outcome->status.ok());
  EXPECT_TRUE(fs::exists(folder.path() / "out"));
  EXPECT_FALSE(fs::exists(folder.path() / "in"));
  EXPECT_FALSE(fs::exists("/tmp/tritontube_leak"));
}

TEST(Process, FailsWhenAPathOfTheJailDoesNotExist) {
  SpawnOptions options = Shell("true");
  options.jail.read_only_paths = {"/nowhere/at/all"};
  const auto outcome = Execute(std::move(options));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code(), ErrorCode::kNotFound);
  EXPECT_NE(outcome.error().message().find("/nowhere/at/all"), std::string::npos);
}

TEST(Process, FailsWhenTheProgramOrTheFolderDoesNotExist) {
  SpawnOptions options = Shell("true");
  options.arguments = {"/usr/bin/no-such-program"};
  EXPECT_EQ(Execute(options).error().code(), ErrorCode::kNotFound);
  options = Shell("true");
  options.working_directory = "/no/such/folder";
  EXPECT_EQ(Execute(options).error().code(), ErrorCode::kNotFound);
  options = Shell("true");
  options.helper = "/no/such/helper";
  EXPECT_EQ(Execute(options).error().code(), ErrorCode::kNotFound);
}

// Perl is in every Debian: it can make system calls that a shell cannot.
SpawnOptions Perl(std::string script) {
  SpawnOptions options = Shell("");
  options.arguments = {"/usr/bin/perl", "-e", std::move(script)};
  return options;
}

TEST(Process, RefusesSystemCallsThatReachOut) {
  const auto outcome = Execute(Perl(fmt::format(
      "for my $call ({}, {}, {}, {}, {}, {}) {{ my $r = syscall($call, 0x10000000, 0, 0, 0, 0);"
      " print $r == -1 && $!{{EPERM}} ? 'denied ' : \"allowed $call \"; }}",
      SYS_socket, SYS_ptrace, SYS_unshare, SYS_mount, SYS_io_uring_setup, SYS_bpf)));
  EXPECT_EQ(outcome->output, "denied denied denied denied denied denied ") << outcome->errors;
}

TEST(Process, RefusesToSignalOthersAndToLeaveTheSession) {
  const auto outcome = Execute(
      Perl(fmt::format("print kill(0, getppid()) ? 'allowed ' : 'denied ';"
                       "for my $call ({}, {}, {}) {{ my $r = syscall($call, getppid(), 0, 0);"
                       " print $r == -1 && $!{{EPERM}} ? 'denied ' : 'allowed '; }}",
                       SYS_tgkill, SYS_setsid, SYS_prlimit64)));
  EXPECT_EQ(outcome->output, "denied denied denied denied ") << outcome->errors;
}

TEST(Process, LetsAChildAbort) {
  EXPECT_EQ(Execute(Perl("require POSIX; POSIX::abort();"))->status.signal, SIGABRT);
}

Task<void> WaitInVain(Deadline deadline, ErrorCode& code, pid_t& id) {
  auto child = co_await Spawn(Shell("sleep 1000 & sleep 1000"), Soon());
  if (!child) co_return;
  id = child->id();
  const auto ended = co_await child->Wait(deadline);
  code = ended ? ErrorCode::kUnknown : ended.error().code();
}

TEST(Process, KillsAChildThatIsNotDoneByItsDeadline) {
  const async::IoPool pool(1);
  ErrorCode code = ErrorCode::kUnknown;
  pid_t id = 0;
  async::BlockOn(pool.executor(0), WaitInVain(Deadline::After(20ms), code, id));
  EXPECT_EQ(code, ErrorCode::kDeadlineExceeded);
  ASSERT_GT(id, 0);
  EXPECT_FALSE(IsAlive(id));
}

Task<void> CancelAWait(ErrorCode& code, pid_t& id) {
  async::TaskGroup group(co_await async::asio::this_coro::executor);
  group.Spawn(WaitInVain(Deadline::Never(), code, id));
  while (id == 0) co_await async::Sleep(1ms);
  co_await group.Stop();
}

TEST(Process, KillsAChildWhoseTaskIsCancelled) {
  const async::IoPool pool(1);
  ErrorCode code = ErrorCode::kUnknown;
  pid_t id = 0;
  async::BlockOn(pool.executor(0), CancelAWait(code, id));
  EXPECT_EQ(code, ErrorCode::kCancelled);
  EXPECT_FALSE(IsAlive(id));
}

// The numbers of the child and of what it started.
Task<void> SpawnAndDrop(std::vector<pid_t>& ids) {
  auto child = co_await Spawn(Shell("sleep 1000 & echo $!; sleep 1000"), Soon());
  if (!child) co_return;
  const auto line = co_await child->ReadPipe(1, kReadMax);
  ids = {child->id(), std::stoi((*line)->Flatten())};
}

// A grandchild is not ours to wait for: init does, soon after it was killed.
bool HasEnded(pid_t id) {
  std::ifstream file(fmt::format("/proc/{}/stat", id));
  std::string stat;
  if (!std::getline(file, stat)) return true;
  return stat.substr(stat.rfind(')') + 2, 1) == "Z";
}

TEST(Process, KillsTheWholeSessionWhenDropped) {
  const async::IoPool pool(1);
  std::vector<pid_t> ids;
  async::BlockOn(pool.executor(0), SpawnAndDrop(ids));
  ASSERT_EQ(ids.size(), 2U);
  EXPECT_FALSE(IsAlive(ids[0]));
  while (!HasEnded(ids[1])) std::this_thread::yield();
}

Task<void> SpawnAndTell(int descriptor) {
  auto child = co_await Spawn(Shell("sleep 1000"), Soon());
  const pid_t id = child ? child->id() : 0;
  if (::write(descriptor, &id, sizeof id) != sizeof id) std::abort();
  co_await async::Sleep(std::chrono::hours(1));
}

TEST(Process, DiesWithItsParent) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const pid_t parent = ::fork();
  if (parent == 0) {
    const async::IoPool pool(1);
    async::BlockOn(pool.executor(0), SpawnAndTell(ends[1]));
  }
  pid_t child = 0;
  ASSERT_EQ(::read(ends[0], &child, sizeof child), static_cast<ssize_t>(sizeof child));
  ASSERT_GT(child, 0);
  EXPECT_FALSE(HasEnded(child));
  ::kill(parent, SIGKILL);
  ::waitpid(parent, nullptr, 0);
  while (!HasEnded(child)) std::this_thread::yield();
  ::close(ends[0]);
  ::close(ends[1]);
}

Task<void> MeasureMemory(ByteCount& bytes) {
  auto child =
      co_await Spawn(Perl("my $x = 'a' x 50_000_000; $|=1; print 'x'; sleep 1000;"), Soon());
  const auto ready = co_await child->ReadPipe(1, 1);
  EXPECT_TRUE(ready.has_value());
  bytes = child->PeakMemory();
}

TEST(Process, KnowsTheMostMemoryAChildHeld) {
  const async::IoPool pool(1);
  ByteCount bytes = 0;
  async::BlockOn(pool.executor(0), MeasureMemory(bytes));
  EXPECT_GT(bytes, 50'000'000U);
  EXPECT_LT(bytes, 250'000'000U);
}

TEST(Process, IsNicerThanItsParentByWhatTheJailSays) {
  const TempFolder folder;
  SpawnOptions options = Shell("nice");
  options.helper =
      folder.Write("helper", "#!/bin/sh\nexec nice -n 4 '" + JailHelper() + "' \"$@\"\n");
  fs::permissions(options.helper, fs::perms::owner_all);
  options.jail.nice = 3;
  const auto outcome = Execute(std::move(options));
  ASSERT_TRUE(outcome) << outcome.error().message();
  // The kernel knows nothing beyond 19.
  const int nice = std::min(::getpriority(PRIO_PROCESS, 0) + 4 + 3, 19);
  EXPECT_EQ(outcome->output, std::to_string(nice) + "\n");
}

TEST(Process, ComesLastAtTheDisks) {
  const auto outcome = Execute(Shell("ionice"));
  ASSERT_TRUE(outcome) << outcome.error().message();
  EXPECT_EQ(outcome->output, "best-effort: prio 7\n");
}

TEST(JailArguments, ComeOutAsTheyWentIn) {
  JailCommand command;
  command.jail = {.address_space_max = 1,
                  .cpu_max = 2s,
                  .file_size_max = 3,
                  .open_files_max = 4,
                  .nice = -5,
                  .read_only_paths = {"/a b", "/c=d"},
                  .read_write_paths = {"/e"},
                  .require_landlock = false};
  command.parent_process_id = 6;
  command.status_descriptor = 7;
  command.kept_descriptors = {8, 9};
  command.working_directory = "/w";
  command.arguments = {"/bin/x", "--", "as=1"};
  const std::vector<std::string> text = EncodeJailCommand(command);
  const std::vector<std::string_view> views(text.begin(), text.end());
  const auto parsed = ParseJailCommand(views);
  ASSERT_TRUE(parsed) << parsed.error().message();
  EXPECT_EQ(EncodeJailCommand(*parsed), text);
  EXPECT_EQ(parsed->jail.read_only_paths, command.jail.read_only_paths);
  EXPECT_EQ(parsed->arguments, command.arguments);
}

TEST(JailArguments, AreRefusedWhenMalformed) {
  const std::vector<std::string_view> good = {"__jail", "parent=1", "status=3",
                                              "cwd=/",  "--",       "/bin/true"};
  EXPECT_TRUE(ParseJailCommand(good));
  for (const std::string_view bad :
       {"as", "as=", "as=-1", "as=1x", "cpu=0", "nofile=99999999999", "nice=20", "ro=relative",
        "keep=2", "keep=1024", "landlock=2", "unknown=1", "=", ""}) {
    std::vector<std::string_view> arguments = good;
    arguments.insert(arguments.begin() + 1, bad);
    EXPECT_FALSE(ParseJailCommand(arguments)) << bad;
  }
  for (std::size_t left_out = 0; left_out < good.size(); ++left_out) {
    std::vector<std::string_view> arguments = good;
    arguments.erase(arguments.begin() + static_cast<std::ptrdiff_t>(left_out));
    EXPECT_FALSE(ParseJailCommand(arguments)) << left_out;
  }
  EXPECT_FALSE(ParseJailCommand({}));
}

TEST(JailHelper, SaysWhatIsWrongWhenAPersonCallsIt) {
  const std::string command = JailHelper() + " 2>&1";
  FILE* const pipe = ::popen(command.c_str(), "r");
  std::string text(200, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), pipe));
  EXPECT_EQ(WEXITSTATUS(::pclose(pipe)), 125);
  EXPECT_NE(text.find("not an order to the jail"), std::string::npos) << text;
}

}  // namespace
}  // namespace tritontube::process
