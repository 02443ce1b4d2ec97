#include "domain/replication/cluster_blob_store.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <boost/asio/post.hpp>

#include "domain/replication/ask_all.h"
#include "domain/replication/read_race.h"
#include "domain/replication/scan_merge.h"
#include "foundation/async/sleep.h"

namespace tritontube::replication {

namespace {

// What a whole blob counts in flight before its size is known.
constexpr ByteCount kWholeBlobBytes = ByteCount{8} << 20U;
// Also a put of nothing takes some memory.
constexpr ByteCount kPutBytesMin = 4096;
// Who asks how much room there is does not wait for a dead node.
constexpr std::chrono::milliseconds kStatusTimeMax = std::chrono::seconds(1);

ByteCount SizeOf(const std::vector<blob::Blob>& batch) {
  ByteCount size = 0;
  for (const blob::Blob& blob : batch) size += blob.bytes.size();
  return size;
}

ByteCount BytesInFlight(const ReadRequest& request) {
  if (request.what == ReadRequest::What::kStat) return 0;
  return request.range ? request.range->length : kWholeBlobBytes;
}

Result<void> CheckInTime(Deadline deadline) {
  if (!deadline.HasPassed()) return {};
  return Fail(ErrorCode::kDeadlineExceeded, "the time allowed has passed already");
}

ErrorCode CodeOfSilence(Deadline deadline) {
  return deadline.HasPassed() ? ErrorCode::kDeadlineExceeded : ErrorCode::kUnavailable;
}

}  // namespace

ClusterBlobStore::ClusterBlobStore(NodeClient& client, topology::TopologyStore& topology,
                                   const Clock& clock, async::Executor background,
                                   ClusterOptions options)
    : options_(options),
      background_(background),
      nodes_(client, clock, options_),
      epochs_(topology, counters_),
      put_bytes_(options_.put_bytes_max),
      read_bytes_(options_.read_bytes_max),
      owed_(nodes_, epochs_, read_bytes_, clock, options_, counters_),
      tasks_(background) {}

ClusterBlobStore::~ClusterBlobStore() = default;

void ClusterBlobStore::Start() {
  async::asio::post(background_, [this] {
    tasks_.Spawn(owed_.Run());
    tasks_.Spawn(ProbeSuspects());
  });
}

async::Task<void> ClusterBlobStore::Stop() { co_await tasks_.Stop(); }

async::Task<void> ClusterBlobStore::Settle(Deadline deadline) {
  for (;;) {
    const auto seen = round_ended_.count();
    const bool cancelled = co_await async::IsCancelled();
    if (cancelled || round_count_ == 0 || deadline.HasPassed()) co_return;
    co_await round_ended_.WaitBeyond(seen, deadline);
  }
}

ClusterCounts ClusterBlobStore::counts() const {
  return {.hedged = counters_.hedged,
          .failed_over = counters_.failed_over,
          .retried_epochs = counters_.retried_epochs,
          .repaired = counters_.repaired,
          .dropped = counters_.dropped,
          .conflicts = counters_.conflicts,
          .owed = owed_.size(),
          .suspect_nodes = nodes_.suspects().size()};
}

async::Task<Result<void>> ClusterBlobStore::Put(std::vector<blob::Blob> batch, Deadline deadline) {
  TT_CO_RETURN_IF_ERROR(blob::CheckBatch(batch));
  TT_CO_RETURN_IF_ERROR(CheckInTime(deadline));
  if (batch.empty()) co_return Result<void>{};
  const ByteCount bytes = std::clamp<ByteCount>(SizeOf(batch), kPutBytesMin, put_bytes_.capacity());
  TT_CO_ASSIGN_OR_RETURN(async::Semaphore::Permit permit,
                         co_await put_bytes_.Acquire(bytes, deadline));
  const PutRound::Parts parts{.nodes = nodes_,
                              .epochs = epochs_,
                              .owed = owed_,
                              .options = options_,
                              .counters = counters_};
  auto round = std::make_shared<PutRound>(parts, std::move(batch), std::move(permit), deadline);
  Launch(round);
  co_return co_await round->Answer();
}

void ClusterBlobStore::Launch(std::shared_ptr<PutRound> round) {
  ++round_count_;
  async::asio::post(background_, [this, round = std::move(round)] {
    if (tasks_.Spawn(RunRound(round))) return;
    --round_count_;
    round_ended_.Notify();
    round->Decide(Fail(ErrorCode::kUnavailable, "the server is stopping"));
  });
}

async::Task<void> ClusterBlobStore::RunRound(std::shared_ptr<PutRound> round) {
  co_await round->Run();
  --round_count_;
  round_ended_.Notify();
}

async::Task<Result<blob::Bytes>> ClusterBlobStore::Get(blob::BlobKey key, blob::ByteRange range,
                                                       Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(ReadAnswer answer,
                         co_await Read({.key = std::move(key), .range = range}, deadline));
  co_return std::move(answer.bytes);
}

async::Task<Result<blob::Bytes>> ClusterBlobStore::GetWhole(blob::BlobKey key, Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(ReadAnswer answer, co_await Read({.key = std::move(key)}, deadline));
  co_return std::move(answer.bytes);
}

async::Task<Result<blob::BlobStat>> ClusterBlobStore::Stat(blob::BlobKey key, Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(
      const ReadAnswer answer,
      co_await Read({.key = std::move(key), .what = ReadRequest::What::kStat}, deadline));
  co_return answer.stat;
}

async::Task<Result<ReadAnswer>> ClusterBlobStore::Read(ReadRequest request, Deadline deadline) {
  TT_CO_RETURN_IF_ERROR(CheckInTime(deadline));
  const ByteCount bytes = std::min<ByteCount>(BytesInFlight(request), read_bytes_.capacity());
  TT_CO_ASSIGN_OR_RETURN(const async::Semaphore::Permit permit,
                         co_await read_bytes_.Acquire(bytes, deadline));
  co_return co_await epochs_.Run(deadline, [&](TopologyPointer topology) {
    return ReadUnder(std::move(topology), request, deadline);
  });
}

async::Task<Result<ReadAnswer>> ClusterBlobStore::ReadUnder(TopologyPointer topology,
                                                            ReadRequest request,
                                                            Deadline deadline) {
  ReadRace race(nodes_, options_, counters_, *topology, std::move(request), deadline);
  Result<ReadAnswer> answer = co_await race.Run();
  if (!answer) co_return answer;
  for (const OwedCopy& copy : race.lacking()) owed_.Add(copy);
  co_return answer;
}

async::Task<Result<void>> ClusterBlobStore::RemoveUpload(VideoId video, UploadId upload,
                                                         Deadline deadline) {
  TT_CO_RETURN_IF_ERROR(CheckInTime(deadline));
  co_return co_await epochs_.Run(deadline, [&](TopologyPointer topology) {
    return RemoveUnder(std::move(topology), video, upload, deadline);
  });
}

async::Task<Result<void>> ClusterBlobStore::RemoveUnder(TopologyPointer topology, VideoId video,
                                                        UploadId upload, Deadline deadline) {
  const auto remove = [&](const topology::Member& member) {
    return nodes_.RemoveUpload(TargetOf(*topology, member), video, upload, deadline);
  };
  const std::vector<Result<void>> answers = co_await AskAll<void>(*topology, remove);
  if (const Error* aborted = FindAborted(answers)) co_return std::unexpected(*aborted);
  const std::vector<std::string> causes = CausesOf(*topology, answers);
  if (causes.empty()) co_return Result<void>{};
  co_return std::unexpected(Error(
      CodeOfSilence(deadline), fmt::format("not every content node has removed {}/{}: {}",
                                           video.text(), upload.text(), fmt::join(causes, "; "))));
}

async::Task<Result<blob::ScanPage>> ClusterBlobStore::Scan(blob::ScanRequest request,
                                                           Deadline deadline) {
  TT_CO_RETURN_IF_ERROR(CheckInTime(deadline));
  request.limit = std::max<std::size_t>(1, request.limit);
  co_return co_await epochs_.Run(deadline, [&](TopologyPointer topology) {
    return ScanUnder(std::move(topology), request, deadline);
  });
}

async::Task<Result<blob::ScanPage>> ClusterBlobStore::ScanUnder(TopologyPointer topology,
                                                                blob::ScanRequest request,
                                                                Deadline deadline) {
  const auto scan = [&](const topology::Member& member) {
    return nodes_.Scan(TargetOf(*topology, member), request, deadline);
  };
  std::vector<Result<blob::ScanPage>> answers = co_await AskAll<blob::ScanPage>(*topology, scan);
  if (const Error* aborted = FindAborted(answers)) co_return std::unexpected(*aborted);
  std::vector<blob::ScanPage> pages;
  std::vector<bool> told_all;
  for (std::size_t place = 0; place < answers.size(); ++place) {
    Result<blob::ScanPage>& answer = answers[place];
    if (answer && answer->more && answer->items.empty()) {
      answer = Fail(ErrorCode::kUnavailable, "says that there is more, and not what");
    }
    told_all.push_back(answer.has_value() && !topology->members[place].incomplete);
    if (answer) pages.push_back(*std::move(answer));
  }
  if (!CoversEverySlot(*topology, told_all)) {
    co_return std::unexpected(
        Error(CodeOfSilence(deadline), fmt::format("too few content nodes say what they have: {}",
                                                   fmt::join(CausesOf(*topology, answers), "; "))));
  }
  MergedPage merged = MergePages(std::move(pages), request);
  counters_.conflicts += merged.disagreements;
  co_return std::move(merged.page);
}

async::Task<Result<blob::StoreStatus>> ClusterBlobStore::Status(Deadline deadline) {
  TT_CO_RETURN_IF_ERROR(CheckInTime(deadline));
  TT_CO_ASSIGN_OR_RETURN(const TopologyPointer topology, co_await epochs_.Current(deadline));
  const Deadline limit = deadline.EarlierOf(Deadline::After(kStatusTimeMax));
  const auto status = [&](const topology::Member& member) {
    return nodes_.Status(TargetOf(*topology, member), limit);
  };
  const std::vector<Result<NodeStatus>> answers = co_await AskAll<NodeStatus>(*topology, status);
  const bool heard = std::ranges::any_of(answers, &Result<NodeStatus>::has_value);
  if (!heard) {
    co_return std::unexpected(Error(
        CodeOfSilence(deadline),
        fmt::format("no content node answers: {}", fmt::join(CausesOf(*topology, answers), "; "))));
  }
  co_return StatusOfCluster(Remember(*topology, answers), topology->replication);
}

std::vector<NodeSpace> ClusterBlobStore::Remember(const topology::Topology& topology,
                                                  const std::vector<Result<NodeStatus>>& answers) {
  const std::lock_guard lock(mutex_);
  std::map<NodeId, blob::StoreStatus> remembered;
  std::vector<NodeSpace> spaces;
  for (std::size_t place = 0; place < answers.size(); ++place) {
    const NodeId& node = topology.members[place].id;
    NodeSpace space{.store = last_status_[node], .answers = answers[place].has_value()};
    if (space.answers) space.store = answers[place]->store;
    remembered[node] = space.store;
    spaces.push_back(space);
  }
  last_status_ = std::move(remembered);
  return spaces;
}

async::Task<void> ClusterBlobStore::ProbeSuspects() {
  while (!co_await async::IsCancelled()) {
    const auto seen = nodes_.changed().count();
    const TopologyPointer topology = epochs_.snapshot();
    const std::vector<NodeId> suspects = nodes_.suspects();
    if (suspects.empty() || !topology) {
      co_await nodes_.changed().WaitBeyond(seen, Deadline::Never());
      continue;
    }
    const Deadline next = Deadline::After(options_.probe_interval);
    std::vector<async::Task<void>> probes;
    probes.reserve(suspects.size());
    for (const NodeId& node : suspects) probes.push_back(Probe(topology, node));
    co_await async::RunAll(std::move(probes));
    co_await async::SleepUntil(next);
  }
}

async::Task<void> ClusterBlobStore::Probe(TopologyPointer topology, NodeId node) {
  const topology::Member* member = topology->Find(node);
  if (member == nullptr) {
    nodes_.Forget(node);
    co_return;
  }
  Ignore(co_await nodes_.Status(TargetOf(*topology, *member),
                                Deadline::After(options_.probe_interval)),
         "what it says is remembered");
}

}  // namespace tritontube::replication
