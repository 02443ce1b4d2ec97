#include "endpoints/storage_rpc/methods.h"

#include <utility>

#include "endpoints/storage_rpc/requests.h"
#include "endpoints/storage_rpc/wire_values.h"
#include "transport/rpc/payload_message.h"

namespace tritontube::storage_rpc {

using async::Task;
using blob::Bytes;
using storage_node::StorageNode;

namespace {

// Of this protocol; grows when a caller has to know.
constexpr std::uint32_t kFormat = 1;

Task<Result<Bytes>> Join(StorageNode& node, Bytes request, Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(JoinCall call, ParseJoin(request));
  v1::JoinResponse response;
  TT_CO_ASSIGN_OR_RETURN(
      const topology::Epoch epoch,
      co_await node.Join(std::move(call.target), std::move(call.etcd), deadline));
  response.set_epoch(epoch);
  co_return rpc::ToBytes(response);
}

Task<Result<Bytes>> Put(StorageNode& node, Bytes request, Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(PutCall call, ParsePut(request));
  TT_CO_RETURN_IF_ERROR(co_await node.Put(std::move(call.target), std::move(call.batch), deadline));
  co_return rpc::ToBytes(v1::PutResponse());
}

Task<Result<Bytes>> Get(StorageNode& node, Bytes request, Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(GetCall call, ParseGet(request));
  TT_CO_ASSIGN_OR_RETURN(
      Bytes payload,
      co_await node.Get(std::move(call.target), std::move(call.key), call.range, deadline));
  v1::GetResponse response;
  response.set_xxh3(ChecksumOf(payload));
  co_return rpc::WithPayload(response, std::move(payload));
}

Task<Result<Bytes>> Stat(StorageNode& node, Bytes request, Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(StatCall call, ParseStat(request));
  TT_CO_ASSIGN_OR_RETURN(const blob::BlobStat stat,
                         co_await node.Stat(std::move(call.target), std::move(call.key), deadline));
  v1::StatResponse response;
  Write(stat, *response.mutable_stat());
  co_return rpc::ToBytes(response);
}

Task<Result<Bytes>> RemoveUpload(StorageNode& node, Bytes request, Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(RemoveUploadCall call, ParseRemoveUpload(request));
  TT_CO_RETURN_IF_ERROR(co_await node.RemoveUpload(std::move(call.target), std::move(call.video),
                                                   std::move(call.upload), deadline));
  co_return rpc::ToBytes(v1::RemoveUploadResponse());
}

Bytes AnswerScan(const replication::SlotScanPage& page) {
  v1::ScanResponse response;
  for (const blob::ScanItem& item : page.items) Write(item, *response.add_items());
  response.set_more(page.more);
  if (page.last) Write(*page.last, *response.mutable_last());
  return rpc::ToBytes(response);
}

Task<Result<Bytes>> Scan(StorageNode& node, Bytes request, Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(ScanCall call, ParseScan(request));
  if (call.slots) {
    replication::SlotScanRequest of_slots{
        .slots = *call.slots, .after = std::move(call.request.after), .limit = call.request.limit};
    TT_CO_ASSIGN_OR_RETURN(
        const replication::SlotScanPage page,
        co_await node.ScanSlots(std::move(call.target), std::move(of_slots), deadline));
    co_return AnswerScan(page);
  }
  TT_CO_ASSIGN_OR_RETURN(
      blob::ScanPage page,
      co_await node.Scan(std::move(call.target), std::move(call.request), deadline));
  replication::SlotScanPage answer{.items = std::move(page.items), .more = page.more};
  if (!answer.items.empty()) answer.last = answer.items.back().key;
  co_return AnswerScan(answer);
}

Task<Result<Bytes>> Digests(StorageNode& node, Bytes request, Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(DigestsCall call, ParseDigests(request));
  TT_CO_ASSIGN_OR_RETURN(const auto digests,
                         co_await node.Digests(std::move(call.target), call.age_max, deadline));
  v1::DigestsResponse response;
  for (const replication::SlotDigest& digest : digests) {
    v1::SlotDigest& to = *response.add_digests();
    to.set_slot(digest.slot);
    to.set_blobs(digest.blobs);
    Write(digest.sum, *to.mutable_sum());
  }
  co_return rpc::ToBytes(response);
}

void Write(const replication::PullProgress& progress, v1::PullProgress& to) {
  to.set_plan(progress.plan);
  to.set_slots(static_cast<std::uint32_t>(progress.slots));
  to.set_slots_done(static_cast<std::uint32_t>(progress.slots_done));
  to.set_files(progress.moved.files);
  to.set_bytes(progress.moved.bytes);
}

std::int64_t Millis(const std::optional<WallTime>& time) {
  return time ? time->time_since_epoch().count() : 0;
}

void Write(const replication::Upkeep& upkeep, v1::Upkeep& to) {
  to.set_asked(upkeep.asked);
  to.set_scrubbed_for(upkeep.scrubbed_for);
  to.set_compared_for(upkeep.compared_for);
  to.set_scrub_began_ms(Millis(upkeep.scrub_began));
  to.set_scrub_bytes(upkeep.scrub_bytes);
  to.set_scrub_bytes_all(upkeep.scrub_bytes_all);
  to.set_scrub_ended_ms(Millis(upkeep.scrub_ended));
  to.set_damaged(upkeep.damaged);
  to.set_healed(upkeep.healed);
  to.set_compared_ms(Millis(upkeep.compared));
  to.set_differing_slots(upkeep.differing_slots);
  to.set_lacking_slots(upkeep.lacking_slots);
  to.set_caught_up_files(upkeep.caught_up.files);
  to.set_caught_up_bytes(upkeep.caught_up.bytes);
}

Task<Result<Bytes>> AskForUpkeep(StorageNode& node, Bytes request, Deadline /*deadline*/) {
  TT_CO_ASSIGN_OR_RETURN(const replication::Target target, ParseUpkeep(request));
  v1::UpkeepResponse response;
  TT_CO_ASSIGN_OR_RETURN(const std::uint64_t asked, node.AskForUpkeep(target));
  response.set_asked(asked);
  co_return rpc::ToBytes(response);
}

Task<Result<Bytes>> Status(StorageNode& node, std::string version, Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(const replication::NodeStatus status, co_await node.Status(deadline));
  v1::StatusResponse response;
  response.set_format(kFormat);
  if (status.cluster) response.set_cluster(status.cluster->text());
  response.set_node(status.node.text());
  response.set_epoch(status.epoch);
  response.set_incomplete(status.incomplete);
  response.set_stored_bytes(status.store.stored_bytes);
  response.set_free_bytes(status.store.free_bytes);
  response.set_capacity_bytes(status.store.capacity_bytes);
  response.set_corrupt_count(status.store.corrupt_count);
  response.set_read_only(status.store.read_only);
  response.set_version(version);
  if (status.pulling) Write(*status.pulling, *response.mutable_pulling());
  Write(status.upkeep, *response.mutable_upkeep());
  co_return rpc::ToBytes(response);
}

Task<Result<Bytes>> Confirm(StorageNode& node, Bytes request, Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(ConfirmCall call, ParseConfirm(request));
  TT_CO_ASSIGN_OR_RETURN(
      const std::vector<bool> confirmed,
      co_await node.Confirm(std::move(call.target), std::move(call.request), deadline));
  v1::ConfirmResponse response;
  for (const bool one : confirmed) response.add_confirmed(one);
  co_return rpc::ToBytes(response);
}

using Method = Task<Result<Bytes>> (*)(StorageNode&, Bytes, Deadline);

// Not a coroutine itself: what it captures need not outlive it.
rpc::UnaryHandler On(StorageNode& node, Method method) {
  return [&node, method](Bytes request, Deadline deadline) {
    return method(node, std::move(request), deadline);
  };
}

std::string Named(std::string_view method) {
  return fmt::format("/tritontube.v1.Storage/{}", method);
}

}  // namespace

rpc::Methods StorageMethods(StorageNode& node, std::string version) {
  rpc::Methods methods;
  methods.unary = {{Named("Join"), On(node, Join)},
                   {Named("Put"), On(node, Put)},
                   {Named("Get"), On(node, Get)},
                   {Named("Stat"), On(node, Stat)},
                   {Named("RemoveUpload"), On(node, RemoveUpload)},
                   {Named("Scan"), On(node, Scan)},
                   {Named("Digests"), On(node, Digests)},
                   {Named("Confirm"), On(node, Confirm)},
                   {Named("Upkeep"), On(node, AskForUpkeep)},
                   {Named("Status"), [&node, version = std::move(version)](const Bytes& /*request*/,
                                                                           Deadline deadline) {
                      return Status(node, version, deadline);
                    }}};
  return methods;
}

}  // namespace tritontube::storage_rpc
