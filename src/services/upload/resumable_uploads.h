#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <variant>
#include <vector>

#include "base/random.h"
#include "services/space/space.h"
#include "services/upload/arrival_writer.h"
#include "services/upload/incoming.h"
#include "services/upload/source_judge.h"

namespace tritontube::upload {

struct ResumableOptions {
  ByteCount size_max = ByteCount{1} << 40U;
  // An upload that gets no bytes for so long is ended.
  std::chrono::milliseconds expiry = std::chrono::hours(24);
  std::chrono::milliseconds piece_interval = std::chrono::milliseconds(500);
  // How often uploads are looked for whose last byte came and which nobody
  // finished, because the server died then.
  std::chrono::milliseconds look_interval = std::chrono::seconds(30);
};

// A file that is to be sent.
struct NewUpload {
  ByteCount size = 0;
  std::string file_name = {};
  std::optional<std::string> title = {};
  std::string request_id = {};
  std::string remote_address = {};
};

// An upload as it is now.
struct UploadState {
  enum class Phase : std::uint8_t { kOpen, kFinished, kFailed };
  VideoId video;
  Phase phase = Phase::kOpen;
  ByteCount size = 0;
  std::vector<blob::ByteRange> stored = {};  // By offset, joined where it touches.
  std::optional<WallTime> expires = {};      // While it is open.
  std::string failure = {};                  // Why it failed, for the sender.

  // From the beginning on, without a gap.
  ByteCount offset() const {
    return stored.empty() || stored.front().offset > 0 ? 0 : stored.front().length;
  }
};

struct ResumableCounts {
  std::uint64_t created = 0;
  std::uint64_t finished = 0;
  std::uint64_t failed = 0;     // The file was no video.
  std::uint64_t abandoned = 0;  // By the sender.
  std::uint64_t receiving = 0;  // Requests that bring bytes now.
  std::uint64_t parts_stored = 0;
  std::uint64_t pieces_stored = 0;
  std::uint64_t parts_assembled = 0;
};

// Uploads that outlive the connections which bring them, and this process: the
// bytes come in any order, in ranges, over several connections at once. What is
// acknowledged is in the row of the open upload, and on the disk.
//
// As soon as the boxes of the file are there it is decided what of it is shown
// as it is, and as soon as a beginning of that is there the video is playable.
// When every byte is there it is judged and committed as any upload.
//
// Safe to use from any thread.
class ResumableUploads {
 public:
  struct Dependencies {
    catalog::Catalog& catalog;
    blob::BlobStore& store;
    space::Space& space;
    SourceJudge& judge;
    SourceAnalyst& analyst;
    const Clock& clock;
    Random& random;
  };

  ResumableUploads(Dependencies dependencies, ResumableOptions options)
      : catalog_(dependencies.catalog),
        store_(dependencies.store),
        space_(dependencies.space),
        judge_(dependencies.judge),
        analyst_(dependencies.analyst),
        clock_(dependencies.clock),
        random_(dependencies.random),
        options_(options) {}

  using Answer = std::variant<UploadState, Refused>;

  // The video is listed from now on, until the upload has expired.
  async::Task<Result<Answer>> Create(NewUpload upload);

  // kNotFound when there is no such video, or its upload was never finished.
  async::Task<Result<UploadState>> Find(VideoId id);

  // Takes the bytes of `range` of a file of `total`. Those that are there already
  // are passed over. What came before an error counts, also before the disk was
  // full, which refuses the rest. Errors: kNotFound,
  // kOutOfRange for a range beyond the end, kAlreadyExists when the file has
  // another size, kFailedPrecondition when the upload has failed,
  // kInvalidArgument when not exactly the range comes.
  async::Task<Result<Answer>> Receive(VideoId id, blob::ByteRange range, ByteCount total,
                                      Incoming& incoming);

  // Ends an upload that is not finished. Of one that is, the video stays.
  async::Task<Result<void>> Remove(VideoId id);

  // Finishes what a dead process has left, now and every interval, until
  // cancelled.
  async::Task<void> Run();

  ResumableCounts counts() const;

 private:
  // What is known of the boxes of a file that is on its way. In memory only: what
  // is lost is found again.
  struct Watch {
    bool looking = false;  // Somebody is.
    bool look_again = false;
    std::optional<media::Container> container = {};
    std::optional<blob::ByteRange> wanted = {};  // There is nothing to see before it is there.
    int looks = 0;
    std::optional<std::vector<bmff::ByteRange>> beginning = {};
    bool done = false;
  };

  async::Task<Result<void>> ReceiveInto(ArrivalWriter& writer, blob::ByteRange range,
                                        Incoming& incoming);
  async::Task<Result<void>> StoreRest(ArrivalWriter& writer);
  async::Task<Result<Answer>> ExplainFailure(const catalog::VideoRecord& record, Error error);
  async::Task<void> Stored(catalog::VideoRecord record);
  std::shared_ptr<Watch> BeginLook(const VideoId& id);
  bool EndLook(Watch& watch);
  async::Task<void> Look(catalog::VideoRecord record);
  async::Task<Result<void>> LookOnce(const catalog::VideoRecord& record, Watch& watch);
  async::Task<Result<void>> Analyse(const catalog::VideoRecord& record, Watch& watch);
  async::Task<Result<void>> SetPlayable(const catalog::VideoRecord& record);
  async::Task<Result<void>> FinishIfWhole(catalog::VideoRecord record);
  async::Task<Result<void>> Finish(const catalog::VideoRecord& whole);
  async::Task<Result<std::optional<media::Container>>> ContainerOf(
      const catalog::VideoRecord& record);
  async::Task<Result<void>> FailUpload(const catalog::VideoRecord& record, const Refused& refused);
  async::Task<Result<void>> FinishLeftOver();
  void Forget(const VideoId& id);

  catalog::Catalog& catalog_;
  blob::BlobStore& store_;
  space::Space& space_;
  SourceJudge& judge_;
  SourceAnalyst& analyst_;
  const Clock& clock_;
  Random& random_;
  const ResumableOptions options_;
  std::mutex mutex_;                                   // Of the two below.
  std::map<VideoId, std::shared_ptr<Watch>> watches_;  // By video that is on its way.
  std::set<VideoId> finishing_;
  ArrivalCounts arrivals_;
  std::atomic<std::uint64_t> created_ = 0;
  std::atomic<std::uint64_t> finished_ = 0;
  std::atomic<std::uint64_t> failed_ = 0;
  std::atomic<std::uint64_t> abandoned_ = 0;
  std::atomic<std::uint64_t> receiving_ = 0;
};

}  // namespace tritontube::upload
