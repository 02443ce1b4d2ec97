#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "domain/topology/topology.h"
#include "foundation/async/task_group.h"

namespace tritontube::replication {

// What all members answer to `call`, asked at once, in their order.
template <typename T, typename Call>
async::Task<std::vector<Result<T>>> AskAll(const topology::Topology& topology, Call call) {
  std::vector<std::optional<Result<T>>> answers(topology.members.size());
  std::vector<async::Task<void>> tasks;
  tasks.reserve(answers.size());
  for (std::size_t place = 0; place < answers.size(); ++place) {
    tasks.push_back(async::KeepResult(call(topology.members[place]), answers[place]));
  }
  co_await async::RunAll(std::move(tasks));
  std::vector<Result<T>> all;
  all.reserve(answers.size());
  for (std::optional<Result<T>>& answer : answers) all.push_back(*std::move(answer));
  co_return all;
}

// The first answer of a node that asks for another epoch.
template <typename T>
const Error* FindAborted(const std::vector<Result<T>>& answers) {
  for (const Result<T>& answer : answers) {
    if (!answer && answer.error().code() == ErrorCode::kAborted) return &answer.error();
  }
  return nullptr;
}

// "host:port: why" of everybody who failed.
template <typename T>
std::vector<std::string> CausesOf(const topology::Topology& topology,
                                  const std::vector<Result<T>>& answers) {
  std::vector<std::string> causes;
  for (std::size_t place = 0; place < answers.size(); ++place) {
    if (answers[place]) continue;
    causes.push_back(
        fmt::format("{}: {}", topology.members[place].address, answers[place].error().message()));
  }
  return causes;
}

}  // namespace tritontube::replication
