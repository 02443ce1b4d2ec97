#include "services/storage_node/slot_fetcher.h"

#include <algorithm>
#include <utility>

#include "domain/replication/nodes.h"
#include "foundation/async/task_group.h"
#include "foundation/telemetry/log.h"

namespace tritontube::storage_node {

using telemetry::Level;
using telemetry::Log;
using topology::NodeIndex;

namespace {

constexpr int kAttemptsForAPage = 3;

// Nobody can give it: it is gone, or was rotten everywhere before.
bool IsNowhere(const Error& error) {
  return error.code() == ErrorCode::kNotFound || error.code() == ErrorCode::kCorrupt;
}

// Not the source's doing.
std::unexpected<Error> OwnFault(Error error) {
  return std::unexpected(std::move(error).Within("on this node itself"));
}

std::unexpected<Error> Stopped() { return Fail(ErrorCode::kCancelled, "the work was stopped"); }

replication::Target TargetOf(const SlotFetcher::Line& line, NodeIndex node) {
  return replication::TargetOf(*line.topology, line.topology->members[node]);
}

}  // namespace

async::Task<Result<void>> SlotFetcher::FetchSlots(Line line, placement::SlotSet slots,
                                                  OnMoved on_moved) {
  replication::SlotScanRequest request{.slots = slots, .after = {}, .limit = options_.page_items};
  for (;;) {
    TT_CO_ASSIGN_OR_RETURN(replication::SlotScanPage page, co_await AskForPage(line, request));
    TT_CO_ASSIGN_OR_RETURN(std::vector<blob::ScanItem> missing,
                           co_await Missing(std::move(page.items)));
    TT_CO_RETURN_IF_ERROR(co_await FetchAll(line, std::move(missing), on_moved));
    if (!IsCurrent(line)) co_return Fail(ErrorCode::kAborted, "the topology has changed");
    if (!page.more) co_return Result<void>();
    request.after = std::move(page.last);
  }
}

// Whoever has begun to give is asked for the same page again, or a long walk over a bad line would
// begin from the start each time and never end.
async::Task<Result<replication::SlotScanPage>> SlotFetcher::AskForPage(
    const Line& line, const replication::SlotScanRequest& request) {
  const int attempts = request.after ? kAttemptsForAPage : 1;
  for (int i = 1;; ++i) {
    Result<replication::SlotScanPage> page =
        co_await client_.ScanSlots(TargetOf(line, line.source), request, Soon());
    const bool lost = !page && page.error().code() == ErrorCode::kDeadlineExceeded;
    const bool cancelled = co_await async::IsCancelled();
    if (!lost || cancelled || i >= attempts || !IsCurrent(line)) co_return page;
  }
}

async::Task<Result<std::vector<blob::ScanItem>>> SlotFetcher::Missing(
    std::vector<blob::ScanItem> items) {
  std::vector<blob::ScanItem> missing;
  for (blob::ScanItem& item : items) {
    const Result<blob::BlobStat> here = co_await node_.store().Stat(item.key, Soon());
    if (here) continue;
    if (!IsNowhere(here.error())) co_return OwnFault(here.error());
    missing.push_back(std::move(item));
  }
  co_return missing;
}

async::Task<Result<void>> SlotFetcher::FetchAll(const Line& line, std::vector<blob::ScanItem> items,
                                                const OnMoved& on_moved) {
  std::vector<Result<void>> results(items.size());
  async::TaskGroup group(co_await async::asio::this_coro::executor);
  const auto failed = [&] {
    return std::ranges::any_of(results, [](const Result<void>& result) { return !result; });
  };
  for (std::size_t i = 0; i < items.size() && !failed() && IsCurrent(line); ++i) {
    for (;;) {
      const auto seen = fetched_.count();
      const bool cancelled = co_await async::IsCancelled();
      if (cancelled || fetching_ < window_.size()) break;
      co_await fetched_.WaitBeyond(seen, Deadline::Never());
    }
    const bool cancelled = co_await async::IsCancelled();
    if (cancelled) break;
    ++fetching_;
    if (!group.Spawn(FetchInto(line, std::move(items[i]), on_moved, results[i]))) --fetching_;
  }
  co_await group.JoinOrStop();
  const bool cancelled = co_await async::IsCancelled();
  if (cancelled) co_return Stopped();
  const auto failure =
      std::ranges::find_if(results, [](const Result<void>& result) { return !result; });
  co_return failure == results.end() ? Result<void>() : *failure;
}

// The window is for what others notice; what is fetched waits here for its turn on the disk, within
// the bytes that may be in flight.
async::Task<void> SlotFetcher::FetchInto(const Line& line, blob::ScanItem item,
                                         const OnMoved& on_moved, Result<void>& result) {
  Result<async::Semaphore::Permit> permit = co_await bytes_in_flight_.Acquire(
      std::min<ByteCount>(item.stat.size, bytes_in_flight_.capacity()), Soon());
  Result<std::optional<blob::Bytes>> bytes;
  if (permit) {
    bytes = co_await Fetch(line, item);
  } else {
    bytes = OwnFault(permit.error());
  }
  --fetching_;
  fetched_.Notify();
  if (!bytes) {
    result = std::unexpected(bytes.error());
  } else if (*bytes) {
    const ByteCount size = item.stat.size;
    const Result<bool> stored =
        co_await Store(std::move(item), **std::move(bytes), line.topology->epoch);
    if (!stored) {
      result = OwnFault(stored.error());
    } else if (*stored) {
      on_moved({.files = 1, .bytes = size});
    }
  }
}

// Nothing when nobody has it any more.
async::Task<Result<std::optional<blob::Bytes>>> SlotFetcher::Fetch(const Line& line,
                                                                   const blob::ScanItem& item) {
  const SteadyTime began = SteadyClock::now();
  Result<blob::Bytes> bytes = co_await Read(line, line.source, item);
  if (bytes) window_.Took(item.stat.size, SteadyClock::now() - began);
  if (!bytes && bytes.error().code() == ErrorCode::kNotFound) co_return std::nullopt;
  if (!bytes) bytes = co_await ReadFromOthers(line, item, std::move(bytes).error());
  if (!bytes && IsNowhere(bytes.error())) {
    Log(Level::kWarning, "a blob is damaged where it is, and nowhere else: it is left there",
        {{"blob", blob::ToText(item.key)}});
    co_return std::nullopt;
  }
  if (!bytes) co_return std::unexpected(bytes.error());
  co_return *std::move(bytes);
}

async::Task<Result<blob::Bytes>> SlotFetcher::Read(const Line& line, NodeIndex from,
                                                   const blob::ScanItem& item) {
  TT_CO_ASSIGN_OR_RETURN(blob::Bytes bytes, co_await client_.Get(TargetOf(line, from), item.key,
                                                                 std::nullopt, Soon()));
  if (bytes.size() != item.stat.size || blob::DigestOf(bytes) != item.stat.digest) {
    co_return Fail(ErrorCode::kCorrupt, "{} is not what it was listed as", blob::ToText(item.key));
  }
  co_return bytes;
}

async::Task<Result<blob::Bytes>> SlotFetcher::ReadElsewhere(const Line& line,
                                                            const blob::ScanItem& item) {
  Line nobody = line;
  nobody.source = line.self;
  co_return co_await ReadFromOthers(nobody, item, std::nullopt);
}

// After the source has failed. That nobody gives it is said only when all have answered, the source
// too.
async::Task<Result<blob::Bytes>> SlotFetcher::ReadFromOthers(const Line& line,
                                                             const blob::ScanItem& item,
                                                             std::optional<Error> failure) {
  std::optional<Error> silent;
  if (failure && !IsNowhere(*failure)) silent = std::move(failure);
  for (const NodeIndex other : topology::KeepersOf(*line.topology, placement::SlotOf(item.key))) {
    if (other == line.source || other == line.self) continue;
    if (topology::IsGivenUp(*line.topology, other)) continue;
    Result<blob::Bytes> bytes = co_await Read(line, other, item);
    if (bytes) co_return bytes;
    if (!IsNowhere(bytes.error())) silent = bytes.error();
  }
  if (silent) co_return std::unexpected(*silent);
  co_return Fail(ErrorCode::kCorrupt, "nobody gives {}", blob::ToText(item.key));
}

// Whoever comes while others are being stored waits for them, and then all that wait are stored
// together: a sync costs as much for one blob as for many.
async::Task<Result<bool>> SlotFetcher::Store(blob::ScanItem item, blob::Bytes bytes,
                                             topology::Epoch epoch) {
  const auto mine = std::make_shared<Fetched>(
      Fetched{.item = std::move(item), .bytes = std::move(bytes), .epoch = epoch});
  fetched_blobs_.push_back(mine);
  for (;;) {
    const auto seen = stored_.count();
    if (mine->stored) {
      TT_CO_RETURN_IF_ERROR(*mine->stored);
      co_return !mine->was_there;
    }
    const bool cancelled = co_await async::IsCancelled();
    if (cancelled) co_return Stopped();
    if (!std::exchange(storing_, true)) {
      co_await StoreSome();
      storing_ = false;
      stored_.Notify();
    } else {
      co_await stored_.WaitBeyond(seen, Deadline::Never());
    }
  }
}

async::Task<void> SlotFetcher::StoreSome() {
  std::vector<std::shared_ptr<Fetched>> taken;
  std::vector<blob::Blob> batch;
  ByteCount bytes = 0;
  const topology::Epoch epoch = fetched_blobs_.front()->epoch;
  while (!fetched_blobs_.empty() && fetched_blobs_.front()->epoch == epoch &&
         (batch.empty() || bytes < options_.batch_bytes)) {
    taken.push_back(std::move(fetched_blobs_.front()));
    fetched_blobs_.pop_front();
    batch.push_back({.key = taken.back()->item.key, .bytes = taken.back()->bytes});
    bytes += taken.back()->bytes.size();
  }
  const Result<void> stored = co_await node_.StoreOwn(epoch, std::move(batch), Soon());
  const bool conflict = !stored && stored.error().code() == ErrorCode::kAlreadyExists;
  for (const std::shared_ptr<Fetched>& one : taken) {
    one->stored = conflict ? co_await StoreAlone(*one) : stored;
  }
}

// One of several is there with other bytes.
async::Task<Result<void>> SlotFetcher::StoreAlone(Fetched& one) {
  std::vector<blob::Blob> batch;
  batch.push_back({.key = one.item.key, .bytes = one.bytes});
  Result<void> stored = co_await node_.StoreOwn(one.epoch, std::move(batch), Soon());
  // The bytes of a put that failed are here, or come from there: no key is put again with others.
  one.was_there = !stored && stored.error().code() == ErrorCode::kAlreadyExists;
  if (one.was_there) co_return Result<void>();
  co_return stored;
}

}  // namespace tritontube::storage_node
