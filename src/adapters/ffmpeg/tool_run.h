#pragma once

#include <string>
#include <vector>

#include "adapters/ffmpeg/options.h"
#include "base/deadline.h"
#include "base/error.h"
#include "foundation/async/task.h"
#include "transport/process/child_process.h"

namespace tritontube::ffmpeg {

// One run of a program whose output is small and wanted as a whole.
struct ToolRun {
  std::vector<std::string> arguments = {};
  process::Jail jail = {};
};

struct ToolOutcome {
  process::ExitStatus status;
  std::string output;  // What it printed to standard output.
  std::string errors;
};

// More than this from a probe or a self-test is not an answer.
inline constexpr ByteCount kToolOutputMax = ByteCount{4} << 20U;

// The jail of every run: nothing may be read but `readable`, nothing written.
process::Jail ReadingJail(const FfmpegOptions& options, std::chrono::seconds cpu_max,
                          std::vector<std::string> readable);
process::SpawnOptions SpawnInJail(const FfmpegOptions& options, ToolRun run,
                                  std::vector<int> pipes);

// Errors: those of Spawn() and Wait(), and kResourceExhausted for more output
// than kToolOutputMax. A program that fails is no error here.
async::Task<Result<ToolOutcome>> RunTool(FfmpegOptions options, ToolRun run, Deadline deadline);

// One that reads `source` and has to succeed. Errors: as above, and why it failed.
async::Task<Result<ToolOutcome>> ReadWithTool(FfmpegOptions options,
                                              std::vector<std::string> arguments,
                                              std::filesystem::path source,
                                              std::chrono::seconds cpu_max, Deadline deadline);
// The same of several files.
async::Task<Result<ToolOutcome>> ReadAllWithTool(FfmpegOptions options,
                                                 std::vector<std::string> arguments,
                                                 std::vector<std::string> sources,
                                                 std::chrono::seconds cpu_max, Deadline deadline);

}  // namespace tritontube::ffmpeg
