#include "crash/server_life.h"

#include "domain/catalog/codec.h"
#include "domain/catalog/keys.h"
#include "domain/sources/source_parts.h"
#include "foundation/async/task_group.h"
#include "support/blocking_blob_store.h"
#include "support/must.h"

namespace tritontube::crash {

namespace {

using support::Must;

constexpr ByteCount kPieceBytes = ByteCount{4} << 20U;

Deadline Soon() { return Deadline::After(std::chrono::minutes(1)); }

class Pieces final : public upload::Incoming {
 public:
  explicit Pieces(std::string file) : file_(std::move(file)) {}

  async::Task<Result<std::optional<blob::Bytes>>> Next() override {
    if (at_ == file_.size()) co_return std::nullopt;
    std::string piece = file_.substr(at_, kPieceBytes);
    at_ += piece.size();
    co_return blob::Bytes(std::move(piece));
  }
  std::string FileName() const override { return "holiday.mp4"; }
  std::optional<std::string> Title() const override { return std::nullopt; }
  std::optional<ByteCount> Length() const override { return file_.size(); }

 private:
  const std::string file_;
  std::size_t at_ = 0;
};

async::Task<Result<void>> AwaitProgress(Steps* steps, int* segment) {
  // It is told, too, what can be watched.
  if ((*segment)++ == 1) co_await steps->WaitFor("put growth-000001.json", Soon());
  co_return Result<void>();
}

}  // namespace

std::string TheFile() {
  return std::string(
             "\0\0\0\x18"
             "ftypisom\0\0\2\0isomavc1\0\0\0\0mdat",
             32) +
         support::Noise(sources::kPartBytes + 100'000, 7);
}

// Lets Transcode() wait for the end of jobs.
class ServerLife::JobsDone final : public transcode::WorkerObserver {
 public:
  void OnJobDone(const VideoId& /*video*/, double /*content_seconds*/,
                 const media::EncodeSummary& /*summary*/) override {
    changed.Notify();
  }
  void OnExtrasDone(const VideoId& /*video*/, const catalog::VideoExtras& /*made*/) override {
    changed.Notify();
  }
  void OnJobFailed(const VideoId& video, const Error& error, bool /*retried*/) override {
    TT_ASSERT(false, "the job of video {} failed: {}", video.text(), error.message());
  }

  async::Event changed;
};

ServerLife::ServerLife(const std::filesystem::path& folder, Steps& steps, async::Executor executor)
    : folder_(folder),
      steps_(steps),
      executor_(std::move(executor)),
      sqlite_(Must(sqlite::SqliteCoordination::Open(folder / "coordination"))),
      rocksdb_(Must(rocksdb::RocksdbBlobStore::Open(
          folder / "blobs", {.free_bytes_min = 0, .reserve_bytes = ByteCount{1} << 20U}))),
      scratch_(
          Must(scratch::ScratchSpace::Open(folder / "scratch", ByteCount{1} << 30U, blocking_))),
      coordination_(*sqlite_, steps),
      blobs_(*rocksdb_, steps),
      lease_(coordination_, std::chrono::minutes(10)),
      catalog_(coordination_),
      jobs_(coordination_, catalog_, random_),
      space_(*rocksdb_, catalog_, jobs_, {.keep_free_bytes = 0}),
      upload_({.catalog = catalog_,
               .store = blobs_,
               .space = space_,
               .judge = judge_,
               .lease = lease_,
               .clock = clock_,
               .random = random_},
              {.progress_interval = std::chrono::milliseconds(0)}),
      // How often what is pending is stored is a question of time.
      resumable_({.catalog = catalog_,
                  .store = blobs_,
                  .space = space_,
                  .judge = judge_,
                  .analyst = analyst_,
                  .clock = clock_,
                  .random = random_},
                 {.piece_interval = std::chrono::hours(1)}),
      search_(catalog_, coordination_, index_),
      library_(catalog_, blobs_, search_),
      collector_(catalog_, blobs_, clock_) {}

ServerLife::~ServerLife() = default;

async::Task<void> ServerLife::Begin() { Must(co_await lease_.Start(Soon())); }

async::Task<upload::Outcome> ServerLife::Upload(bool usable) {
  prober_.answer = usable ? Result<media::Source>(support::SmallSource())
                          : Fail(ErrorCode::kInvalidArgument, "it is no video");
  Pieces pieces(TheFile());
  co_return Must(co_await upload_.Receive(pieces));
}

async::Task<VideoId> ServerLife::CreateUpload() {
  const auto created =
      Must(co_await resumable_.Create({.size = TheFile().size(), .file_name = "holiday.mp4"}));
  co_return std::get<upload::UploadState>(created).video;
}

async::Task<upload::UploadState> ServerLife::Send(VideoId id, blob::ByteRange range) {
  prober_.answer = support::SmallSource();
  const std::string file = TheFile();
  Pieces pieces(file.substr(range.offset, range.length));
  const auto received =
      Must(co_await resumable_.Receive(std::move(id), range, file.size(), pieces));
  co_return std::get<upload::UploadState>(received);
}

async::Task<std::optional<upload::UploadState>> ServerLife::OpenUpload() {
  const std::vector<catalog::VideoView> listed = co_await Listed();
  if (listed.size() != 1 || catalog::IsSettled(listed[0].row)) co_return std::nullopt;
  prober_.answer = support::SmallSource();
  co_return Must(co_await resumable_.Find(listed[0].row.id));
}

async::Task<void> ServerLife::Transcode(Pace pace) {
  prober_.answer = support::SmallSource();
  JobsDone done;
  int segment = 0;
  if (pace == Pace::kTellProgress) {
    encoder_.before_segment = [this, &segment] { return AwaitProgress(&steps_, &segment); };
  }
  chunks::ChunkQueue chunks(coordination_, random_);
  jobs::JobMirror job_mirror(coordination_);
  chunks::ChunkMirror chunk_mirror(coordination_);
  scratch::SourceCopies sources(*scratch_, blobs_);
  async::Semaphore slots(1);
  transcode::DoingList doing;
  transcode::TranscodeWorker worker({.name = "the worker",
                                     .catalog = catalog_,
                                     .jobs = jobs_,
                                     .chunks = chunks,
                                     .job_mirror = job_mirror,
                                     .chunk_mirror = chunk_mirror,
                                     .sources = sources,
                                     .slots = slots,
                                     .doing = doing,
                                     .store = blobs_,
                                     .space = space_,
                                     .scratch = *scratch_,
                                     .prober = prober_,
                                     .encoder = encoder_,
                                     .extras = extras_,
                                     .lease = lease_,
                                     .clock = clock_,
                                     .random = random_,
                                     .observer = done},
                                    {.progress_interval = std::chrono::milliseconds(10),
                                     .growth_interval = std::chrono::milliseconds(10)});
  async::TaskGroup group(executor_);
  group.Spawn(job_mirror.Run());
  group.Spawn(worker.Run());
  for (bool has_jobs = true; has_jobs;) {
    const auto seen = done.changed.count();
    const auto jobs =
        Must(co_await coordination_.Range({.prefix = std::string(catalog::kJobPrefix)}, Soon()));
    has_jobs = !jobs.items.empty();
    if (has_jobs) co_await done.changed.WaitBeyond(seen, Soon());
  }
  co_await group.Stop();
}

async::Task<void> ServerLife::Collect() { Must(co_await collector_.CollectNow(Soon())); }

async::Task<void> ServerLife::Delete(VideoId id) {
  Must(co_await library_.Delete(std::move(id), Soon()));
}

async::Task<std::vector<catalog::VideoView>> ServerLife::Listed() {
  co_return Must(co_await library_.List({}, Soon())).items;
}

async::Task<int> ServerLife::Attempts() {
  int attempts = 0;
  const auto page =
      Must(co_await coordination_.Range({.prefix = std::string(catalog::kJobPrefix)}, Soon()));
  for (const coordination::KeyValue& item : page.items) {
    attempts += Must(catalog::DecodeJobRow(item.value)).attempts;
  }
  co_return attempts;
}

async::Task<std::vector<std::string>> ServerLife::Stored() {
  std::vector<std::string> stored;
  const auto page = Must(co_await blobs_.Scan({}, Soon()));
  stored.reserve(page.items.size());
  for (const blob::ScanItem& item : page.items) {
    // How often it is told what can be watched is a question of time.
    if (item.key.file.starts_with("growth-")) continue;
    stored.push_back(
        fmt::format("{} {} {}", item.key.file, item.stat.size, item.stat.digest.ToHex()));
  }
  std::ranges::sort(stored);
  co_return stored;
}

async::Task<std::optional<UploadId>> ServerLife::Watched() {
  const std::vector<catalog::VideoView> listed = co_await Listed();
  if (listed.size() != 1) co_return std::nullopt;
  const catalog::VideoRecord record = Must(co_await catalog_.Find(listed[0].row.id, Soon()));
  if (record.row.presentation) co_return record.row.presentation->output;
  if (!record.progress || !record.progress->growth) co_return std::nullopt;
  co_return record.progress->growth->output;
}

bool ServerLife::ScratchIsEmpty() const { return std::filesystem::is_empty(folder_ / "scratch"); }

}  // namespace tritontube::crash
