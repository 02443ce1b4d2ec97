#pragma once

#include <functional>
#include <string>
#include <utility>

#include "support/forwarding_coordination.h"

namespace tritontube::support {

// Lets a test do something between a caller's read and its write. One test's
// thread only.
class InterruptedCoordination final : public ForwardingCoordination {
 public:
  using ForwardingCoordination::ForwardingCoordination;

  // Before each of the next `count` transactions that write, `act` is awaited.
  void BeforeWrites(int count, std::function<async::Task<void>()> act) {
    count_ = count;
    act_ = std::move(act);
  }

  // The next `count` transactions that only read find nothing, as if they were
  // answered from before everything.
  void BlindNextReads(int count) { blind_count_ = count; }

  async::Task<Result<coordination::TxnAnswer>> Commit(coordination::Txn txn,
                                                      Deadline deadline) override {
    // Ours read without comparing.
    const bool reads = txn.compares.empty();
    if (!reads && count_ > 0) {
      --count_;
      co_await act_();
    }
    if (reads && blind_count_ > 0) {
      --blind_count_;
      co_return coordination::TxnAnswer{
          .succeeded = true, .revision = 0, .gets = {txn.then.size(), std::nullopt}};
    }
    co_return co_await engine().Commit(std::move(txn), deadline);
  }

 private:
  int count_ = 0;
  int blind_count_ = 0;
  std::function<async::Task<void>()> act_;
};

}  // namespace tritontube::support
