#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/blob/blob_store.h"
#include "core/coordination/coordination.h"
#include "support/fake_media_tools.h"
#include "worker_deaths/life.h"

// What a process sees of everything outside it, with every call one at which it may die.
namespace tritontube::worker_deaths {

class MortalWatch final : public coordination::Watch {
 public:
  MortalWatch(std::unique_ptr<coordination::Watch> watch, Life& life)
      : watch_(std::move(watch)), life_(life) {}

  async::Task<Result<coordination::WatchBatch>> Next(Deadline deadline) override {
    // There is always something to hear later: it keeps its deadline.
    return life_.Call<coordination::WatchBatch>(
        "watch", deadline, [this, deadline](Deadline) { return watch_->Next(deadline); });
  }

 private:
  std::unique_ptr<coordination::Watch> watch_;
  Life& life_;
};

class MortalCoordination final : public coordination::Coordination {
 public:
  MortalCoordination(coordination::Coordination& engine, Life& life)
      : engine_(engine), life_(life) {}

  async::Task<Result<coordination::GetAnswer>> Get(std::string key, Deadline deadline) override {
    return life_.Call<coordination::GetAnswer>(
        "get " + key, deadline, [this, key](Deadline until) { return engine_.Get(key, until); });
  }
  async::Task<Result<coordination::RangePage>> Range(coordination::RangeRequest request,
                                                     Deadline deadline) override {
    return life_.Call<coordination::RangePage>(
        "range " + request.prefix, deadline,
        [this, request](Deadline until) { return engine_.Range(request, until); });
  }
  async::Task<Result<coordination::TxnAnswer>> Commit(coordination::Txn txn,
                                                      Deadline deadline) override {
    const std::string first = txn.then.empty() ? std::string() : txn.then.front().key;
    return life_.Call<coordination::TxnAnswer>(
        "commit " + first, deadline,
        [this, txn = std::move(txn)](Deadline until) { return engine_.Commit(txn, until); });
  }
  async::Task<Result<coordination::LeaseId>> GrantLease(std::chrono::milliseconds ttl,
                                                        Deadline deadline) override {
    return life_.Call<coordination::LeaseId>(
        "grant", deadline, [this, ttl](Deadline until) { return engine_.GrantLease(ttl, until); });
  }
  async::Task<Result<void>> RenewLease(coordination::LeaseId lease, Deadline deadline) override {
    return life_.Call<void>("renew", deadline, [this, lease](Deadline until) {
      return engine_.RenewLease(lease, until);
    });
  }
  async::Task<Result<void>> RevokeLease(coordination::LeaseId lease, Deadline deadline) override {
    return life_.Call<void>("revoke", deadline, [this, lease](Deadline until) {
      return engine_.RevokeLease(lease, until);
    });
  }
  std::unique_ptr<coordination::Watch> WatchPrefix(std::string prefix,
                                                   coordination::Revision after) override {
    return std::make_unique<MortalWatch>(engine_.WatchPrefix(std::move(prefix), after), life_);
  }

 private:
  coordination::Coordination& engine_;
  Life& life_;
};

class MortalBlobStore final : public blob::BlobStore {
 public:
  MortalBlobStore(blob::BlobStore& engine, Life& life) : engine_(engine), life_(life) {}

  async::Task<Result<void>> Put(std::vector<blob::Blob> batch, Deadline deadline) override {
    const std::string first = batch.empty() ? std::string() : batch.front().key.file;
    return life_.Call<void>(
        "put " + first, deadline,
        [this, batch = std::move(batch)](Deadline until) { return engine_.Put(batch, until); });
  }
  async::Task<Result<blob::Bytes>> Get(blob::BlobKey key, blob::ByteRange range,
                                       Deadline deadline) override {
    return life_.Call<blob::Bytes>("get " + key.file, deadline, [this, key, range](Deadline until) {
      return engine_.Get(key, range, until);
    });
  }
  async::Task<Result<blob::Bytes>> GetWhole(blob::BlobKey key, Deadline deadline) override {
    return life_.Call<blob::Bytes>("get " + key.file, deadline, [this, key](Deadline until) {
      return engine_.GetWhole(key, until);
    });
  }
  async::Task<Result<blob::BlobStat>> Stat(blob::BlobKey key, Deadline deadline) override {
    return life_.Call<blob::BlobStat>("stat " + key.file, deadline, [this, key](Deadline until) {
      return engine_.Stat(key, until);
    });
  }
  async::Task<Result<void>> RemoveUpload(VideoId video, UploadId upload,
                                         Deadline deadline) override {
    return life_.Call<void>("remove", deadline, [this, video, upload](Deadline until) {
      return engine_.RemoveUpload(video, upload, until);
    });
  }
  async::Task<Result<blob::ScanPage>> Scan(blob::ScanRequest request, Deadline deadline) override {
    return life_.Call<blob::ScanPage>(
        "scan", deadline, [this, request](Deadline until) { return engine_.Scan(request, until); });
  }
  async::Task<Result<blob::StoreStatus>> Status(Deadline deadline) override {
    return life_.Call<blob::StoreStatus>("status", deadline,
                                         [this](Deadline until) { return engine_.Status(until); });
  }

 private:
  blob::BlobStore& engine_;
  Life& life_;
};

class MortalProber final : public media::Prober {
 public:
  MortalProber(media::Prober& prober, Life& life) : prober_(prober), life_(life) {}

  async::Task<Result<media::Source>> Probe(std::filesystem::path file, media::Container container,
                                           Deadline deadline) override {
    return life_.Call<media::Source>("probe", deadline, [this, file, container](Deadline until) {
      return prober_.Probe(file, container, until);
    });
  }
  async::Task<Result<bool>> CheckSound(media::MediaFile file, std::vector<int> stream_indexes,
                                       Deadline deadline) override {
    return life_.Call<bool>("check sound", deadline, [this, file, stream_indexes](Deadline until) {
      return prober_.CheckSound(file, stream_indexes, until);
    });
  }

 private:
  media::Prober& prober_;
  Life& life_;
};

// Takes a while for each segment, and may die at each.
class MortalEncoder final : public media::Encoder {
 public:
  static constexpr std::chrono::milliseconds kSegmentTime{500};

  MortalEncoder(support::FakeEncoder& encoder, Life& life) : encoder_(encoder), life_(life) {
    encoder_.before_segment = [this] {
      return life_.Call<void>("a segment", Deadline::Never(), [](Deadline) { return Work(); });
    };
  }

  async::Task<Result<media::IndexedSource>> Index(std::filesystem::path source,
                                                  std::filesystem::path scratch,
                                                  media::EncodePlan plan,
                                                  Deadline deadline) override {
    return life_.Call<media::IndexedSource>("index", deadline,
                                            [this, source, scratch, plan](Deadline until) {
                                              return encoder_.Index(source, scratch, plan, until);
                                            });
  }
  async::Task<Result<media::EncodeSummary>> Encode(std::filesystem::path source,
                                                   std::filesystem::path scratch,
                                                   media::EncodePlan plan, media::EncodeSink& sink,
                                                   Deadline deadline) override {
    return life_.Call<media::EncodeSummary>(
        plan.video ? "encode pictures" : "encode sound", deadline,
        [this, source, scratch, plan, &sink](Deadline until) {
          return encoder_.Encode(source, scratch, plan, sink, until);
        });
  }
  async::Task<Result<blob::Bytes>> MakePoster(std::filesystem::path source,
                                              std::filesystem::path scratch, media::EncodePlan plan,
                                              Deadline deadline) override {
    return life_.Call<blob::Bytes>("poster", deadline,
                                   [this, source, scratch, plan](Deadline until) {
                                     return encoder_.MakePoster(source, scratch, plan, until);
                                   });
  }

 private:
  static async::Task<Result<void>> Work() {
    co_await async::Sleep(kSegmentTime);
    const bool cancelled = co_await async::IsCancelled();
    if (cancelled) co_return Fail(ErrorCode::kCancelled, "the work was stopped");
    co_return Result<void>();
  }

  support::FakeEncoder& encoder_;
  Life& life_;
};

class MortalExtraTools final : public media::ExtraTools {
 public:
  MortalExtraTools(media::ExtraTools& tools, Life& life) : tools_(tools), life_(life) {}

  async::Task<Result<blob::Bytes>> MakeSheet(media::MediaFile pictures, media::SheetPlan sheet,
                                             Deadline deadline) override {
    return life_.Call<blob::Bytes>("sheet", deadline, [this, pictures, sheet](Deadline until) {
      return tools_.MakeSheet(pictures, sheet, until);
    });
  }
  async::Task<Result<std::optional<media::Loudness>>> MeasureLoudness(media::MediaFile sound,
                                                                      Deadline deadline) override {
    return life_.Call<std::optional<media::Loudness>>(
        "loudness", deadline,
        [this, sound](Deadline until) { return tools_.MeasureLoudness(sound, until); });
  }
  async::Task<Result<std::string>> ReadSubtitles(media::MediaFile source, int stream_index,
                                                 Deadline deadline) override {
    return life_.Call<std::string>("subtitles", deadline,
                                   [this, source, stream_index](Deadline until) {
                                     return tools_.ReadSubtitles(source, stream_index, until);
                                   });
  }
  async::Task<Result<blob::Bytes>> MakeStill(media::MediaFile pictures, double seconds,
                                             Deadline deadline) override {
    return tools_.MakeStill(std::move(pictures), seconds, deadline);
  }
  async::Task<Result<blob::Bytes>> MakePicture(std::filesystem::path file,
                                               media::PictureFormat format,
                                               Deadline deadline) override {
    return tools_.MakePicture(std::move(file), format, deadline);
  }
  async::Task<Result<std::vector<double>>> CompareRungs(std::filesystem::path source,
                                                        std::filesystem::path scratch,
                                                        media::EncodePlan plan,
                                                        std::vector<std::filesystem::path> rungs,
                                                        Deadline deadline) override {
    return life_.Call<std::vector<double>>(
        "compare", deadline, [this, source, scratch, plan, rungs](Deadline until) {
          return tools_.CompareRungs(source, scratch, plan, rungs, until);
        });
  }

 private:
  media::ExtraTools& tools_;
  Life& life_;
};

}  // namespace tritontube::worker_deaths
