#pragma once

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "support/forwarding_coordination.h"

namespace tritontube::support {

// Shows keys as an engine does whose checksums say that they are damaged: they are
// listed without their value, and nothing can be decided on them until they are
// written anew. One test's thread only.
class DamagedCoordination final : public ForwardingCoordination {
 public:
  using ForwardingCoordination::ForwardingCoordination;

  void Damage(std::string key) { damaged_.insert(std::move(key)); }

  async::Task<Result<coordination::GetAnswer>> Get(std::string key, Deadline deadline) override {
    if (damaged_.contains(key)) co_return Fail(ErrorCode::kCorrupt, "{} is damaged", key);
    co_return co_await engine().Get(std::move(key), deadline);
  }
  async::Task<Result<coordination::RangePage>> Range(coordination::RangeRequest request,
                                                     Deadline deadline) override {
    auto page = co_await engine().Range(std::move(request), deadline);
    if (page) std::ranges::for_each(page->items, [this](auto& item) { Show(item); });
    co_return page;
  }
  async::Task<Result<coordination::TxnAnswer>> Commit(coordination::Txn txn,
                                                      Deadline deadline) override {
    for (coordination::Compare& compare : txn.compares) {
      if (damaged_.contains(compare.key)) compare.modified = kNeverHolds;
    }
    const coordination::Txn asked = txn;
    auto answer = co_await engine().Commit(std::move(txn), deadline);
    if (!answer) co_return answer;
    for (const auto& operation : answer->succeeded ? asked.then : asked.otherwise) {
      if (operation.kind != coordination::Operation::Kind::kGet) damaged_.erase(operation.key);
    }
    for (auto& item : answer->gets) {
      if (item) Show(*item);
    }
    co_return answer;
  }

 private:
  static constexpr coordination::Revision kNeverHolds = -1;

  void Show(coordination::KeyValue& item) const {
    if (!damaged_.contains(item.key)) return;
    // The revision may be what is damaged.
    item = {.key = item.key, .modified = item.modified ^ 1, .damaged = true};
  }

  std::set<std::string> damaged_;
};

}  // namespace tritontube::support
