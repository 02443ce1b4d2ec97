#include "core/coordination/mirror_board_test.h"

namespace tritontube::coordination {
namespace {

using async::Task;

TEST_P(ConformanceTest, AMirrorKnowsWhatIsThereAndHearsWhatHappensUnderEachPrefix) {
  Run([](Coordination& engine, const EngineUnderTest&) -> Task<void> {
    co_await Put(engine, "apple/1", "red");
    co_await Put(engine, "pear/1", "green");
    co_await Put(engine, "plum/1", "blue");
    co_await Beside(engine, [](Coordination& within, ListMirror& mirror) -> Task<void> {
      co_await UntilItKnows(mirror, 2);
      co_await Put(within, "pear/2", "yellow");
      co_await UntilItKnows(mirror, 3);
      EXPECT_EQ(mirror.board().values().at("pear/2"), "yellow");
      co_await Delete(within, "apple/1");
      co_await UntilItKnows(mirror, 2);
      EXPECT_FALSE(mirror.board().values().contains("apple/1"));
    });
  });
}

TEST_P(ConformanceTest, AMirrorHearsThatALeaseHasEnded) {
  Run([](Coordination& engine, const EngineUnderTest&) -> Task<void> {
    co_await Beside(engine, [](Coordination& within, ListMirror& mirror) -> Task<void> {
      const LeaseId lease = Must(co_await within.GrantLease(std::chrono::hours(1), Soon()));
      co_await Put(within, "pear/1", "green", lease);
      co_await UntilItKnows(mirror, 1);
      Must(co_await within.RevokeLease(lease, Soon()));
      co_await UntilItKnows(mirror, 0);
    });
  });
}

}  // namespace
}  // namespace tritontube::coordination
