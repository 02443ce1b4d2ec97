#include "simulation/teeth.h"

#include "domain/migration/ready_record.h"
#include "foundation/async/sleep.h"
#include "simulation/etcd.h"

namespace tritontube::simulation {

using coordination::Operation;

namespace {

constexpr std::string_view kReady = "ready/";

// As if the node had said so in its present life.
coordination::KeyValue ReadyNow(Etcd& etcd, topology::Epoch plan, const NodeId& node) {
  migration::ReadyRecord record;
  const auto starts = etcd.model().Peek(migration::StartsKey(node));
  if (starts) record.starts = std::stoull(starts->value);
  return {.key = migration::ReadyKey(plan, node), .value = migration::Encode(record)};
}

}  // namespace

void Falsify(Tooth tooth, coordination::Txn& txn) {
  if (tooth != Tooth::kLeaseLoss) return;
  const bool is_step = std::ranges::any_of(txn.then, [](const Operation& operation) {
    return operation.kind == Operation::Kind::kPut && operation.key == "topology";
  });
  if (!is_step) return;
  std::erase_if(txn.compares, [](const auto& compare) { return compare.key == "leader"; });
}

void Falsify(Etcd& etcd, const coordination::RangeRequest& request, coordination::RangePage& page) {
  if (!request.prefix.starts_with(kReady)) return;
  const Tooth tooth = etcd.context().plan.tooth;
  const bool everybody = tooth == Tooth::kSwitchBeforeReady;
  if (!everybody && tooth != Tooth::kReadyOfAnother) return;
  page.items.clear();
  const topology::Topology& now = *etcd.history().now();
  if (!now.plan) return;
  for (const topology::Member& member : now.members) {
    if (!everybody && !etcd.WasReadyOnce(member.id)) continue;
    page.items.push_back(ReadyNow(etcd, now.plan->began, member.id));
  }
}

async::Task<Result<void>> PutUndrained(storage_node::StorageNode& node, replication::Target target,
                                       std::vector<blob::Blob> batch,
                                       std::chrono::milliseconds later, Deadline deadline) {
  TT_CO_RETURN_IF_ERROR(co_await node.Put(target, {}, deadline));
  co_await async::SleepUntil(deadline.EarlierOf(Deadline::After(later)));
  co_return co_await node.store().Put(std::move(batch), deadline);
}

void OneSource::Empty(const NodeId& source, const placement::SlotSet& slots,
                      replication::SlotScanPage& page) {
  std::erase_if(page.items, [&](const blob::ScanItem& item) {
    const placement::Slot slot = placement::SlotOf(item.key);
    return std::ranges::any_of(given_, [&](const auto& given) {
      return given.first != source && given.second.test(slot);
    });
  });
  if (!page.more) given_[source] |= slots;
}

}  // namespace tritontube::simulation
