#include "core/coordination/mirror.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>

#include "core/coordination/conformance_suite.h"
#include "core/coordination/model_coordination.h"

namespace tritontube::coordination {
namespace {

using async::Task;

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

struct World {
  SystemClock clock;
  ModelCoordination engine{clock};
  Mirror<ListBoard> mirror{engine};

  Task<void> Put(std::string key, std::string value, LeaseId lease = kNoLease) {
    Must(co_await engine.Commit(
        {.compares = {}, .then = {Operation::Put(std::move(key), std::move(value), lease)}},
        Soon()));
  }
  Task<void> Delete(std::string key) {
    Must(co_await engine.Commit({.compares = {}, .then = {Operation::Delete(std::move(key))}},
                                Soon()));
  }
  // Waits until the board knows exactly so many keys.
  Task<void> UntilItKnows(std::size_t count) {
    for (auto seen = mirror.changed().count(); mirror.board().values().size() != count;
         seen = mirror.changed().count()) {
      co_await mirror.changed().WaitBeyond(seen, Soon());
    }
  }
};

// Runs the mirror beside `body`.
void InWorld(Task<void> (*prepare)(World&), Task<void> (*body)(World&)) {
  World world;
  const async::IoPool io(1);
  const auto both = [](World& in, Task<void> first, Task<void> second) -> Task<void> {
    co_await std::move(first);
    async::TaskGroup running(co_await async::asio::this_coro::executor);
    running.Spawn(in.mirror.Run());
    co_await std::move(second);
    co_await running.Stop();
  };
  async::BlockOn(io.executor(0), both(world, prepare(world), body(world)));
}

Task<void> PutSome(World& world) {
  co_await world.Put("apple/1", "red");
  co_await world.Put("pear/1", "green");
  co_await world.Put("plum/1", "blue");
}

TEST(Mirror, KnowsWhatIsThereAndWhatHappensUnderEachOfItsPrefixes) {
  InWorld(PutSome, [](World& world) -> Task<void> {
    co_await world.UntilItKnows(2);
    co_await world.Put("pear/2", "yellow");
    co_await world.UntilItKnows(3);
    EXPECT_EQ(world.mirror.board().values().at("pear/2"), "yellow");
    co_await world.Delete("apple/1");
    co_await world.UntilItKnows(2);
    EXPECT_FALSE(world.mirror.board().values().contains("apple/1"));
  });
}

TEST(Mirror, ReadsMoreThanAPage) {
  const auto prepare = [](World& world) -> Task<void> {
    for (int i = 0; i < 2'500; ++i) co_await world.Put(fmt::format("apple/{}", i), "red");
  };
  InWorld(prepare, [](World& world) -> Task<void> { co_await world.UntilItKnows(2'500); });
}

TEST(Mirror, HearsThatALeaseHasEnded) {
  InWorld(PutSome, [](World& world) -> Task<void> {
    const LeaseId lease = Must(co_await world.engine.GrantLease(std::chrono::hours(1), Soon()));
    co_await world.Put("pear/2", "yellow", lease);
    co_await world.UntilItKnows(3);
    Must(co_await world.engine.RevokeLease(lease, Soon()));
    co_await world.UntilItKnows(2);
  });
}

TEST(Mirror, ReadsEverythingAgainWhenTheHistoryIsGone) {
  InWorld(PutSome, [](World& world) -> Task<void> {
    co_await world.UntilItKnows(2);
    co_await world.Put("apple/2", "red");
    co_await world.Delete("pear/1");
    co_await world.Put("apple/3", "red");
    world.engine.ForgetHistory();
    co_await world.UntilItKnows(3);
    EXPECT_FALSE(world.mirror.board().values().contains("pear/1"));
    co_await world.Put("pear/2", "green");
    co_await world.UntilItKnows(4);
  });
}

TEST(Mirror, ReadsEverythingAgainWhenItCannotBeReadOrFollowed) {
  const telemetry::LogCapture log;
  const auto prepare = [](World& world) -> Task<void> {
    co_await PutSome(world);
    // The second prefix, after the first was read; later the watch.
    world.engine.AddFault(Call::kRange, Fault::Error(ErrorCode::kUnavailable), 1);
    world.engine.AddFault(Call::kWatch, Fault::Error(ErrorCode::kUnavailable));
  };
  InWorld(prepare, [](World& world) -> Task<void> {
    co_await world.UntilItKnows(2);
    co_await world.Put("apple/2", "red");
    co_await world.UntilItKnows(3);
    co_await world.Put("pear/2", "green");
    co_await world.UntilItKnows(4);
  });
  EXPECT_NE(log.Find({"warn  what is under a prefix is read again", "prefix=apple/"}), "");
}

}  // namespace
}  // namespace tritontube::coordination
