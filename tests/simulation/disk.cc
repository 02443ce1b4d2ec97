#include "simulation/disk.h"

#include <algorithm>
#include <iterator>

#include "foundation/async/sleep.h"

namespace tritontube::simulation {

using std::chrono_literals::operator""ms;

namespace {
constexpr double kLossOfUnsynced = 0.7;

std::unexpected<Error> OwnerKilled() {
  return Fail(ErrorCode::kUnavailable, "the process was killed");
}

bool IsOf(const blob::BlobKey& key, const VideoId& video, const UploadId& upload) {
  return key.video == video && key.upload == upload;
}
}  // namespace

Result<SteadyTime> Platter::Write(const std::vector<blob::Blob>& batch, SteadyTime durable_at,
                                  const std::set<blob::BlobKey>& damaged) {
  TT_RETURN_IF_ERROR(blob::CheckBatch(batch));
  for (const blob::Blob& blob : batch) {
    const auto known = blobs_.find(blob.key);
    if (known == blobs_.end()) continue;
    if (known->second.digest == blob::DigestOf(blob.bytes)) continue;
    return Fail(ErrorCode::kAlreadyExists, "{} is stored with other bytes", blob::ToText(blob.key));
  }
  SteadyTime last = durable_at;
  for (const blob::Blob& blob : batch) {
    Stored& stored = blobs_.try_emplace(blob.key).first->second;
    const bool heals = stored.rotten && damaged.contains(blob.key);
    if (!heals && stored.durable_at != SteadyTime()) {
      last = std::max(last, stored.durable_at);
      continue;
    }
    stored = {.bytes = blob.bytes.Flatten(),
              .digest = blob::DigestOf(blob.bytes),
              .durable_at = durable_at,
              .mends = stored.rotten};
  }
  return last;
}

Result<const Platter::Stored*> Platter::Find(const blob::BlobKey& key) const {
  const auto found = blobs_.find(key);
  if (found != blobs_.end()) return &found->second;
  return Fail(ErrorCode::kNotFound, "{} does not exist", blob::ToText(key));
}

Result<const Platter::Stored*> Platter::Read(const blob::BlobKey& key) const {
  TT_ASSIGN_OR_RETURN(const Stored* const stored, Find(key));
  if (!stored->rotten || context_.plan.tooth == Tooth::kIgnoredDigest) return stored;
  return Fail(ErrorCode::kCorrupt, "{} does not match its checksum", blob::ToText(key));
}

void Platter::RemoveUpload(const VideoId& video, const UploadId& upload) {
  const bool has_any = std::ranges::any_of(
      blobs_, [&](const auto& item) { return IsOf(item.first, video, upload); });
  if (has_any) on_upload_removed_(video, upload);
  std::erase_if(blobs_, [&](const auto& item) { return IsOf(item.first, video, upload); });
}

void Platter::Remove(const std::vector<blob::BlobKey>& keys) {
  for (const blob::BlobKey& key : keys) blobs_.erase(key);
  on_removed_(keys);
}

Platter::Copy Platter::MakeCopy() const {
  Copy copy{.blobs = blobs_, .state = state_};
  const SteadyTime now = SteadyClock::now();
  std::erase_if(copy.blobs, [&](const auto& item) { return item.second.durable_at > now; });
  return copy;
}

void Platter::Restore(Copy copy) {
  blobs_ = std::move(copy.blobs);
  state_ = std::move(copy.state);
}

void Platter::Wipe() {
  blobs_.clear();
  // With the fault it takes itself for what it was.
  if (context_.plan.tooth == Tooth::kWipedCounts) return;
  state_.starts = 0;
  state_.incomplete = true;
}

void Platter::MakeNeverDurable(const std::vector<blob::Blob>& batch) {
  for (const blob::Blob& blob : batch) blobs_.at(blob.key).durable_at = SteadyTime::max();
}

void Platter::Crash() {
  const SteadyTime now = SteadyClock::now();
  for (auto blob = blobs_.begin(); blob != blobs_.end();) {
    Stored& stored = blob->second;
    const bool lost = stored.durable_at > now && context_.Chance(kLossOfUnsynced);
    if (lost && stored.mends) {
      stored.rotten = true;
      stored.durable_at = now;
    }
    blob = lost && !stored.mends ? blobs_.erase(blob) : std::next(blob);
  }
}

bool Platter::Rot() {
  if (blobs_.empty()) return false;
  const auto victim =
      std::next(blobs_.begin(), static_cast<std::ptrdiff_t>(context_.Pick(blobs_.size())));
  victim->second.rotten = true;
  return true;
}

bool Platter::HasWhole(const blob::BlobKey& key) const {
  const auto found = blobs_.find(key);
  if (found == blobs_.end()) return false;
  const Stored& stored = found->second;
  return !stored.rotten && !stored.mends && stored.durable_at <= SteadyClock::now();
}

bool Platter::HasDurably(const blob::BlobKey& key, const blob::Digest& digest) const {
  const auto found = blobs_.find(key);
  if (found == blobs_.end()) return false;
  const Stored& stored = found->second;
  if (stored.rotten || stored.mends) return true;
  return stored.digest == digest && stored.durable_at <= SteadyClock::now();
}

async::Task<Result<void>> Disk::Spend(std::chrono::milliseconds most, Deadline deadline) {
  if (!co_await pulse_.GoesOn()) co_return OwnerKilled();
  co_await async::SleepUntil(deadline.EarlierOf(Deadline::After(platter_.TimeOf(most))));
  if (!co_await pulse_.GoesOn()) co_return OwnerKilled();
  if (deadline.HasPassed()) co_return Fail(ErrorCode::kDeadlineExceeded, "the disk is slow");
  co_return Result<void>();
}

async::Task<Result<void>> Disk::Put(std::vector<blob::Blob> batch, Deadline deadline) {
  TT_CO_RETURN_IF_ERROR(co_await Spend(5ms, deadline));
  if (platter_.full()) co_return Fail(ErrorCode::kResourceExhausted, "the disk is full");
  const bool early = platter_.context().plan.tooth == Tooth::kAckBeforeSync;
  // A page cache is written back when there is time.
  const auto sync = platter_.TimeOf(early ? 3000ms : 15ms);
  const auto durable = platter_.Write(batch, SteadyClock::now() + sync, damaged_);
  if (!durable) co_return std::unexpected(durable.error());
  if (platter_.TakeSyncFailure()) co_return FailToSync(batch);
  if (early) co_return Result<void>();
  co_await async::SleepUntil(deadline.EarlierOf(Deadline::At(*durable)));
  if (!co_await pulse_.GoesOn()) co_return OwnerKilled();
  if (SteadyClock::now() < *durable) {
    co_return Fail(ErrorCode::kDeadlineExceeded, "the disk is slow to sync");
  }
  co_return Result<void>();
}

// With the fault it is synced again, which finds nothing to do and says that all is well.
Result<void> Disk::FailToSync(const std::vector<blob::Blob>& batch) {
  if (platter_.context().plan.tooth == Tooth::kRetriedSync) {
    platter_.MakeNeverDurable(batch);
    return {};
  }
  platter_.EndProcess();
  return OwnerKilled();
}

async::Task<Result<blob::Bytes>> Disk::GetWhole(blob::BlobKey key, Deadline deadline) {
  TT_CO_RETURN_IF_ERROR(co_await Spend(5ms, deadline));
  TT_CO_ASSIGN_OR_RETURN(const Platter::Stored* stored, Read(key));
  std::string bytes = stored->bytes;
  if (stored->rotten) bytes.front() = static_cast<char>(bytes.front() ^ 1);
  co_return blob::Bytes(std::move(bytes));
}

async::Task<Result<blob::Bytes>> Disk::Get(blob::BlobKey key, blob::ByteRange range,
                                           Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(const blob::Bytes whole, co_await GetWhole(key, deadline));
  TT_CO_RETURN_IF_ERROR(blob::CheckRange(key, range, whole.size()));
  co_return whole.Slice(range.offset, range.length);
}

async::Task<Result<blob::BlobStat>> Disk::Stat(blob::BlobKey key, Deadline deadline) {
  TT_CO_RETURN_IF_ERROR(co_await Spend(2ms, deadline));
  TT_CO_ASSIGN_OR_RETURN(const Platter::Stored* stored, platter_.Find(key));
  co_return blob::BlobStat{.size = stored->bytes.size(), .digest = stored->digest};
}

async::Task<Result<void>> Disk::RemoveUpload(VideoId video, UploadId upload, Deadline deadline) {
  TT_CO_RETURN_IF_ERROR(co_await Spend(5ms, deadline));
  platter_.RemoveUpload(video, upload);
  co_return Result<void>();
}

async::Task<Result<void>> Disk::Remove(std::vector<blob::BlobKey> keys, Deadline deadline) {
  TT_CO_RETURN_IF_ERROR(co_await Spend(5ms, deadline));
  platter_.Remove(keys);
  co_return Result<void>();
}

// A process knows of what it has read only.
async::Task<Result<std::vector<blob::BlobKey>>> Disk::Damaged(Deadline /*deadline*/) {
  std::erase_if(damaged_, [&](const blob::BlobKey& key) {
    const auto stored = platter_.blobs().find(key);
    return stored == platter_.blobs().end() || !stored->second.rotten;
  });
  co_return std::vector<blob::BlobKey>(damaged_.begin(), damaged_.end());
}

void Disk::MarkDamaged(const blob::BlobKey& key, std::string_view /*why*/) { damaged_.insert(key); }

Result<const Platter::Stored*> Disk::Read(const blob::BlobKey& key) {
  Result<const Platter::Stored*> stored = platter_.Read(key);
  if (!stored && stored.error().code() == ErrorCode::kCorrupt) damaged_.insert(key);
  return stored;
}

async::Task<Result<blob::ScanPage>> Disk::Scan(blob::ScanRequest request, Deadline deadline) {
  TT_CO_RETURN_IF_ERROR(co_await Spend(5ms, deadline));
  blob::ScanPage page;
  for (const auto& [key, stored] : platter_.blobs()) {
    if (request.after && key <= *request.after) continue;
    if (request.upload && !IsOf(key, request.upload->first, request.upload->second)) continue;
    const bool is_next =
        !page.items.empty() && IsOf(key, page.items.back().key.video, page.items.back().key.upload);
    if (is_next && request.one_of_each_upload) continue;
    page.more = page.items.size() == request.limit;
    if (page.more) break;
    page.items.push_back(
        {.key = key, .stat = {.size = stored.bytes.size(), .digest = stored.digest}});
  }
  co_return page;
}

async::Task<Result<blob::StoreStatus>> Disk::Status(Deadline deadline) {
  TT_CO_RETURN_IF_ERROR(co_await Spend(1ms, deadline));
  const bool full = platter_.full();
  ByteCount stored_bytes = 0;
  for (const auto& [key, stored] : platter_.blobs()) stored_bytes += stored.bytes.size();
  co_return blob::StoreStatus{.stored_bytes = stored_bytes,
                              .free_bytes = full ? 0 : kCapacity,
                              .capacity_bytes = kCapacity,
                              .read_only = full};
}

async::Task<Result<void>> Record::Save(membership::NodeState next, Deadline deadline) {
  if (!co_await pulse_.GoesOn()) co_return OwnerKilled();
  co_await async::SleepUntil(deadline.EarlierOf(Deadline::After(platter_.TimeOf(15ms))));
  if (!co_await pulse_.GoesOn()) co_return OwnerKilled();
  if (deadline.HasPassed()) co_return Fail(ErrorCode::kDeadlineExceeded, "the disk is slow");
  platter_.set_state(next);
  state_ = std::make_shared<const membership::NodeState>(std::move(next));
  co_return Result<void>();
}

}  // namespace tritontube::simulation
