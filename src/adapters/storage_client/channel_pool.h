#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "transport/rpc/channel.h"

namespace tritontube::storage_client {

// Connections by address, made when they are first needed. Of the addresses
// beyond `channels_max` those go that were not used for longest: a cluster
// forgets nodes that left, and so does this. Any thread.
class ChannelPool {
 public:
  ChannelPool(rpc::ChannelOptions options, std::size_t channels_max)
      : options_(std::move(options)), channels_max_(channels_max) {}

  // A call holds its channel, so that a channel goes when its last call has ended.
  std::shared_ptr<rpc::Channel> ChannelTo(const std::string& address);
  std::size_t size() const;

 private:
  struct Entry {
    std::shared_ptr<rpc::Channel> channel;
    std::uint64_t used = 0;
  };

  // What has to go for a new one; it is destroyed outside of the lock.
  std::shared_ptr<rpc::Channel> TakeOldest();

  const rpc::ChannelOptions options_;
  const std::size_t channels_max_;
  mutable std::mutex mutex_;
  std::map<std::string, Entry> channels_;
  std::uint64_t use_count_ = 0;
};

}  // namespace tritontube::storage_client
