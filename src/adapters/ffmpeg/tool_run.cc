#include "adapters/ffmpeg/tool_run.h"

#include <optional>

#include "adapters/ffmpeg/explain.h"
#include "foundation/async/task_group.h"

namespace tritontube::ffmpeg {

namespace {

constexpr int kStandardOutput = 1;
constexpr std::size_t kToolReadMax = 64U << 10U;

async::Task<void> Collect(process::ChildProcess& child, std::string& output,
                          std::optional<Error>& failed) {
  for (;;) {
    auto bytes = co_await child.ReadPipe(kStandardOutput, kToolReadMax);
    if (!bytes || !*bytes) co_return;
    output += (*bytes)->Flatten();
    if (output.size() <= kToolOutputMax) continue;
    failed = Error(ErrorCode::kResourceExhausted, "the file describes itself at too great length");
    child.Kill();
    co_return;
  }
}

async::Task<void> AwaitEnd(process::ChildProcess& child, Deadline deadline,
                           process::ExitStatus& status, std::optional<Error>& failed) {
  const auto ended = co_await child.Wait(deadline);
  if (ended) {
    status = *ended;
  } else if (!failed) {
    failed = ended.error();
  }
}

}  // namespace

process::Jail ReadingJail(const FfmpegOptions& options, std::chrono::seconds cpu_max,
                          std::vector<std::string> readable) {
  return {.address_space_max = options.address_space_max,
          .cpu_max = cpu_max,
          .nice = options.nice,
          .read_only_paths = std::move(readable),
          .require_landlock = options.require_landlock};
}

process::SpawnOptions SpawnInJail(const FfmpegOptions& options, ToolRun run,
                                  std::vector<int> pipes) {
  // No home, no configuration, no report files; numbers with a point.
  return {.arguments = std::move(run.arguments),
          .environment = {"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8"},
          .pipes = std::move(pipes),
          .jail = std::move(run.jail),
          .helper = options.helper};
}

async::Task<Result<ToolOutcome>> RunTool(FfmpegOptions options, ToolRun run, Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(
      process::ChildProcess child,
      co_await process::Spawn(SpawnInJail(options, std::move(run), {kStandardOutput}), deadline));
  ToolOutcome outcome;
  std::optional<Error> failed;
  std::vector<async::Task<void>> tasks;
  tasks.push_back(Collect(child, outcome.output, failed));
  tasks.push_back(AwaitEnd(child, deadline, outcome.status, failed));
  co_await async::RunAll(std::move(tasks));
  if (failed) co_return std::unexpected(*std::move(failed));
  outcome.errors = child.error_text();
  co_return outcome;
}

async::Task<Result<ToolOutcome>> ReadWithTool(FfmpegOptions options,
                                              std::vector<std::string> arguments,
                                              std::filesystem::path source,
                                              std::chrono::seconds cpu_max, Deadline deadline) {
  co_return co_await ReadAllWithTool(std::move(options), std::move(arguments), {source.string()},
                                     cpu_max, deadline);
}

async::Task<Result<ToolOutcome>> ReadAllWithTool(FfmpegOptions options,
                                                 std::vector<std::string> arguments,
                                                 std::vector<std::string> sources,
                                                 std::chrono::seconds cpu_max, Deadline deadline) {
  ToolRun run{.arguments = std::move(arguments),
              .jail = ReadingJail(options, cpu_max, std::move(sources))};
  TT_CO_ASSIGN_OR_RETURN(ToolOutcome outcome,
                         co_await RunTool(std::move(options), std::move(run), deadline));
  if (!outcome.status.ok()) {
    co_return std::unexpected(ExplainFailure(outcome.errors, outcome.status, cpu_max));
  }
  co_return outcome;
}

}  // namespace tritontube::ffmpeg
