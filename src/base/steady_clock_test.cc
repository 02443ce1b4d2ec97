#include "base/steady_clock.h"

#include <gmock/gmock.h>

#include <thread>

#include "base/clock.h"
#include "base/deadline.h"

namespace tritontube {

namespace {

using std::chrono_literals::operator""s;
using std::chrono_literals::operator""h;

TEST(SteadyClock, IsTheRealOneUnlessThisThreadHasAVirtualOne) {
  const auto real = std::chrono::steady_clock::now();
  {
    const VirtualClock clock;
    EXPECT_EQ(SteadyClock::now(), SteadyClock::time_point());
    EXPECT_EQ(SystemClock().SteadyNow(), SteadyClock::time_point());
    std::thread([&] { EXPECT_GE(SteadyClock::now(), real); }).join();
  }
  EXPECT_GE(SteadyClock::now(), real);
}

TEST(VirtualClock, RingsAlarmsInTheOrderOfTheirTimes) {
  VirtualClock clock;
  std::vector<std::string> rung;
  const auto begin = clock.now();
  clock.SetAlarm(begin + 2h, [&] { rung.emplace_back("second"); });
  clock.SetAlarm(begin + 1h, [&] {
    rung.emplace_back("first");
    clock.SetAlarm(begin, [&] { rung.emplace_back("at once"); });
  });
  clock.SetAlarm(begin + 2h, [&] { rung.emplace_back("third"); });
  while (clock.Advance()) {
  }
  EXPECT_THAT(rung, testing::ElementsAre("first", "at once", "second", "third"));
  EXPECT_EQ(clock.now(), begin + 2h);
}

TEST(VirtualClock, DoesNotRingWhatWasCancelled) {
  VirtualClock clock;
  const auto alarm = clock.SetAlarm(clock.now() + 1h, [] { FAIL(); });
  clock.CancelAlarm(alarm);
  EXPECT_FALSE(clock.Advance());
}

TEST(VirtualClock, StopsAtTheTimeThatItIsGiven) {
  VirtualClock clock;
  bool rung = false;
  const auto begin = clock.now();
  clock.SetAlarm(begin + 10s, [&] { rung = true; });
  EXPECT_FALSE(clock.Advance(begin + 9s));
  EXPECT_EQ(clock.now(), begin + 9s);
  EXPECT_FALSE(rung);
  EXPECT_TRUE(clock.Advance(begin + 10s));
  EXPECT_TRUE(rung);
}

TEST(VirtualClock, MovesDeadlines) {
  VirtualClock clock;
  const Deadline deadline = Deadline::After(10s);
  clock.Advance(clock.now() + 4s);
  EXPECT_EQ(deadline.Left(), 6s);
  EXPECT_FALSE(deadline.HasPassed());
  clock.Advance(clock.now() + 6s);
  EXPECT_TRUE(deadline.HasPassed());
}

}  // namespace

}  // namespace tritontube
