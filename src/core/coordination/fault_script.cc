#include "core/coordination/fault_script.h"

namespace tritontube::coordination {

void FaultScript::Add(Call call, const Fault& fault, int skip) {
  steps_[call].push_back({.fault = fault, .skip = skip});
}

std::optional<Fault> FaultScript::Take(Call call) {
  std::deque<Step>& steps = steps_[call];
  if (steps.empty() || steps.front().skip-- > 0) return std::nullopt;
  const Fault fault = steps.front().fault;
  steps.pop_front();
  return fault;
}

}  // namespace tritontube::coordination
