#include "app/engines.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>

#include "base/printable.h"
#include "base/random.h"

namespace tritontube::app {

namespace {
constexpr ByteCount kScratchBytesMax = ByteCount{1} << 42U;
}  // namespace

// Opening blocks; nothing else runs on this thread yet.
async::Task<Result<LocalTools>> LocalTools::Open(std::filesystem::path data,
                                                 async::BlockingPool& blocking, Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(LocalTools local, co_await OpenToTranscode(data, blocking, deadline));
  TT_CO_ASSIGN_OR_RETURN(local.index, search::SqliteSearchIndex::Open(data / "search"));
  co_return local;
}

async::Task<Result<LocalTools>> LocalTools::OpenToTranscode(std::filesystem::path data,
                                                            async::BlockingPool& blocking,
                                                            Deadline deadline) {
  LocalTools local;
  // The jail takes no relative paths.
  std::error_code failed;
  const std::filesystem::path scratch = std::filesystem::absolute(data / "scratch", failed);
  if (failed) co_return Fail(ErrorCode::kUnavailable, "--data: {}", failed.message());
  TT_CO_ASSIGN_OR_RETURN(local.scratch,
                         scratch::ScratchSpace::Open(scratch, kScratchBytesMax, blocking));
  TT_CO_ASSIGN_OR_RETURN(local.tools, co_await ffmpeg::FfmpegTools::Open({}, scratch, deadline));
  co_return local;
}

namespace {

std::string NewWorkerName() {
  std::array<char, 65> host{};  // A name of Linux and its end.
  if (::gethostname(host.data(), host.size() - 1) != 0) host[0] = '?';
  std::string name = fmt::format("{}:{}", Printable(host.data()), ::getpid());
  // In containers that share the machine's name everybody is the first process.
  if (::getpid() != 1) return name;
  SystemRandom random;
  return fmt::format("{}-{}", name, RandomUrlSafeText(random, 4));
}

}  // namespace

const std::string& WorkerName() {
  static const std::string kName = NewWorkerName();
  return kName;
}

}  // namespace tritontube::app
