#include "adapters/etcd/etcd_coordination.h"

#include <algorithm>

#include "adapters/etcd/etcd_watch.h"
#include "adapters/etcd/members.h"
#include "adapters/etcd/messages.h"
#include "adapters/etcd/version.h"
#include "etcd/etcd.pb.h"
#include "transport/rpc/payload_message.h"

namespace tritontube::etcd {

using async::Task;
using coordination::GetAnswer;
using coordination::LeaseId;
using coordination::RangePage;
using coordination::TxnAnswer;
using rpc::ParseMessage;
using rpc::ToBytes;

namespace {

// What the answering members have in common.
struct Acquaintance {
  std::optional<std::uint64_t> cluster = {};
  std::string unreachable = {};  // Why the last silent one was.
};

Result<void> CheckStatus(const etcdserverpb::StatusResponse& status, const std::string& endpoint,
                         Acquaintance& acquaintance) {
  if (const Result<void> checked = CheckVersion(status.version()); !checked) {
    return std::unexpected(Error(checked.error()).Within(endpoint));
  }
  const std::uint64_t cluster = status.header().cluster_id();
  if (acquaintance.cluster.value_or(cluster) != cluster) {
    return Fail(ErrorCode::kFailedPrecondition,
                "{} belongs to another etcd cluster than the members before it", endpoint);
  }
  acquaintance.cluster = cluster;
  return {};
}

// An error only when the member must not be used: that it is silent does not matter here.
Task<Result<void>> Meet(Members& members, std::size_t index, Acquaintance& acquaintance,
                        Deadline deadline) {
  rpc::Channel& member = members.member(index);
  const auto answer = co_await member.Call("/etcdserverpb.Maintenance/Status",
                                           ToBytes(etcdserverpb::StatusRequest()), deadline);
  if (!answer) {
    acquaintance.unreachable = answer.error().message();
    co_return Result<void>();
  }
  TT_CO_ASSIGN_OR_RETURN(const auto status, ParseMessage<etcdserverpb::StatusResponse>(*answer));
  if (!acquaintance.cluster) members.Prefer(index);
  co_return CheckStatus(status, member.address(), acquaintance);
}

Task<Result<void>> MeetAll(Members& members, Deadline deadline) {
  Acquaintance acquaintance;
  for (std::size_t round = 0;; ++round) {
    const auto share = members.attempt_time() * (1U << std::min<std::size_t>(round, 4));
    for (std::size_t i = 0; i < members.count(); ++i) {
      TT_CO_RETURN_IF_ERROR(
          co_await Meet(members, i, acquaintance, Deadline::After(share).EarlierOf(deadline)));
    }
    if (acquaintance.cluster) co_return Result<void>();
    co_await PauseBeforeRound(round, deadline);
    const bool cancelled = co_await async::IsCancelled();
    if (cancelled) co_return Fail(ErrorCode::kCancelled, "the work was stopped");
    if (deadline.HasPassed()) {
      co_return Fail(ErrorCode::kUnavailable, "no member of etcd answers: {}",
                     acquaintance.unreachable);
    }
  }
}

}  // namespace

EtcdCoordination::EtcdCoordination(EtcdOptions options)
    : options_(std::move(options)),
      members_(std::make_unique<Members>(options_.endpoints, options_.attempt_time,
                                         options_.commit_time)) {}

EtcdCoordination::~EtcdCoordination() = default;

Task<Result<std::unique_ptr<EtcdCoordination>>> EtcdCoordination::Open(EtcdOptions options,
                                                                       Deadline deadline) {
  if (options.endpoints.empty()) {
    co_return Fail(ErrorCode::kInvalidArgument, "no member of etcd is named");
  }
  std::unique_ptr<EtcdCoordination> engine(new EtcdCoordination(std::move(options)));
  TT_CO_RETURN_IF_ERROR(co_await MeetAll(*engine->members_, deadline));
  co_return engine;
}

Task<Result<GetAnswer>> EtcdCoordination::Get(std::string key, Deadline deadline) {
  TT_CO_RETURN_IF_ERROR(coordination::CheckKey(key));
  etcdserverpb::RangeRequest request;
  request.set_key(options_.prefix + key);
  TT_CO_ASSIGN_OR_RETURN(
      const blob::Bytes bytes,
      co_await members_->Ask("/etcdserverpb.KV/Range", ToBytes(request), deadline));
  TT_CO_ASSIGN_OR_RETURN(const auto response, ParseMessage<etcdserverpb::RangeResponse>(bytes));
  GetAnswer answer{.revision = response.header().revision()};
  if (!response.kvs().empty()) answer.item = ToItem(response.kvs(0), options_.prefix);
  co_return answer;
}

Task<Result<RangePage>> EtcdCoordination::Range(coordination::RangeRequest request,
                                                Deadline deadline) {
  TT_CO_RETURN_IF_ERROR(coordination::Check(request));
  TT_CO_ASSIGN_OR_RETURN(
      const blob::Bytes bytes,
      co_await members_->Ask("/etcdserverpb.KV/Range", ToBytes(ToMessage(request, options_.prefix)),
                             deadline));
  TT_CO_ASSIGN_OR_RETURN(const auto response, ParseMessage<etcdserverpb::RangeResponse>(bytes));
  co_return ToPage(response, options_.prefix);
}

Task<Result<TxnAnswer>> EtcdCoordination::Commit(coordination::Txn txn, Deadline deadline) {
  TT_CO_RETURN_IF_ERROR(coordination::Check(txn));
  blob::Bytes request = ToBytes(ToMessage(txn, options_.prefix));
  const auto ask = IsReadOnly(txn) ? &Members::Ask : &Members::AskOnce;
  TT_CO_ASSIGN_OR_RETURN(
      const blob::Bytes bytes,
      co_await ((*members_).*ask)("/etcdserverpb.KV/Txn", std::move(request), deadline));
  TT_CO_ASSIGN_OR_RETURN(const auto response, ParseMessage<etcdserverpb::TxnResponse>(bytes));
  co_return ToAnswer(response, options_.prefix);
}

// May happen twice: the lease of which nobody hears ends by itself.
Task<Result<LeaseId>> EtcdCoordination::GrantLease(std::chrono::milliseconds ttl,
                                                   Deadline deadline) {
  TT_CO_RETURN_IF_ERROR(coordination::CheckTtl(ttl));
  etcdserverpb::LeaseGrantRequest request;
  request.set_ttl(std::chrono::ceil<std::chrono::seconds>(ttl).count());
  TT_CO_ASSIGN_OR_RETURN(
      const blob::Bytes bytes,
      co_await members_->Ask("/etcdserverpb.Lease/LeaseGrant", ToBytes(request), deadline));
  TT_CO_ASSIGN_OR_RETURN(const auto response,
                         ParseMessage<etcdserverpb::LeaseGrantResponse>(bytes));
  co_return response.id();
}

Task<Result<void>> EtcdCoordination::RenewLease(LeaseId lease, Deadline deadline) {
  etcdserverpb::LeaseKeepAliveRequest request;
  request.set_id(lease);
  TT_CO_ASSIGN_OR_RETURN(const blob::Bytes bytes,
                         co_await members_->AskByStream("/etcdserverpb.Lease/LeaseKeepAlive",
                                                        ToBytes(request), deadline));
  TT_CO_ASSIGN_OR_RETURN(const auto response,
                         ParseMessage<etcdserverpb::LeaseKeepAliveResponse>(bytes));
  if (response.ttl() > 0) co_return Result<void>();
  co_return Fail(ErrorCode::kNotFound, "lease {} has ended", lease);
}

Task<Result<void>> EtcdCoordination::RevokeLease(LeaseId lease, Deadline deadline) {
  etcdserverpb::LeaseRevokeRequest request;
  request.set_id(lease);
  const auto answer =
      co_await members_->Ask("/etcdserverpb.Lease/LeaseRevoke", ToBytes(request), deadline);
  if (answer || answer.error().code() == ErrorCode::kNotFound) co_return Result<void>();
  co_return std::unexpected(answer.error());
}

std::unique_ptr<coordination::Watch> EtcdCoordination::WatchPrefix(std::string prefix,
                                                                   coordination::Revision after) {
  return std::make_unique<EtcdWatch>(*members_, options_.prefix, std::move(prefix), after);
}

}  // namespace tritontube::etcd
