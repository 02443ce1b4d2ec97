#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "transport/rpc/channel.h"

namespace tritontube::etcd {

// The members of an etcd cluster, and which of them answered last. Any thread.
class Members {
 public:
  Members(const std::vector<std::string>& endpoints, std::chrono::milliseconds attempt_time,
          std::chrono::milliseconds commit_time);

  // For what may happen twice: asks one member after the other until one answers, or refuses for
  // a reason that all would have. kUnavailable when none does.
  async::Task<Result<blob::Bytes>> Ask(std::string method, blob::Bytes request, Deadline deadline);
  // The same, for methods of streams of which one message each way is enough.
  async::Task<Result<blob::Bytes>> AskByStream(std::string method, blob::Bytes request,
                                               Deadline deadline);
  // For what must not happen twice: asks the next member only when it is proved that nothing
  // happened. kOutcomeUnknown when it may have.
  async::Task<Result<blob::Bytes>> AskOnce(std::string method, blob::Bytes request,
                                           Deadline deadline);

  std::size_t count() const { return channels_.size(); }
  rpc::Channel& member(std::size_t index) { return *channels_[index]; }
  // Whom to ask first.
  std::size_t preferred() const { return preferred_; }
  void Prefer(std::size_t index) { preferred_ = index; }
  // The member did not answer: the next one is preferred, unless somebody else noticed before.
  void Avoid(std::size_t index);

  std::chrono::milliseconds attempt_time() const { return attempt_time_; }

 private:
  using Attempt = async::Task<Result<blob::Bytes>> (*)(rpc::Channel& member,
                                                       const std::string& method,
                                                       const blob::Bytes& request,
                                                       Deadline deadline);
  async::Task<Result<blob::Bytes>> Repeat(Attempt attempt, std::string method, blob::Bytes request,
                                          Deadline deadline);

  std::vector<std::unique_ptr<rpc::Channel>> channels_;
  const std::chrono::milliseconds attempt_time_;
  const std::chrono::milliseconds commit_time_;
  std::atomic<std::size_t> preferred_ = 0;
};

// Waits a little before the next round through the members; longer each time.
async::Task<void> PauseBeforeRound(std::size_t round, Deadline deadline);

}  // namespace tritontube::etcd
