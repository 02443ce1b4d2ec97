#pragma once

#include <memory>
#include <string>
#include <utility>

#include "core/coordination/coordination.h"

namespace tritontube::support {

// Passes everything on to another Coordination, for those that change some of it.
class ForwardingCoordination : public coordination::Coordination {
 public:
  explicit ForwardingCoordination(coordination::Coordination& engine) : engine_(engine) {}

  async::Task<Result<coordination::GetAnswer>> Get(std::string key, Deadline deadline) override {
    return engine_.Get(std::move(key), deadline);
  }
  async::Task<Result<coordination::RangePage>> Range(coordination::RangeRequest request,
                                                     Deadline deadline) override {
    return engine_.Range(std::move(request), deadline);
  }
  async::Task<Result<coordination::TxnAnswer>> Commit(coordination::Txn txn,
                                                      Deadline deadline) override {
    return engine_.Commit(std::move(txn), deadline);
  }
  async::Task<Result<coordination::LeaseId>> GrantLease(std::chrono::milliseconds ttl,
                                                        Deadline deadline) override {
    return engine_.GrantLease(ttl, deadline);
  }
  async::Task<Result<void>> RenewLease(coordination::LeaseId lease, Deadline deadline) override {
    return engine_.RenewLease(lease, deadline);
  }
  async::Task<Result<void>> RevokeLease(coordination::LeaseId lease, Deadline deadline) override {
    return engine_.RevokeLease(lease, deadline);
  }
  std::unique_ptr<coordination::Watch> WatchPrefix(std::string prefix,
                                                   coordination::Revision after) override {
    return engine_.WatchPrefix(std::move(prefix), after);
  }

 protected:
  coordination::Coordination& engine() { return engine_; }

 private:
  coordination::Coordination& engine_;
};

}  // namespace tritontube::support
