#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "core/coordination/coordination.h"

namespace tritontube::etcd {

class Members;

struct EtcdOptions {
  std::vector<std::string> endpoints;  // "host:port" of the members.
  // In front of every key, so that several systems may share an etcd.
  std::string prefix = "tritontube/";
  // How long a member may keep a read at first; every round through the members doubles it.
  std::chrono::milliseconds attempt_time = std::chrono::seconds(1);
  // How long a commit waits for the member that has it. Longer than an election takes: nobody but
  // that member knows what became of it.
  std::chrono::milliseconds commit_time = std::chrono::seconds(5);
};

// Coordination in an etcd cluster of at least v3.4, which survives the loss of a minority of its
// members.
//
// A call goes to the member that answered last; a read goes on to the others when that one does
// not answer. A commit goes on only when it is proved that it did not happen, and else ends with
// kOutcomeUnknown. A read is linearizable as far as etcd is: members before v3.4.42 may answer from
// the past after they were stopped for a while, so that decisions are made by Commit only.
class EtcdCoordination final : public coordination::Coordination {
 public:
  // kFailedPrecondition when a member has a version that loses data or that we do not know, or
  // when the members are not of one cluster; kUnavailable when no member answers.
  static async::Task<Result<std::unique_ptr<EtcdCoordination>>> Open(EtcdOptions options,
                                                                     Deadline deadline);
  ~EtcdCoordination() override;
  EtcdCoordination(const EtcdCoordination&) = delete;
  EtcdCoordination& operator=(const EtcdCoordination&) = delete;

  async::Task<Result<coordination::GetAnswer>> Get(std::string key, Deadline deadline) override;
  async::Task<Result<coordination::RangePage>> Range(coordination::RangeRequest request,
                                                     Deadline deadline) override;
  async::Task<Result<coordination::TxnAnswer>> Commit(coordination::Txn txn,
                                                      Deadline deadline) override;
  // In whole seconds, rounded up; etcd makes short ones longer.
  async::Task<Result<coordination::LeaseId>> GrantLease(std::chrono::milliseconds ttl,
                                                        Deadline deadline) override;
  async::Task<Result<void>> RenewLease(coordination::LeaseId lease, Deadline deadline) override;
  async::Task<Result<void>> RevokeLease(coordination::LeaseId lease, Deadline deadline) override;
  std::unique_ptr<coordination::Watch> WatchPrefix(std::string prefix,
                                                   coordination::Revision after) override;

 private:
  explicit EtcdCoordination(EtcdOptions options);

  const EtcdOptions options_;
  const std::unique_ptr<Members> members_;
};

}  // namespace tritontube::etcd
