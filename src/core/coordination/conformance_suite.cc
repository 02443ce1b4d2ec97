#include "core/coordination/conformance_suite.h"

#include <thread>
#include <vector>

namespace tritontube::coordination {

void ConformanceTest::Run(Body body) {
  async::BlockOn(io_.executor(0), body(*engine_, GetParam()));
}

void ConformanceTest::RunTogether(int count, Body body) {
  std::vector<std::jthread> threads;
  for (int i = 0; i < count; ++i) {
    const auto executor = io_.executor(static_cast<std::size_t>(i) % io_.size());
    threads.emplace_back([this, body, executor] {
      try {
        async::BlockOn(executor, body(*engine_, GetParam()));
      } catch (const std::exception& error) {
        ADD_FAILURE() << error.what();
      }
    });
  }
}

Deadline Soon() { return Deadline::After(std::chrono::seconds(30)); }

async::Task<TxnAnswer> MustCommit(Coordination& engine, Txn txn) {
  co_return Must(co_await engine.Commit(std::move(txn), Soon()));
}

async::Task<Revision> Put(Coordination& engine, std::string key, std::string value, LeaseId lease) {
  const TxnAnswer answer = co_await MustCommit(
      engine, {.compares = {}, .then = {Operation::Put(std::move(key), std::move(value), lease)}});
  co_return answer.revision;
}

async::Task<Revision> Delete(Coordination& engine, std::string key) {
  const TxnAnswer answer =
      co_await MustCommit(engine, {.compares = {}, .then = {Operation::Delete(std::move(key))}});
  co_return answer.revision;
}

async::Task<std::optional<KeyValue>> Read(Coordination& engine, std::string key) {
  co_return Must(co_await engine.Get(std::move(key), Soon())).item;
}

async::Task<std::optional<std::string>> ReadValue(Coordination& engine, std::string key) {
  std::optional<KeyValue> item = co_await Read(engine, std::move(key));
  if (!item) co_return std::nullopt;
  co_return std::move(item->value);
}

async::Task<Revision> Now(Coordination& engine) {
  co_return Must(co_await engine.Get("now", Soon())).revision;
}

}  // namespace tritontube::coordination
