#include "adapters/ffmpeg/index_source.h"

#include <system_error>

#include "adapters/ffmpeg/command.h"
#include "adapters/ffmpeg/explain.h"
#include "adapters/ffmpeg/tool_run.h"

namespace tritontube::ffmpeg {

async::Task<Result<media::IndexedSource>> IndexSource(
    FfmpegOptions options, std::filesystem::path source, std::filesystem::path scratch,
    media::EncodePlan plan, std::chrono::seconds cpu_max, Deadline deadline) {
  std::error_code error;
  const ByteCount source_size = std::filesystem::file_size(source, error);
  if (error) {
    co_return Fail(ErrorCode::kInternal, "the file to convert cannot be read: {}", error.message());
  }
  media::IndexedSource copy{.path = scratch / "indexed.mkv", .plan = {}};
  process::Jail jail = ReadingJail(options, cpu_max, {source.string()});
  jail.read_write_paths = {scratch.string()};
  // Matroska adds a few bytes to each packet.
  jail.file_size_max = source_size + source_size / 4 + (ByteCount{16} << 20U);
  ToolRun run{.arguments = RemuxCommand(options, source, copy.path, plan), .jail = std::move(jail)};
  TT_CO_ASSIGN_OR_RETURN(const ToolOutcome outcome,
                         co_await RunTool(std::move(options), std::move(run), deadline));
  if (!outcome.status.ok()) {
    co_return std::unexpected(ExplainFailure(outcome.errors, outcome.status, cpu_max));
  }
  copy.cpu_seconds = outcome.status.cpu_seconds;
  copy.plan = RemuxedPlan(std::move(plan));
  co_return copy;
}

}  // namespace tritontube::ffmpeg
