#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "core/blob/blob_store.h"
#include "core/coordination/lease_keeper.h"
#include "domain/catalog/catalog.h"
#include "services/upload/incoming.h"
#include "services/upload/part_writer.h"
#include "services/upload/refused.h"
#include "services/upload/source_judge.h"
#include "services/upload/upload_room.h"

namespace tritontube::upload {

// A video whose every byte is stored, or why there is none.
using Outcome = std::variant<VideoId, Refused>;

struct UploadOptions {
  ByteCount size_max = ByteCount{1} << 40U;
  std::chrono::milliseconds part_timeout = std::chrono::seconds(60);
  std::chrono::milliseconds progress_interval = std::chrono::seconds(1);
  std::chrono::milliseconds erase_again_after = std::chrono::seconds(10);
};

class Account;

// How uploads have ended since the start.
struct UploadCounts {
  std::uint64_t finished = 0;
  std::uint64_t refused = 0;
  std::uint64_t broken_off = 0;  // By the sender.
  std::uint64_t failed = 0;      // By us.
};

// Brings files in: sniffs them, stores them in parts while they arrive, and
// makes the video exist with its first bytes and count with its last.
//
// Whether the disk has room for the file and for what is made of it is asked
// before its first byte is read, when its length is told; otherwise while it
// comes.
//
// An upload that ends early for whatever reason leaves nothing behind: it is
// erased here, as soon as the metadata can be reached, or by the collector when this
// process dies. Safe to use from any thread.
class UploadService {
 public:
  struct Dependencies {
    catalog::Catalog& catalog;
    blob::BlobStore& store;
    space::Space& space;
    SourceJudge& judge;
    const coordination::LeaseKeeper& lease;  // An open upload ends with this process.
    const Clock& clock;
    Random& random;
  };

  UploadService(Dependencies dependencies, UploadOptions options)
      : catalog_(dependencies.catalog),
        store_(dependencies.store),
        space_(dependencies.space),
        judge_(dependencies.judge),
        lease_(dependencies.lease),
        clock_(dependencies.clock),
        random_(dependencies.random),
        options_(options) {}

  // Takes the whole of `incoming`.
  async::Task<Result<Outcome>> Receive(Incoming& incoming);

  // Erases what could not be erased when it ended, again and again until cancelled: it is
  // under the lease of this process, and nobody else may take it for abandoned.
  async::Task<void> Run();
  async::Task<void> EraseAgain();

  UploadCounts counts() const;

 private:
  class Progress;

  async::Task<Result<Outcome>> Receive(Incoming& incoming, Account& account);
  async::Task<Result<Outcome>> ReceiveInto(const catalog::VideoDraft& draft, blob::Bytes head,
                                           media::Container container, Incoming& incoming,
                                           Account& account, UploadRoom& room);
  async::Task<Result<std::optional<Refused>>> ReceiveParts(const catalog::VideoDraft& draft,
                                                           blob::Bytes head, Account& account,
                                                           PartWriter& parts, UploadRoom& room);
  async::Task<Result<Outcome>> ExplainFailure(Error error, const UploadRoom& room);
  async::Task<void> Erase(catalog::VideoDraft draft);
  void Owe(catalog::VideoDraft draft);

  catalog::Catalog& catalog_;
  blob::BlobStore& store_;
  space::Space& space_;
  SourceJudge& judge_;
  const coordination::LeaseKeeper& lease_;
  const Clock& clock_;
  Random& random_;
  const UploadOptions options_;
  std::mutex mutex_;
  std::vector<catalog::VideoDraft> unerased_;
  std::atomic<std::uint64_t> finished_ = 0;
  std::atomic<std::uint64_t> refused_ = 0;
  std::atomic<std::uint64_t> broken_off_ = 0;
  std::atomic<std::uint64_t> failed_ = 0;
};

}  // namespace tritontube::upload
