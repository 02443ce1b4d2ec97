#pragma once

#include <array>
#include <map>
#include <string>
#include <string_view>

#include "core/coordination/conformance_suite.h"
#include "core/coordination/mirror.h"

namespace tritontube::coordination {

// Knows the values of two kinds of keys.
class ListBoard {
 public:
  static constexpr std::array<std::string_view, 2> kPrefixes = {"apple/", "pear/"};

  void Apply(const Event& event) {
    if (event.kind == Event::Kind::kPut) {
      values_[event.item.key] = event.item.value;
    } else {
      values_.erase(event.item.key);
    }
  }
  const std::map<std::string, std::string>& values() const { return values_; }

 private:
  std::map<std::string, std::string> values_;
};

using ListMirror = Mirror<ListBoard>;

// Waits until the board knows exactly so many keys.
inline async::Task<void> UntilItKnows(ListMirror& mirror, std::size_t count) {
  const Deadline deadline = Soon();
  for (auto seen = mirror.changed().count(); mirror.board().values().size() != count;
       seen = mirror.changed().count()) {
    co_await mirror.changed().WaitBeyond(seen, deadline);
    if (deadline.HasPassed()) Must(Result<void>(Fail(ErrorCode::kDeadlineExceeded, "not heard")));
  }
}

// Runs a mirror of what is there beside a test's `body`.
inline async::Task<void> Beside(Coordination& engine,
                                async::Task<void> (*body)(Coordination&, ListMirror&)) {
  ListMirror mirror(engine);
  async::TaskGroup running(co_await async::asio::this_coro::executor);
  running.Spawn(mirror.Run());
  co_await body(engine, mirror);
  co_await running.Stop();
}

}  // namespace tritontube::coordination
