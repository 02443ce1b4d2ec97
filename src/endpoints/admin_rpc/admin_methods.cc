#include "endpoints/admin_rpc/admin_methods.h"

#include <algorithm>
#include <limits>

#include "base/printable.h"
#include "foundation/config/values.h"
#include "services/cluster/cluster_json.h"
#include "transport/rpc/payload_message.h"
#include "tritontube/admin.pb.h"
#include "tritontube/v1/admin.pb.h"

namespace tritontube::admin_rpc {

namespace {

using Answer = async::Task<Result<blob::Bytes>>;

// Nobody waits for longer to get his turn.
constexpr std::chrono::milliseconds kWaitMax = std::chrono::hours(24);

// One line each, as they were given to `nw`.
Answer ListNodes(const topology::TopologyStore& store) {
  const std::shared_ptr<const topology::Topology> topology = store.snapshot();
  if (topology == nullptr) {
    co_return Fail(ErrorCode::kUnavailable, "the topology of the cluster is not known yet");
  }
  ListNodesResponse response;
  for (const topology::Member& member : topology->members) response.add_nodes(member.address);
  co_return rpc::ToBytes(response);
}

Answer Status(const cluster::Reporter& reporter, Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(const nlohmann::json report, co_await reporter.Report(deadline));
  v1::ClusterStatusResponse response;
  response.set_json(cluster::Serialized(report));
  co_return rpc::ToBytes(response);
}

Result<void> CheckAddress(const std::string& address) {
  if (config::ParseSocketAddress(address)) return {};
  return Fail(ErrorCode::kInvalidArgument, "\"{}\" is no address: host:port", Printable(address));
}

Result<cluster::Wish> WishOf(const v1::ChangeRequest& request) {
  for (const std::string& address : request.add()) TT_RETURN_IF_ERROR(CheckAddress(address));
  return cluster::Wish{.add = {request.add().begin(), request.add().end()},
                       .remove = {request.remove().begin(), request.remove().end()},
                       .dead = request.dead(),
                       .accepts_loss = request.accepts_loss()};
}

Answer Change(cluster::Administration& administration, blob::Bytes bytes, Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(const auto request, rpc::ParseMessage<v1::ChangeRequest>(bytes));
  TT_CO_ASSIGN_OR_RETURN(cluster::Wish wish, WishOf(request));
  const auto wait_ms = std::min<std::uint64_t>(request.wait_ms(), kWaitMax.count());
  const Deadline wait = Deadline::After(std::chrono::milliseconds(wait_ms));
  v1::ChangeResponse response;
  TT_CO_ASSIGN_OR_RETURN(const topology::Epoch change,
                         co_await administration.Ask(std::move(wish), deadline.EarlierOf(wait)));
  response.set_change(change);
  co_return rpc::ToBytes(response);
}

Answer Estimate(cluster::Administration& administration, blob::Bytes bytes, Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(const auto request, rpc::ParseMessage<v1::ChangeRequest>(bytes));
  TT_CO_ASSIGN_OR_RETURN(cluster::Wish wish, WishOf(request));
  TT_CO_ASSIGN_OR_RETURN(const cluster::Cost cost,
                         co_await administration.Estimate(std::move(wish), deadline));
  v1::EstimateResponse response;
  response.set_bytes(cost.moved.bytes);
  response.set_percent(cost.percent);
  response.set_plans(static_cast<std::uint32_t>(cost.plans));
  response.set_seconds(static_cast<std::uint64_t>(cost.at_least.count()));
  co_return rpc::ToBytes(response);
}

Answer Abort(cluster::Administration& administration, Deadline deadline) {
  TT_CO_RETURN_IF_ERROR(co_await administration.Abort(deadline));
  co_return rpc::ToBytes(v1::AbortResponse());
}

Answer Upkeep(cluster::Administration& administration, blob::Bytes bytes, Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(const auto request, rpc::ParseMessage<v1::UpkeepNodesRequest>(bytes));
  TT_CO_ASSIGN_OR_RETURN(const auto asked,
                         co_await administration.AskForUpkeep(
                             {request.nodes().begin(), request.nodes().end()}, deadline));
  v1::UpkeepNodesResponse response;
  for (const auto& [address, number] : asked) {
    auto& node = *response.add_nodes();
    node.set_address(address);
    if (number) {
      node.set_asked(*number);
    } else {
      node.set_error(number.error().message());
    }
  }
  co_return rpc::ToBytes(response);
}

Result<std::optional<blob::BlobKey>> AfterOf(const v1::CheckNamedRequest& request) {
  if (!request.has_after()) return std::nullopt;
  auto video = VideoId::Parse(request.after().video());
  auto upload = UploadId::Parse(request.after().upload());
  if (!video || !upload || !blob::IsWellFormedFileName(request.after().file())) {
    return Fail(ErrorCode::kInvalidArgument, "that is no name of a blob");
  }
  return blob::BlobKey{*std::move(video), *std::move(upload), request.after().file()};
}

void Write(const blob::BlobKey& key, v1::NamedBlob& to) {
  to.set_video(key.video.text());
  to.set_upload(key.upload.text());
  to.set_file(key.file);
}

Answer CheckNamed(verification::NamedFiles& named_files, blob::Bytes bytes, Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(const auto request, rpc::ParseMessage<v1::CheckNamedRequest>(bytes));
  TT_CO_ASSIGN_OR_RETURN(auto after, AfterOf(request));
  TT_CO_ASSIGN_OR_RETURN(const verification::NamedFilesPage page,
                         co_await named_files.Check(std::move(after), deadline));
  v1::CheckNamedResponse response;
  response.set_blobs(page.blobs);
  for (const verification::Damage& damage : page.damage) {
    auto& one = *response.add_damage();
    Write(damage.key, *one.mutable_blob());
    one.set_missing(damage.kind == verification::Damage::Kind::kMissing);
    one.set_reason(damage.reason);
  }
  response.set_more(page.more);
  if (page.last) Write(*page.last, *response.mutable_last());
  co_return rpc::ToBytes(response);
}

// The original's number is of 32 bits.
async::Task<Result<std::int32_t>> MoveNow(cluster::Administration& administration,
                                          cluster::Wish wish, Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(const topology::Epoch change,
                         co_await administration.Ask(
                             std::move(wish), deadline.EarlierOf(Deadline::After(kWaitDefault))));
  if (change == 0) co_return 0;
  TT_CO_ASSIGN_OR_RETURN(const topology::Moved moved,
                         co_await administration.Await(change, deadline));
  co_return static_cast<std::int32_t>(
      std::min<std::uint64_t>(moved.files, std::numeric_limits<std::int32_t>::max()));
}

Answer AddNode(cluster::Administration& administration, blob::Bytes bytes, Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(const auto request, rpc::ParseMessage<AddNodeRequest>(bytes));
  TT_CO_RETURN_IF_ERROR(CheckAddress(request.node_address()));
  AddNodeResponse response;
  TT_CO_ASSIGN_OR_RETURN(
      const std::int32_t files,
      co_await MoveNow(administration, {.add = {request.node_address()}}, deadline));
  response.set_migrated_file_count(files);
  co_return rpc::ToBytes(response);
}

Answer RemoveNode(cluster::Administration& administration, blob::Bytes bytes, Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(const auto request, rpc::ParseMessage<RemoveNodeRequest>(bytes));
  RemoveNodeResponse response;
  TT_CO_ASSIGN_OR_RETURN(
      const std::int32_t files,
      co_await MoveNow(administration, {.remove = {request.node_address()}}, deadline));
  response.set_migrated_file_count(files);
  co_return rpc::ToBytes(response);
}

using Method = Answer (*)(cluster::Administration&, blob::Bytes, Deadline);

// Not a coroutine itself: what it captures need not outlive it.
rpc::UnaryHandler On(cluster::Administration& administration, Method method) {
  return [&administration, method](blob::Bytes request, Deadline deadline) {
    return method(administration, std::move(request), deadline);
  };
}

}  // namespace

rpc::Methods AdminMethods(const topology::TopologyStore& topology,
                          const cluster::Reporter& reporter,
                          cluster::Administration& administration,
                          verification::NamedFiles& named_files) {
  rpc::Methods methods;
  methods.unary[std::string(kUpkeep)] = On(administration, Upkeep);
  methods.unary[std::string(kCheckNamed)] = [&named_files](blob::Bytes request, Deadline deadline) {
    return CheckNamed(named_files, std::move(request), deadline);
  };
  methods.unary[std::string(kAddNode)] = On(administration, AddNode);
  methods.unary[std::string(kRemoveNode)] = On(administration, RemoveNode);
  methods.unary[std::string(kChange)] = On(administration, Change);
  methods.unary[std::string(kEstimate)] = On(administration, Estimate);
  methods.unary[std::string(kAbort)] = [&administration](const blob::Bytes& /*request*/,
                                                         Deadline deadline) {
    return Abort(administration, deadline);
  };
  methods.unary[std::string(kListNodes)] = [&topology](const blob::Bytes& /*request*/,
                                                       Deadline /*deadline*/) {
    return ListNodes(topology);
  };
  methods.unary[std::string(kStatus)] = [&reporter](const blob::Bytes& /*request*/,
                                                    Deadline deadline) {
    return Status(reporter, deadline);
  };
  return methods;
}

}  // namespace tritontube::admin_rpc
