#pragma once

#include "adapters/rocksdb/rocksdb_blob_store.h"
#include "adapters/sqlite/sqlite_coordination.h"
#include "crash/mortal_stores.h"
#include "domain/jobs/job_queue.h"
#include "services/garbage/collector.h"
#include "services/library/library.h"
#include "services/scratch/scratch_space.h"
#include "services/space/space.h"
#include "services/transcode/transcode_worker.h"
#include "services/upload/resumable_uploads.h"
#include "services/upload/upload_service.h"
#include "support/fake_media_tools.h"
#include "support/memory_search_index.h"

namespace tritontube::crash {

// The file that is uploaded: two parts, of which the second is short.
std::string TheFile();

// One life of a server in `folder`, as app/serve.cc puts it together, with an
// encoder that needs no ffmpeg.
class ServerLife {
 public:
  ServerLife(const std::filesystem::path& folder, Steps& steps, async::Executor executor);
  ~ServerLife();
  ServerLife(const ServerLife&) = delete;
  ServerLife& operator=(const ServerLife&) = delete;

  // Before everything else.
  async::Task<void> Begin();
  // Uploads the file. Unusable: the prober says no when every byte is there.
  async::Task<upload::Outcome> Upload(bool usable);
  // Begins an upload of the file that can be resumed.
  async::Task<VideoId> CreateUpload();
  // Sends a range of the file; gives what the client is told then.
  async::Task<upload::UploadState> Send(VideoId id, blob::ByteRange range);
  // The upload of the only video; nothing when there is none, or it has ended.
  async::Task<std::optional<upload::UploadState>> OpenUpload();
  // Transcodes until no job is left, extras included. With kTellProgress the encoder
  // waits in the middle until its progress was written.
  enum class Pace : std::uint8_t { kTellProgress, kAtOnce };
  async::Task<void> Transcode(Pace pace);
  async::Task<void> Collect();
  async::Task<void> Delete(VideoId id);

  async::Task<std::vector<catalog::VideoView>> Listed();
  // How often the jobs that wait are counted as tried.
  async::Task<int> Attempts();
  // "file size digest" of everything stored; the ids are new in each life.
  async::Task<std::vector<std::string>> Stored();
  // Where lies what can be watched of the only video; nothing when nothing can.
  async::Task<std::optional<UploadId>> Watched();
  bool ScratchIsEmpty() const;

 private:
  class JobsDone;

  const std::filesystem::path folder_;
  Steps& steps_;
  const async::Executor executor_;
  SystemClock clock_;
  SystemRandom random_;
  async::BlockingPool blocking_{2, 16};
  std::unique_ptr<sqlite::SqliteCoordination> sqlite_;
  std::unique_ptr<rocksdb::RocksdbBlobStore> rocksdb_;
  std::unique_ptr<scratch::ScratchSpace> scratch_;
  MortalCoordination coordination_;
  MortalBlobStore blobs_;
  support::FakeProber prober_;
  support::FakeEncoder encoder_;
  support::FakeExtraTools extra_tools_;
  coordination::LeaseKeeper lease_;
  catalog::Catalog catalog_;
  jobs::JobQueue jobs_;
  space::Space space_;
  upload::SourceAnalyst analyst_{blocking_};
  upload::SourceJudge judge_{
      {.store = blobs_, .scratch = *scratch_, .prober = prober_, .analyst = analyst_}, {}};
  upload::UploadService upload_;
  upload::ResumableUploads resumable_;
  extras::ExtrasMaker extras_{blobs_, *scratch_, extra_tools_};
  support::MemorySearchIndex index_;  // Rebuilt after every death; nobody searches here.
  library::Search search_;
  library::Library library_;
  garbage::Collector collector_;
};

}  // namespace tritontube::crash
