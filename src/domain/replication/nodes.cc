#include "domain/replication/nodes.h"

#include <algorithm>
#include <utility>

#include "domain/topology/roles.h"

namespace tritontube::replication {

namespace {

template <typename T>
const Error* ErrorOf(const Result<T>& result) {
  return result ? nullptr : &result.error();
}

}  // namespace

async::Task<Result<void>> Nodes::Put(Target target, std::vector<blob::Blob> batch,
                                     Deadline deadline) {
  const NodeId node = target.node;
  const SteadyTime began = Now();
  Result<void> answer =
      co_await client_.Put(std::move(target), std::move(batch), CallDeadline(deadline));
  Note(node, began, ErrorOf(answer));
  co_return answer;
}

async::Task<Result<ReadAnswer>> Nodes::Read(Target target, ReadRequest request, Deadline deadline) {
  const NodeId node = target.node;
  const SteadyTime began = Now();
  const Deadline limit = CallDeadline(deadline);
  ReadAnswer answer;
  if (request.what == ReadRequest::What::kStat) {
    Result<blob::BlobStat> stat =
        co_await client_.Stat(std::move(target), std::move(request.key), limit);
    Note(node, began, ErrorOf(stat), CallKind::kRead);
    TT_CO_ASSIGN_OR_RETURN(answer.stat, std::move(stat));
  } else {
    Result<blob::Bytes> bytes =
        co_await client_.Get(std::move(target), std::move(request.key), request.range, limit);
    Note(node, began, ErrorOf(bytes), CallKind::kRead);
    TT_CO_ASSIGN_OR_RETURN(answer.bytes, std::move(bytes));
  }
  co_return answer;
}

async::Task<Result<void>> Nodes::RemoveUpload(Target target, VideoId video, UploadId upload,
                                              Deadline deadline) {
  const NodeId node = target.node;
  const SteadyTime began = Now();
  Result<void> answer = co_await client_.RemoveUpload(std::move(target), std::move(video),
                                                      std::move(upload), CallDeadline(deadline));
  Note(node, began, ErrorOf(answer));
  co_return answer;
}

async::Task<Result<blob::ScanPage>> Nodes::Scan(Target target, blob::ScanRequest request,
                                                Deadline deadline) {
  const NodeId node = target.node;
  const SteadyTime began = Now();
  Result<blob::ScanPage> answer =
      co_await client_.Scan(std::move(target), std::move(request), CallDeadline(deadline));
  Note(node, began, ErrorOf(answer));
  co_return answer;
}

async::Task<Result<NodeStatus>> Nodes::Status(Target target, Deadline deadline) {
  const SteadyTime began = Now();
  Result<NodeStatus> answer = co_await client_.Status(target.address, CallDeadline(deadline));
  if (answer && (answer->node != target.node || answer->cluster != target.cluster)) {
    answer = Fail(ErrorCode::kUnavailable, "at {} answers node {} and not {}", target.address,
                  answer->node.text(), target.node.text());
  }
  Note(target.node, began, ErrorOf(answer));
  co_return answer;
}

std::vector<std::size_t> Nodes::Order(const std::vector<NodeId>& replicas) const {
  const std::lock_guard lock(mutex_);
  return health_.Order(replicas, Now());
}

bool Nodes::IsSuspect(const NodeId& node) const {
  const std::lock_guard lock(mutex_);
  return health_.IsSuspect(node);
}

std::vector<NodeId> Nodes::suspects() const {
  const std::lock_guard lock(mutex_);
  return health_.suspects();
}

void Nodes::Forget(const NodeId& node) {
  const std::lock_guard lock(mutex_);
  health_.Forget(node);
}

std::chrono::nanoseconds Nodes::HedgeDelay() const {
  const std::lock_guard lock(mutex_);
  const std::chrono::nanoseconds least = options_.hedge_delay_min;
  return std::max(least, latencies_.p95().value_or(least));
}

void Nodes::EarnHedge() {
  const std::lock_guard lock(mutex_);
  budget_.Earn();
}

bool Nodes::TrySpendHedge() {
  const std::lock_guard lock(mutex_);
  return budget_.TrySpend();
}

Deadline Nodes::CallDeadline(Deadline deadline) const {
  return deadline.EarlierOf(Deadline::After(options_.call_time_max));
}

void Nodes::Note(const NodeId& node, SteadyTime began, const Error* error, CallKind kind) {
  bool turned = false;
  {
    const std::lock_guard lock(mutex_);
    const SteadyTime now = Now();
    const bool suspect_before = health_.IsSuspect(node);
    if (error != nullptr) {
      NoteFailure(node, now - began, now, *error);
    } else if (kind == CallKind::kRead) {
      latencies_.Add(now - began);
      health_.Answered(node, now - began, now);
    } else {
      health_.Lives(node);
    }
    turned = health_.IsSuspect(node) != suspect_before;
  }
  if (turned) changed_.Notify();
}

void Nodes::NoteFailure(const NodeId& node, std::chrono::nanoseconds waited, SteadyTime now,
                        const Error& error) {
  switch (error.code()) {
    case ErrorCode::kCancelled:
    case ErrorCode::kDeadlineExceeded:
      health_.Abandoned(node, waited, now);
      break;
    case ErrorCode::kUnavailable:
    case ErrorCode::kUnknown:
    case ErrorCode::kInternal:
      health_.Failed(node);
      break;
    default:  // It says no, so it lives.
      health_.Lives(node);
      break;
  }
}

Target TargetOf(const topology::Topology& topology, const topology::Member& member) {
  return {.cluster = topology.cluster,
          .node = member.id,
          .address = member.address,
          .epoch = topology.epoch};
}

std::vector<const topology::Member*> ReplicasOf(const topology::Topology& topology,
                                                const blob::BlobKey& key) {
  std::vector<const topology::Member*> replicas;
  for (const topology::NodeIndex index : topology::KeepersOf(topology, placement::SlotOf(key))) {
    replicas.push_back(&topology.members[index]);
  }
  return replicas;
}

}  // namespace tritontube::replication
