#pragma once

#include <memory>
#include <optional>
#include <string>

#include "adapters/etcd/members.h"
#include "core/coordination/coordination.h"
#include "etcd/etcd.pb.h"

namespace tritontube::etcd {

// A subscription that goes on at another member when its own one is lost, from where it was.
class EtcdWatch final : public coordination::Watch {
 public:
  // `key_prefix` stands in front of etcd's keys and not of ours.
  EtcdWatch(Members& members, std::string key_prefix, std::string prefix,
            coordination::Revision after);

  async::Task<Result<coordination::WatchBatch>> Next(Deadline deadline) override;

 private:
  // What a message of etcd's means: events, an error for the caller, or nothing.
  using News = std::optional<Result<coordination::WatchBatch>>;

  async::Task<void> Subscribe(Deadline deadline);
  News Take(const blob::Bytes& bytes);
  coordination::WatchBatch TakeEvents(const etcdserverpb::WatchResponse& response);
  void Leave();

  Members& members_;
  const std::string key_prefix_;
  const std::string prefix_;
  coordination::Revision told_;

  std::unique_ptr<rpc::Stream> stream_;
  std::size_t member_ = 0;
  bool confirmed_ = false;  // The member has taken the subscription.
  Deadline confirm_until_ = Deadline::Never();
  std::size_t failures_ = 0;  // Since the last confirmation.
};

}  // namespace tritontube::etcd
