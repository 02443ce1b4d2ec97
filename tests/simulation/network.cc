#include "simulation/network.h"

#include <algorithm>
#include <limits>

#include "base/assert.h"

namespace tritontube::simulation {

using replication::NodeStatus;
using replication::SlotScanPage;
using replication::SlotScanRequest;
using replication::Target;
using storage_node::IncomingBlob;
using storage_node::StorageNode;

std::size_t Network::MachineAt(const std::string& address) const {
  const auto found = std::ranges::find_if(
      machines_, [&](const auto& machine) { return machine->member().address == address; });
  TT_ASSERT(found != machines_.end(), "nobody is at {}", address);
  return static_cast<std::size_t>(found - machines_.begin());
}

bool Network::IsIncomplete(std::size_t caller) const {
  return caller >= gateways_ && machines_[caller - gateways_]->platter().state().incomplete;
}

bool Network::IsCut(std::size_t caller, std::size_t machine, Way way) const {
  const Line line = cuts_[Index(caller, machine, way)];
  if (line != Line::kFlapping) return line == Line::kCut;
  return (SteadyClock::now().time_since_epoch() / kFlap) % 2 == 0;
}

async::Task<bool> Network::Travel(std::size_t caller, std::size_t machine, Way way,
                                  Deadline deadline) {
  const bool lost = IsCut(caller, machine, way);
  // What a packet loses comes when it is sent again, if anybody waits for so long.
  const bool late = context_.Chance(context_.plan.message_loss);
  const bool slow = cuts_[Index(caller, machine, way)] == Line::kSlow;
  const auto delay = slow ? context_.Between(kSlowMin, kLateMax)
                          : context_.Between({}, late ? kLateMax : context_.plan.delay_max);
  const Deadline arrival = lost ? Deadline::Never() : Deadline::After(delay);
  co_await async::SleepUntil(deadline.EarlierOf(arrival));
  co_return !deadline.HasPassed() && !co_await async::IsCancelled();
}

async::Task<bool> Network::Arrive(std::size_t machine, Deadline deadline) {
  const std::shared_ptr<Process> process = machines_[machine]->process();
  if (process) Ignore(co_await process->pulse.GoesOn(deadline), "the next one is there, or none");
  co_return !deadline.HasPassed() && !co_await async::IsCancelled();
}

namespace {

// Two of a node's duties fetch within a window, and two more heal one blob at a time. What a
// gateway has got those hold who asked it.
ByteCount ReceivedMax(const Plan& plan, bool is_machine) {
  if (!is_machine) return std::numeric_limits<ByteCount>::max();
  return 2 * (plan.window + kBlobBytesMax);
}

}  // namespace

Link::Link(Context& context, Network& network, std::size_t caller, Pulse& pulse)
    : context_(context),
      network_(network),
      caller_(caller),
      pulse_(pulse),
      received_(context, fmt::format("caller {}", caller),
                ReceivedMax(context.plan, network.IsMachine(caller))) {}

// What gateways read and store is no step of a change.
void Link::Count(Step step) const {
  if (network_.IsMachine(caller_)) context_.on_step(step);
}

template <typename T>
async::Task<Result<T>> Link::Call(std::string address, Network::Serve<T> serve, Deadline deadline) {
  if (!co_await pulse_.GoesOn()) co_return Fail(ErrorCode::kCancelled, "the caller was killed");
  Result<T> answer =
      co_await network_.Call<T>(caller_, std::move(address), std::move(serve), deadline);
  if (!co_await pulse_.GoesOn()) co_return Fail(ErrorCode::kCancelled, "the caller was killed");
  co_return answer;
}

template <typename T>
Result<T> Link::Deny(Result<T> answer) const {
  if (!Has(Tooth::kNotFoundForCorrupt)) return answer;
  if (answer || answer.error().code() != ErrorCode::kCorrupt) return answer;
  return Fail(ErrorCode::kNotFound, "what cannot be read is not there");
}

async::Task<Result<void>> Link::Put(Target target, std::vector<blob::Blob> batch,
                                    Deadline deadline) {
  Count(Step::kGive);
  std::vector<IncomingBlob> incoming;
  for (const blob::Blob& blob : batch) {
    context_.trace.Note(fmt::format("caller {} puts {}/{} on {} at epoch {}", caller_,
                                    blob.key.video.text(), blob.key.file, target.address,
                                    target.epoch));
    const blob::BlobStat stat{.size = blob.bytes.size(), .digest = blob::DigestOf(blob.bytes)};
    // What is on its way nobody holds.
    incoming.push_back({.key = blob.key, .stat = stat, .bytes = blob::Bytes(blob.bytes.Flatten())});
  }
  Network::Serve<void> serve = [=](StorageNode& node) {
    return node.Put(target, incoming, deadline);
  };
  if (Has(Tooth::kNoDrain)) {
    const auto later = context_.Between({}, std::chrono::seconds(4));
    serve = [=](StorageNode& node) { return PutUndrained(node, target, batch, later, deadline); };
  }
  Result<void> taken = co_await Call<void>(target.address, std::move(serve), deadline);
  if (taken && !network_.IsMachine(caller_)) context_.on_taken(caller_, target.address);
  co_return taken;
}

namespace {

// The caller may be gone before the answer.
async::Task<Result<blob::Bytes>> Serve(Context& context, StorageNode& node, Target target,
                                       blob::BlobKey key, std::optional<blob::ByteRange> range,
                                       Deadline deadline) {
  Result<blob::Bytes> bytes = co_await node.Get(target, key, range, deadline);
  if (bytes) context.on_served(target.address, key, range ? range->offset : 0, *bytes);
  co_return bytes;
}

}  // namespace

async::Task<Result<blob::Bytes>> Link::Get(Target target, blob::BlobKey key,
                                           std::optional<blob::ByteRange> range,
                                           Deadline deadline) {
  Count(Step::kFetch);
  const auto serve = [=, &context = context_](StorageNode& node) {
    return Serve(context, node, target, key, range, deadline);
  };
  Result<blob::Bytes> bytes = Deny(co_await Call<blob::Bytes>(target.address, serve, deadline));
  if (bytes) bytes = received_.Count(bytes->Flatten());
  co_return bytes;
}

async::Task<Result<blob::BlobStat>> Link::Stat(Target target, blob::BlobKey key,
                                               Deadline deadline) {
  co_return Deny(co_await Call<blob::BlobStat>(
      target.address, [=](StorageNode& node) { return node.Stat(target, key, deadline); },
      deadline));
}

async::Task<Result<void>> Link::RemoveUpload(Target target, VideoId video, UploadId upload,
                                             Deadline deadline) {
  return Call<void>(
      target.address,
      [=](StorageNode& node) { return node.RemoveUpload(target, video, upload, deadline); },
      deadline);
}

async::Task<Result<blob::ScanPage>> Link::Scan(Target target, blob::ScanRequest request,
                                               Deadline deadline) {
  return Call<blob::ScanPage>(
      target.address, [=](StorageNode& node) { return node.Scan(target, request, deadline); },
      deadline);
}

namespace {

async::Task<Result<void>> JoinNode(StorageNode& node, Target target, std::vector<std::string> etcd,
                                   Deadline deadline) {
  TT_CO_RETURN_IF_ERROR(co_await node.Join(std::move(target), std::move(etcd), deadline));
  co_return Result<void>();
}

}  // namespace

bool Link::IsFenceSkipped() const {
  return Has(network_.IsIncomplete(caller_) ? Tooth::kUnfencedRepair : Tooth::kSkippedFence);
}

async::Task<Result<SlotScanPage>> Link::ScanSlots(Target target, SlotScanRequest request,
                                                  Deadline deadline) {
  Count(Step::kScan);
  const bool unfenced = IsFenceSkipped();
  Result<SlotScanPage> page = co_await Call<SlotScanPage>(
      target.address,
      [=](StorageNode& node) {
        Target asked = target;
        if (unfenced) asked.epoch = node.state()->epoch;
        return node.ScanSlots(asked, request, deadline);
      },
      deadline);
  context_.trace.Note(
      fmt::format("caller {} scans {} at epoch {} for {} slots: {}", caller_, target.address,
                  target.epoch, request.slots.count(),
                  page ? fmt::format("{} blobs{}", page->items.size(), page->more ? ", more" : "")
                       : page.error().message()));
  if (page && Has(Tooth::kOneSource)) one_source_.Empty(target.node, request.slots, *page);
  co_return page;
}

async::Task<Result<std::vector<replication::SlotDigest>>> Link::Digests(
    Target target, std::chrono::milliseconds age_max, Deadline deadline) {
  co_return co_await Call<std::vector<replication::SlotDigest>>(
      target.address, [=](StorageNode& node) { return node.Digests(target, age_max, deadline); },
      deadline);
}

async::Task<Result<std::vector<bool>>> Link::Confirm(Target target,
                                                     replication::ConfirmationRequest request,
                                                     Deadline deadline) {
  Count(Step::kConfirm);
  if (Has(Tooth::kDeleteBeforeConfirm)) co_return std::vector<bool>(request.items.size(), true);
  co_return co_await Call<std::vector<bool>>(
      target.address, [=](StorageNode& node) { return node.Confirm(target, request, deadline); },
      deadline);
}

async::Task<Result<NodeStatus>> Link::Status(std::string address, Deadline deadline) {
  return Call<NodeStatus>(
      address, [=](StorageNode& node) { return node.Status(deadline); }, deadline);
}

async::Task<Result<std::uint64_t>> Link::AskForUpkeep(Target /*target*/, Deadline /*deadline*/) {
  co_return Fail(ErrorCode::kUnimplemented, "nobody asks for upkeep here");
}

async::Task<Result<void>> Link::Join(Target target, std::vector<std::string> etcd,
                                     Deadline deadline) {
  context_.on_step(Step::kJoin);
  co_return co_await Call<void>(
      target.address, [=](StorageNode& node) { return JoinNode(node, target, etcd, deadline); },
      deadline);
}

}  // namespace tritontube::simulation
