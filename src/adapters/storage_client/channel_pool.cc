#include "adapters/storage_client/channel_pool.h"

#include <algorithm>

namespace tritontube::storage_client {

std::shared_ptr<rpc::Channel> ChannelPool::ChannelTo(const std::string& address) {
  std::shared_ptr<rpc::Channel> evicted;
  const std::lock_guard lock(mutex_);
  auto entry = channels_.find(address);
  if (entry == channels_.end()) {
    if (channels_.size() >= channels_max_) evicted = TakeOldest();
    entry =
        channels_
            .emplace(address, Entry{.channel = std::make_shared<rpc::Channel>(address, options_)})
            .first;
  }
  entry->second.used = ++use_count_;
  return entry->second.channel;
}

std::size_t ChannelPool::size() const {
  const std::lock_guard lock(mutex_);
  return channels_.size();
}

std::shared_ptr<rpc::Channel> ChannelPool::TakeOldest() {
  const auto oldest = std::ranges::min_element(
      channels_, {}, [](const auto& channel) { return channel.second.used; });
  std::shared_ptr<rpc::Channel> channel = std::move(oldest->second.channel);
  channels_.erase(oldest);
  return channel;
}

}  // namespace tritontube::storage_client
