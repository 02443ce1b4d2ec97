#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "core/coordination/coordination.h"
#include "foundation/async/io_pool.h"

// What every engine of the seam must do. The test of an engine links the target
// coordination_conformance and says
//
//   INSTANTIATE_TEST_SUITE_P(Name, ConformanceTest, testing::Values(EngineUnderTest{...}));
//
// Keys begin with what the test calls them, so engines start empty.
namespace tritontube::coordination {

struct EngineUnderTest {
  // A new, empty engine. The pointer keeps what the engine stands on alive.
  std::function<std::shared_ptr<Coordination>()> make;
  // Makes the engine forget, for watches, what has happened so far.
  std::function<async::Task<void>(Coordination&)> forget_history;
  // The shortest lease that the engine honours.
  std::chrono::milliseconds ttl_min{20};
};

class ConformanceTest : public testing::TestWithParam<EngineUnderTest> {
 protected:
  using Body = async::Task<void> (*)(Coordination&, const EngineUnderTest&);

  // Runs the body of a test on an io thread.
  void Run(Body body);
  // Runs it on `count` io threads at once.
  void RunTogether(int count, Body body);

  async::IoPool io_{4};
  std::shared_ptr<Coordination> engine_ = GetParam().make();
};

// Long enough for a busy machine: what waits for it has failed.
Deadline Soon();

// The value, or the end of the test with the error's own words.
template <typename T>
T Must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message());
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

async::Task<TxnAnswer> MustCommit(Coordination& engine, Txn txn);
// The revision that it made.
async::Task<Revision> Put(Coordination& engine, std::string key, std::string value,
                          LeaseId lease = kNoLease);
async::Task<Revision> Delete(Coordination& engine, std::string key);
async::Task<std::optional<KeyValue>> Read(Coordination& engine, std::string key);
// The value only.
async::Task<std::optional<std::string>> ReadValue(Coordination& engine, std::string key);
// The revision of the state.
async::Task<Revision> Now(Coordination& engine);
// The code of an error that must be there.
template <typename T>
ErrorCode CodeOf(const Result<T>& result) {
  if (result) throw std::runtime_error("an error was expected, and there is none");
  return result.error().code();
}

}  // namespace tritontube::coordination
