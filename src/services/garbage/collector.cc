#include "services/garbage/collector.h"

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "foundation/async/sleep.h"
#include "foundation/telemetry/log.h"

// Why no live upload is ever erased.
//
// Blobs come into the store only after the row (Catalog::Create) or the claim
// (JobQueue::Claim) that owns their upload id was committed. So when a scan
// shows a blob, its owner has been visible since before the scan; there is no
// moment in which a blob is there and its owner is not there yet. An owner that
// has gone does not come back, because upload ids are never used again and a row
// that is gone cannot be committed (the commit compares the row). So one look
// after the scan that finds no owner is final, if it is a true look: a read may
// be answered from a stale state, hence the proof is a transaction that compares
// and writes (Catalog::ProveGarbage).
//
// An upload whose lease has ended still owns its blobs until its row is removed,
// which compares the row as well: the upload either commits first and lives, or
// finds no row and fails. What it puts after that is garbage for the next pass.
//
// A row that is damaged names nothing, and that is no proof either: everything of
// its video stays, and the others are collected. When the damage may be in a key, so
// that any video's row may be the one that is not found, nothing is collected.
namespace tritontube::garbage {

using telemetry::Level;
using telemetry::Log;

namespace {

constexpr std::size_t kVideosPerPage = 100;
constexpr std::size_t kUploadsPerLook = 30;
constexpr auto kPassTime = std::chrono::minutes(10);

using UploadName = std::pair<VideoId, UploadId>;

void LogPass(const Result<CollectorCounts>& pass) {
  if (!pass) {
    Log(Level::kWarning, "collecting garbage failed; the next pass tries again",
        {{"error", pass.error().message()}});
  } else if (pass->videos_removed + pass->uploads_removed > 0) {
    Log(Level::kInfo, "garbage collected",
        {{"videos", pass->videos_removed}, {"uploads", pass->uploads_removed}});
  }
}

// Not less than any file's name, so that a scan after it begins with the next
// upload.
blob::BlobKey LastKeyOf(const UploadName& upload) {
  return {.video = upload.first, .upload = upload.second, .file = std::string(128, 'z')};
}

}  // namespace

async::Task<void> Collector::Run() {
  for (bool stopped = co_await async::IsCancelled(); !stopped;
       stopped = co_await async::IsCancelled()) {
    LogPass(co_await CollectNow(Deadline::After(kPassTime)));
    co_await async::Sleep(options_.interval);
  }
}

async::Task<Result<CollectorCounts>> Collector::CollectNow(Deadline deadline) {
  CollectorCounts counts{.passes = 1};
  Result<void> done = co_await Collect(counts, deadline);
  if (!done) counts.failed_passes = 1;
  passes_ += counts.passes;
  failed_passes_ += counts.failed_passes;
  uploads_seen_ += counts.uploads_seen;
  uploads_removed_ += counts.uploads_removed;
  videos_removed_ += counts.videos_removed;
  if (!done) co_return std::unexpected(std::move(done).error());
  co_return counts;
}

async::Task<Result<void>> Collector::Collect(CollectorCounts& counts, Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(std::set<VideoId> kept, co_await catalog_.DamagedVideos(deadline));
  TT_CO_RETURN_IF_ERROR(co_await RemoveAbandoned(kept, counts, deadline));
  TT_CO_RETURN_IF_ERROR(co_await RemoveGarbage(kept, counts, deadline));
  TellKept(kept);
  co_return Result<void>();
}

// Once, and again when there are more or fewer.
void Collector::TellKept(const std::set<VideoId>& kept) {
  if (kept_told_.exchange(kept.size()) == kept.size() || kept.empty()) return;
  Log(Level::kWarning,
      "what is stored of videos with damaged metadata is kept: delete them or bring back a backup",
      {{"videos", kept.size()}, {"video", kept.begin()->text()}});
}

CollectorCounts Collector::counts() const {
  return {.passes = passes_,
          .failed_passes = failed_passes_,
          .uploads_seen = uploads_seen_,
          .uploads_removed = uploads_removed_,
          .videos_removed = videos_removed_};
}

async::Task<Result<void>> Collector::RemoveAbandoned(std::set<VideoId>& kept,
                                                     CollectorCounts& counts, Deadline deadline) {
  std::optional<VideoId> after;
  for (;;) {
    TT_CO_ASSIGN_OR_RETURN(const std::vector<VideoId> ids,
                           co_await catalog_.OpenVideos(after, kVideosPerPage, deadline));
    if (ids.empty()) co_return Result<void>();
    for (const VideoId& id : ids) {
      if (kept.contains(id)) continue;
      const Result<bool> removed = co_await RemoveIfOver(id, deadline);
      if (removed) {
        counts.videos_removed += *removed ? 1 : 0;
      } else if (removed.error().code() == ErrorCode::kCorrupt) {
        kept.insert(id);
      } else {
        co_return std::unexpected(removed.error());
      }
    }
    after = ids.back();
  }
}

async::Task<Result<bool>> Collector::RemoveIfOver(VideoId id, Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(const bool removed, co_await catalog_.RemoveIfAbandoned(id, deadline));
  TT_CO_ASSIGN_OR_RETURN(const bool expired,
                         co_await catalog_.RemoveIfExpired(id, clock_.WallNow(), deadline));
  if (expired) Log(Level::kInfo, "an upload has expired", {{"video", id.text()}});
  co_return removed || expired;
}

async::Task<Result<std::vector<UploadName>>> Collector::NextUploads(
    std::optional<blob::BlobKey> after, Deadline deadline) {
  blob::ScanRequest request{
      .after = std::move(after), .limit = kUploadsPerLook, .one_of_each_upload = true};
  TT_CO_ASSIGN_OR_RETURN(const blob::ScanPage page,
                         co_await store_.Scan(std::move(request), deadline));
  std::vector<UploadName> uploads;
  uploads.reserve(page.items.size());
  for (const blob::ScanItem& item : page.items) {
    uploads.emplace_back(item.key.video, item.key.upload);
  }
  co_return uploads;
}

async::Task<Result<void>> Collector::RemoveGarbage(std::set<VideoId>& kept, CollectorCounts& counts,
                                                   Deadline deadline) {
  std::optional<blob::BlobKey> after;
  Result<void> done;
  for (;;) {
    TT_CO_ASSIGN_OR_RETURN(const std::vector<UploadName> uploads,
                           co_await NextUploads(after, deadline));
    if (uploads.empty()) co_return done;
    counts.uploads_seen += uploads.size();
    std::vector<VideoId> ids;
    ids.reserve(uploads.size());
    for (const UploadName& upload : uploads) ids.push_back(upload.first);
    // Most uploads have an owner: one cheap look spares them the proof.
    TT_CO_ASSIGN_OR_RETURN(const auto each, co_await catalog_.FindEach(ids, deadline));
    for (std::size_t i = 0; i < uploads.size(); ++i) {
      const catalog::Catalog::Found& found = each[i];
      if (!found) kept.insert(uploads[i].first);
      if (kept.contains(uploads[i].first)) continue;
      if (*found && catalog::Owns(**found, uploads[i].second)) continue;
      // One that cannot be erased does not keep the others.
      Result<void> removed = co_await RemoveIfGarbage(uploads[i], counts, deadline);
      if (!removed) done = std::move(removed);
    }
    after = LastKeyOf(uploads.back());
  }
}

async::Task<Result<void>> Collector::RemoveIfGarbage(UploadName upload, CollectorCounts& counts,
                                                     Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(const bool garbage,
                         co_await catalog_.ProveGarbage(upload.first, upload.second, deadline));
  if (!garbage) co_return Result<void>();
  TT_CO_RETURN_IF_ERROR(co_await store_.RemoveUpload(upload.first, upload.second, deadline));
  ++counts.uploads_removed;
  co_return Result<void>();
}

}  // namespace tritontube::garbage
