// crash_life FOLDER LOG LEDGER STEP before|after birth|resumable|recovery: one life of a server,
// which dies at a step (0: of old age). A line in LEDGER is what a client was told.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "base/assert.h"
#include "crash/server_life.h"
#include "foundation/async/io_pool.h"

namespace tritontube::crash {
namespace {

class Ledger {
 public:
  explicit Ledger(const std::string& path)
      : file_(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) {}

  void Tell(std::string line) const {
    line += '\n';
    const ssize_t written = ::write(file_, line.data(), line.size());
    TT_ASSERT(written == static_cast<ssize_t>(line.size()), "the ledger cannot be written");
  }

 private:
  const int file_;
};

// A video is uploaded, transcoded and deleted; before that, one is refused.
async::Task<void> Live(ServerLife& life, const Ledger& ledger) {
  co_await life.Begin();
  co_await life.Collect();
  const upload::Outcome refused = co_await life.Upload(/*usable=*/false);
  TT_ASSERT(std::holds_alternative<upload::Refused>(refused), "what is no video was taken");
  ledger.Tell("refused");
  const upload::Outcome taken = co_await life.Upload(/*usable=*/true);
  const VideoId id = std::get<VideoId>(taken);
  ledger.Tell("accepted");
  co_await life.Transcode(ServerLife::Pace::kTellProgress);
  ledger.Tell("ready");
  co_await life.Collect();
  co_await life.Delete(id);
  ledger.Tell("deleted");
}

// A video is uploaded in ranges: first its end, then its beginning, then what was
// missing between them.
async::Task<void> LiveOfRanges(ServerLife& life, const Ledger& ledger) {
  co_await life.Begin();
  const VideoId id = co_await life.CreateUpload();
  ledger.Tell("created");
  constexpr ByteCount kGapBegin = ByteCount{3} << 20U;
  constexpr ByteCount kGapEnd = ByteCount{6} << 20U;
  const ByteCount size = TheFile().size();
  const std::vector<blob::ByteRange> ranges = {
      {kGapEnd, size - kGapEnd}, {0, kGapBegin}, {kGapBegin, kGapEnd - kGapBegin}};
  for (const blob::ByteRange& range : ranges) {
    co_await life.Collect();
    const upload::UploadState state = co_await life.Send(id, range);
    if (state.phase == upload::UploadState::Phase::kFinished)
      ledger.Tell("accepted");
    else
      ledger.Tell(fmt::format("stored {} {}", range.offset, range.length));
  }
}

// What the next life does by itself.
async::Task<void> Recover(ServerLife& life) {
  co_await life.Begin();
  co_await life.Collect();
  co_await life.Transcode(ServerLife::Pace::kAtOnce);
  co_await life.Collect();
}

int Main(const std::vector<std::string>& arguments) {
  TT_ASSERT(arguments.size() == 7, "six arguments are needed");
  const async::IoPool io(1);
  const Side side = arguments[5] == "before" ? Side::kBefore : Side::kAfter;
  Steps steps(arguments[2], std::stoi(arguments[4]), side);
  const Ledger ledger(arguments[3]);
  ServerLife life(arguments[1], steps, io.executor(0));
  const std::string& kind = arguments[6];
  if (kind == "birth") async::BlockOn(io.executor(0), Live(life, ledger));
  if (kind == "resumable") async::BlockOn(io.executor(0), LiveOfRanges(life, ledger));
  if (kind == "recovery") async::BlockOn(io.executor(0), Recover(life));
  return 0;
}

}  // namespace
}  // namespace tritontube::crash

int main(int argc, char** argv) { return tritontube::crash::Main({argv, argv + argc}); }
