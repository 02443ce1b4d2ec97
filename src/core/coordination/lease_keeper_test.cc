#include "core/coordination/lease_keeper.h"

#include <gtest/gtest.h>

#include "core/coordination/conformance_suite.h"
#include "core/coordination/model_coordination.h"
#include "foundation/async/task_group.h"
#include "foundation/telemetry/log.h"

namespace tritontube::coordination {
namespace {

using async::Task;
using namespace std::chrono_literals;

struct World {
  SystemClock clock;
  ModelCoordination engine{clock};
  LeaseKeeper keeper{engine, 30ms};
};

// Runs the keeper until a key under its first lease has gone.
Task<void> RunUntilTheLeaseHasEnded(World& world) {
  Must(co_await world.keeper.Start(Soon()));
  const Revision put =
      Must(co_await world.engine.Commit(
               {.compares = {}, .then = {Operation::Put("open/1", "", world.keeper.lease())}},
               Soon()))
          .revision;
  async::TaskGroup running(co_await async::asio::this_coro::executor);
  running.Spawn(world.keeper.Run());
  const auto watch = world.engine.WatchPrefix("open/", put);
  const WatchBatch batch = Must(co_await watch->Next(Soon()));
  EXPECT_EQ(batch.events.front().kind, Event::Kind::kDelete);
  co_await running.Stop();
}

TEST(LeaseKeeper, TellsWhenItsLeaseWasLost) {
  const telemetry::LogCapture log;
  World world;
  world.engine.AddFault(Call::kRenewLease, Fault::EndLeases());
  const async::IoPool io(1);
  async::BlockOn(io.executor(0), RunUntilTheLeaseHasEnded(world));
  EXPECT_EQ(world.keeper.lost_count(), 1U);
  EXPECT_NE(log.Find({"warn  lease lost", "lease="}), "");
}

}  // namespace
}  // namespace tritontube::coordination
