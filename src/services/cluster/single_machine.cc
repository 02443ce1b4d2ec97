#include "services/cluster/single_machine.h"

namespace tritontube::cluster {

async::Task<Result<ClusterStatus>> SingleMachine::Look(Deadline deadline) const {
  NodeView node{.address = {}, .slots = placement::kSlotCount};
  const Result<blob::StoreStatus> status = co_await store_.Status(deadline);
  if (status) {
    node.state = NodeView::State::kUp;
    node.store = *status;
  } else {
    node.reason = status.error().message();
  }
  co_return ClusterStatus{.nodes = {std::move(node)}};
}

}  // namespace tritontube::cluster
