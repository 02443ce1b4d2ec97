#include "services/storage_node/epoch_gate.h"

#include <gtest/gtest.h>

#include "foundation/async/io_pool.h"
#include "foundation/async/task_group.h"
#include "support/moments.h"
#include "support/must.h"

namespace tritontube::storage_node {
namespace {

using support::CodeOf;
using support::Must;
using support::Soon;

TEST(EpochGate, AdmitsOnlyTheRecordedEpoch) {
  EpochGate gate(3);
  EXPECT_EQ(CodeOf(gate.Admit(2)), ErrorCode::kAborted);
  EXPECT_TRUE(gate.Admit(3).has_value());
  EXPECT_EQ(CodeOf(gate.Admit(4)), ErrorCode::kAborted);
  gate.Open(4);
  EXPECT_EQ(CodeOf(gate.Admit(3)), ErrorCode::kAborted);
  EXPECT_TRUE(gate.Admit(4).has_value());
  EXPECT_EQ(gate.recorded(), 4U);
}

TEST(EpochGate, IsDrainedWhenTheLastAdmissionHasEnded) {
  const async::IoPool io(1);
  EpochGate gate(1);
  {
    const auto first = gate.Admit(1);
    const auto passed = Deadline::After(std::chrono::milliseconds(1));
    EXPECT_EQ(CodeOf(async::BlockOn(io.executor(0), gate.Drain(2, passed))),
              ErrorCode::kDeadlineExceeded);
  }
  Must(async::BlockOn(io.executor(0), gate.Drain(2, Soon())));
}

TEST(EpochGate, StaysShutForAnEpochThatIsBeingLeft) {
  const async::IoPool io(1);
  EpochGate gate(1);
  Must(async::BlockOn(io.executor(0), gate.Drain(2, Soon())));
  EXPECT_EQ(CodeOf(gate.Admit(1)), ErrorCode::kAborted);
  EXPECT_EQ(CodeOf(gate.Admit(2)), ErrorCode::kAborted);  // It is not durable yet.
  EXPECT_EQ(gate.recorded(), 1U);
}

async::Task<void> DrainInto(EpochGate& gate, std::optional<Result<void>>& drained) {
  drained = co_await gate.Drain(2, Soon());
}

async::Task<void> StopADrain(EpochGate& gate) {
  const auto admission = gate.Admit(1);
  std::optional<Result<void>> drained;
  async::TaskGroup group(co_await async::asio::this_coro::executor);
  group.Spawn(DrainInto(gate, drained));
  co_await group.Stop();
  EXPECT_EQ(CodeOf(*drained), ErrorCode::kCancelled);
}

TEST(EpochGate, ADrainCanBeStopped) {
  const async::IoPool io(1);
  EpochGate gate(1);
  async::BlockOn(io.executor(0), StopADrain(gate));
}

}  // namespace
}  // namespace tritontube::storage_node
