#include "services/scratch/source_copies.h"

#include <algorithm>

#include "base/assert.h"
#include "base/steady_clock.h"
#include "core/blob/digester.h"
#include "foundation/async/sleep.h"
#include "foundation/async/task_group.h"
#include "services/scratch/shared_copy.h"

namespace tritontube::scratch {

namespace {

// For one caller; the others shall get their turn.
constexpr std::size_t kReadsOfOne = 4;
constexpr ByteCount kDigestBytes = ByteCount{8} << 20U;

Error AsLoss(const Error& error) {
  if (error.code() != ErrorCode::kNotFound) return error;
  return {ErrorCode::kDataLoss, "a part of the original is missing: " + error.message()};
}

}  // namespace

// What one caller needs, and how far that is brought.
struct SourceCopies::Errand {
  SharedCopy& copy;
  const RecordSet wanted;
  const Deadline deadline;
  std::size_t at = 0;  // All before is there, or being brought.
  std::optional<Error> error;
};

SourceCopy::~SourceCopy() {
  if (copy_) copies_->Return(*copy_);
}

const std::filesystem::path& SourceCopy::path() const { return copy_->file.path(); }

void SourceCopy::KeepForOthers() { copies_->Keep(*copy_); }

async::Task<Result<void>> SourceCopy::NeedAll(Deadline deadline) {
  co_return co_await copies_->NeedAll(*copy_, deadline);
}

async::Task<Result<blob::Digest>> SourceCopy::NeedAllAndDigest(Deadline deadline) {
  TT_CO_RETURN_IF_ERROR(co_await copies_->NeedAll(*copy_, deadline));
  co_return co_await copies_->DigestOf(*copy_);
}

async::Task<Result<void>> SourceCopy::NeedPictures(PictureWindow window, Deadline deadline) {
  co_return co_await copies_->NeedPictures(*copy_, window, deadline);
}

SourceCopies::SourceCopies(ScratchSpace& scratch, blob::BlobStore& store,
                           SourceCopiesOptions options)
    : scratch_(scratch), store_(store), options_(options), reads_(options.reads_at_once) {
  scratch_.SetRoomGiver([this] { return DropLongestIdle(); });
}

SourceCopies::~SourceCopies() {
  scratch_.SetRoomGiver(nullptr);
  for (const auto& [key, copy] : copies_) {
    TT_ASSERT(copy->holder_count == 0, "somebody still holds a copy");
  }
}

std::size_t SourceCopies::copy_count() const {
  const std::lock_guard lock(mutex_);
  return copies_.size();
}

async::Task<Result<SourceCopy>> SourceCopies::Open(sources::SourceKey source,
                                                   media::Container container, Deadline) {
  const Key key{source.video, source.upload};
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = copies_.find(key); found != copies_.end()) {
      if (found->second->source.size != source.size) {
        co_return Fail(ErrorCode::kCorrupt, "an original is said to have two sizes");
      }
      ++found->second->holder_count;
      co_return SourceCopy(*this, found->second);
    }
  }
  co_await DropExpired();
  co_return Make(std::move(source), container);
}

async::Task<void> SourceCopies::Run() {
  while (!co_await async::IsCancelled()) {
    co_await DropExpired();
    co_await async::Sleep(options_.idle_time / 2);
  }
}

// Removing large files takes a while.
async::Task<void> SourceCopies::DropExpired() {
  Dropped expired = TakeExpired();
  const auto drop = [&expired]() -> Result<void> {
    expired.clear();
    return {};
  };
  if (!expired.empty()) Ignore(co_await scratch_.blocking().Run(drop), "they go in any case");
}

Result<SourceCopy> SourceCopies::Make(sources::SourceKey source, media::Container container) {
  const Key key{source.video, source.upload};
  const std::lock_guard lock(mutex_);
  std::shared_ptr<SharedCopy>& copy = copies_[key];
  if (!copy) {
    Result<std::shared_ptr<SharedCopy>> made = Create(std::move(source), container);
    if (!made) {
      copies_.erase(key);
      return std::unexpected(made.error());
    }
    copy = *std::move(made);
  }
  ++copy->holder_count;
  return SourceCopy(*this, copy);
}

Result<std::shared_ptr<SharedCopy>> SourceCopies::Create(sources::SourceKey source,
                                                         media::Container container) {
  TT_ASSIGN_OR_RETURN(ScratchFolder folder, scratch_.NewFolder());
  TT_ASSIGN_OR_RETURN(SparseFile file, SparseFile::Create(folder.path() / "source", source.size));
  return std::make_shared<SharedCopy>(std::move(source), container, options_.record_bytes, scratch_,
                                      std::move(folder), std::move(file));
}

SourceCopies::Dropped SourceCopies::TakeExpired() {
  Dropped expired;
  const std::lock_guard lock(mutex_);
  std::erase_if(copies_, [&](const auto& entry) {
    const SharedCopy& copy = *entry.second;
    const bool goes =
        copy.holder_count == 0 && SteadyClock::now() - copy.idle_since >= options_.idle_time;
    if (goes) expired.push_back(entry.second);
    return goes;
  });
  return expired;
}

bool SourceCopies::DropLongestIdle() {
  std::shared_ptr<SharedCopy> dropped;  // Goes after the lock.
  const std::lock_guard lock(mutex_);
  auto longest = copies_.end();
  for (auto entry = copies_.begin(); entry != copies_.end(); ++entry) {
    if (entry->second->holder_count != 0) continue;
    if (longest == copies_.end() || entry->second->idle_since < longest->second->idle_since) {
      longest = entry;
    }
  }
  if (longest == copies_.end()) return false;
  dropped = std::move(longest->second);
  copies_.erase(longest);
  return true;
}

void SourceCopies::Keep(SharedCopy& copy) {
  const std::lock_guard lock(mutex_);
  copy.is_kept = true;
}

void SourceCopies::Return(SharedCopy& copy) {
  const std::lock_guard lock(mutex_);
  if (--copy.holder_count > 0) return;
  copy.idle_since = SteadyClock::now();
  if (!copy.is_kept) copies_.erase({copy.source.video, copy.source.upload});
}

async::Task<Result<void>> SourceCopies::Need(SharedCopy& copy, RecordSet wanted,
                                             Deadline deadline) {
  Errand errand{.copy = copy, .wanted = std::move(wanted), .deadline = deadline, .error = {}};
  for (std::size_t missing = 0;;) {
    missing = copy.FirstMissing(errand.wanted, missing);
    if (missing == copy.records.count()) co_return Result<void>();
    if (co_await async::IsCancelled()) {
      co_return Fail(ErrorCode::kCancelled, "the work was stopped");
    }
    if (deadline.HasPassed()) {
      co_return Fail(ErrorCode::kDeadlineExceeded, "the original was not read in time");
    }
    const std::uint64_t seen = copy.changed.count();
    errand.at = missing;
    std::vector<async::Task<void>> fetches;
    fetches.reserve(kReadsOfOne);
    for (std::size_t i = 0; i < kReadsOfOne; ++i) fetches.push_back(FetchWhatIsLeft(errand));
    co_await async::RunAll(std::move(fetches));
    if (errand.error) co_return std::unexpected(*errand.error);
    // The rest is brought by others, unless they fail.
    missing = copy.FirstMissing(errand.wanted, missing);
    if (missing < copy.records.count()) co_await copy.changed.WaitBeyond(seen, deadline);
  }
}

async::Task<void> SourceCopies::FetchWhatIsLeft(Errand& errand) {
  while (!errand.error && !co_await async::IsCancelled()) {
    Result<std::optional<SharedCopy::Claim>> claim = errand.copy.TakeNext(errand.wanted, errand.at);
    if (claim && !*claim) co_return;
    Result<void> fetched;
    if (claim) {
      fetched = co_await Fetch(errand.copy, (*claim)->range(), errand.deadline);
    } else {
      fetched = std::unexpected(claim.error());
    }
    if (fetched) {
      (*claim)->Fulfil();
    } else if (!errand.error) {
      errand.error = fetched.error();
    }
  }
}

async::Task<Result<void>> SourceCopies::Fetch(SharedCopy& copy, blob::ByteRange range,
                                              Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(const async::Semaphore::Permit permit,
                         co_await reads_.Acquire(1, deadline));
  const Result<blob::Bytes> bytes =
      co_await sources::ReadSource(store_, copy.source, range, deadline);
  if (!bytes) co_return std::unexpected(AsLoss(bytes.error()));
  co_return co_await scratch_.blocking().Run([&] { return copy.file.Write(range.offset, *bytes); });
}

async::Task<Result<void>> SourceCopies::NeedAll(SharedCopy& copy, Deadline deadline) {
  co_return co_await Need(copy, copy.all(), deadline);
}

async::Task<Result<void>> SourceCopies::NeedPictures(SharedCopy& copy, PictureWindow window,
                                                     Deadline deadline) {
  if (copy.container != media::Container::kMov) co_return co_await NeedAll(copy, deadline);
  Result<RecordSet> records = co_await FindPictures(copy, window, deadline);
  // Not a file of which it can be told.
  if (!records && records.error().code() == ErrorCode::kInvalidArgument) {
    co_return co_await NeedAll(copy, deadline);
  }
  if (!records) co_return std::unexpected(records.error());
  co_return co_await Need(copy, *std::move(records), deadline);
}

async::Task<Result<RecordSet>> SourceCopies::FindPictures(SharedCopy& copy, PictureWindow window,
                                                          Deadline deadline) {
  async::BlockingPool& blocking = scratch_.blocking();
  BoxFinder boxes(copy.source.size);
  while (const auto header = boxes.wanted()) {
    TT_CO_RETURN_IF_ERROR(co_await Need(copy, RecordsOf({{*header}}, copy.records), deadline));
    TT_CO_RETURN_IF_ERROR(co_await blocking.Run([&]() -> Result<void> {
      TT_ASSIGN_OR_RETURN(const std::string bytes, copy.file.Read(header->offset, header->length));
      return boxes.Feed(AsBytes(bytes));
    }));
  }
  TT_CO_RETURN_IF_ERROR(boxes.Check());
  TT_CO_RETURN_IF_ERROR(co_await Need(copy, RecordsOf(boxes.read_whole(), copy.records), deadline));
  TT_CO_ASSIGN_OR_RETURN(const async::Semaphore::Permit permit,
                         co_await surveys_.Acquire(1, deadline));
  co_return co_await blocking.Run([&]() -> Result<RecordSet> {
    TT_ASSIGN_OR_RETURN(const std::string moov,
                        copy.file.Read(boxes.moov().offset, boxes.moov().length));
    return RecordsOfPictures(AsBytes(moov), copy.records, window);
  });
}

async::Task<Result<blob::Digest>> SourceCopies::DigestOf(SharedCopy& copy) {
  if (copy.digest) co_return *copy.digest;
  blob::Digester digester;
  for (ByteCount at = 0; at < copy.source.size; at += kDigestBytes) {
    const auto add = [&]() -> Result<void> {
      TT_ASSIGN_OR_RETURN(const std::string bytes,
                          copy.file.Read(at, std::min(kDigestBytes, copy.source.size - at)));
      digester.Add(AsBytes(bytes));
      return {};
    };
    TT_CO_RETURN_IF_ERROR(co_await scratch_.blocking().Run(add));
    if (co_await async::IsCancelled()) {
      co_return Fail(ErrorCode::kCancelled, "the work was stopped");
    }
  }
  copy.digest = digester.digest();
  co_return *copy.digest;
}

}  // namespace tritontube::scratch
