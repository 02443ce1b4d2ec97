#include "app/engines.h"

namespace tritontube::app {

namespace {
constexpr ByteCount kScratchBytesMax = ByteCount{1} << 42U;
}  // namespace

// Opening blocks; nothing else runs on this thread yet.
async::Task<Result<LocalTools>> LocalTools::Open(std::filesystem::path data,
                                                 async::BlockingPool& blocking, Deadline deadline) {
  LocalTools local;
  TT_CO_ASSIGN_OR_RETURN(local.index, search::SqliteSearchIndex::Open(data / "search"));
  // The jail takes no relative paths.
  std::error_code failed;
  const std::filesystem::path scratch = std::filesystem::absolute(data / "scratch", failed);
  if (failed) co_return Fail(ErrorCode::kUnavailable, "--data: {}", failed.message());
  TT_CO_ASSIGN_OR_RETURN(local.scratch,
                         scratch::ScratchSpace::Open(scratch, kScratchBytesMax, blocking));
  TT_CO_ASSIGN_OR_RETURN(local.tools, co_await ffmpeg::FfmpegTools::Open({}, scratch, deadline));
  co_return local;
}

}  // namespace tritontube::app
