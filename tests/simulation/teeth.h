#pragma once

#include <map>

#include "core/coordination/coordination.h"
#include "domain/replication/node_client.h"
#include "services/storage_node/storage_node.h"
#include "simulation/plan.h"

// The faults of Tooth that are made of messages and answers that are changed on their way.
namespace tritontube::simulation {

class Etcd;

// kLeaseLoss: whoever has lost the lead steps nevertheless.
void Falsify(Tooth tooth, coordination::Txn& txn);
// kSwitchBeforeReady, kReadyOfAnother: what whoever coordinates reads under "ready/".
void Falsify(Etcd& etcd, const coordination::RangeRequest& request, coordination::RangePage& page);

// kNoDrain: the put is admitted, and then under way where the gate does not see it.
async::Task<Result<void>> PutUndrained(storage_node::StorageNode& node, replication::Target target,
                                       std::vector<blob::Blob> batch,
                                       std::chrono::milliseconds later, Deadline deadline);

// kOneSource: of a slot that one source has been asked for, the next ones give nothing.
class OneSource {
 public:
  void Empty(const NodeId& source, const placement::SlotSet& slots,
             replication::SlotScanPage& page);

 private:
  std::map<NodeId, placement::SlotSet> given_ = {};
};

}  // namespace tritontube::simulation
