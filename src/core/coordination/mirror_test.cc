#include "core/coordination/mirror.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "core/coordination/mirror_board_test.h"
#include "core/coordination/model_coordination.h"

// What every engine does with a mirror is in conformance_mirror.cc.
namespace tritontube::coordination {
namespace {

using async::Task;

// Runs `prepare`, and then a mirror beside `body`.
void InWorld(Task<void> (*prepare)(ModelCoordination&),
             Task<void> (*body)(Coordination&, ListMirror&)) {
  const SystemClock clock;
  ModelCoordination engine(clock);
  const async::IoPool io(1);
  async::BlockOn(io.executor(0), prepare(engine));
  async::BlockOn(io.executor(0), Beside(engine, body));
}

Task<void> PutSome(ModelCoordination& engine) {
  co_await Put(engine, "apple/1", "red");
  co_await Put(engine, "pear/1", "green");
}

TEST(Mirror, ReadsMoreThanAPage) {
  const auto prepare = [](ModelCoordination& engine) -> Task<void> {
    for (int i = 0; i < 2'500; ++i) co_await Put(engine, fmt::format("apple/{}", i), "red");
  };
  InWorld(prepare, [](Coordination& /*engine*/, ListMirror& mirror) -> Task<void> {
    co_await UntilItKnows(mirror, 2'500);
  });
}

TEST(Mirror, ReadsEverythingAgainWhenTheHistoryIsGone) {
  InWorld(PutSome, [](Coordination& engine, ListMirror& mirror) -> Task<void> {
    co_await UntilItKnows(mirror, 2);
    co_await Put(engine, "apple/2", "red");
    co_await Delete(engine, "pear/1");
    co_await Put(engine, "apple/3", "red");
    dynamic_cast<ModelCoordination&>(engine).ForgetHistory();
    co_await UntilItKnows(mirror, 3);
    EXPECT_FALSE(mirror.board().values().contains("pear/1"));
    co_await Put(engine, "pear/2", "green");
    co_await UntilItKnows(mirror, 4);
  });
}

TEST(Mirror, ReadsEverythingAgainWhenItCannotBeReadOrFollowed) {
  const telemetry::LogCapture log;
  const auto prepare = [](ModelCoordination& engine) -> Task<void> {
    co_await PutSome(engine);
    // The second prefix, after the first was read; later the watch.
    engine.AddFault(Call::kRange, Fault::Error(ErrorCode::kUnavailable), 1);
    engine.AddFault(Call::kWatch, Fault::Error(ErrorCode::kUnavailable));
  };
  InWorld(prepare, [](Coordination& engine, ListMirror& mirror) -> Task<void> {
    co_await UntilItKnows(mirror, 2);
    co_await Put(engine, "apple/2", "red");
    co_await UntilItKnows(mirror, 3);
    co_await Put(engine, "pear/2", "green");
    co_await UntilItKnows(mirror, 4);
  });
  EXPECT_NE(log.Find({"warn  what is under a prefix is read again", "prefix=apple/"}), "");
}

}  // namespace
}  // namespace tritontube::coordination
