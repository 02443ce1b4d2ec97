#include "simulation/operator.h"

#include <fmt/ranges.h>

#include <algorithm>

namespace tritontube::simulation {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

namespace {

bool IsLost(const Machine& machine) { return machine.loss() == Machine::Loss::kAll; }
bool IsDown(const Machine& machine) { return machine.process() == nullptr; }
bool IsThere(const Machine& machine) { return !IsLost(machine); }

}  // namespace

async::Task<void> Operator::WorkUntil(Deadline end) {
  for (std::size_t i = 0; !end.HasPassed(); ++i) {
    co_await async::SleepUntil(
        end.EarlierOf(Deadline::After(context_.Between(0ms, context_.plan.between_changes))));
    if (end.HasPassed()) break;
    cluster::Wish wish = WishWithoutLost();
    const auto& sizes = context_.plan.sizes;
    if (wish.remove.empty() && i < sizes.size()) wish = WishFor(sizes[i]);
    if (wish.add.empty() && wish.remove.empty()) continue;
    std::vector<async::Task<void>> tasks;
    tasks.push_back(Carry(wish));
    // Somebody else wants the same, or something else, at the same time.
    if (context_.Chance(0.15)) tasks.push_back(Carry(WishFor(1 + context_.Pick(machines_.size()))));
    if (context_.Chance(context_.plan.abort_chance)) {
      tasks.push_back(AbortLater(context_.Between(0ms, 6000ms)));
    }
    co_await async::RunAll(std::move(tasks));
  }
}

async::Task<void> Operator::AddOne() {
  while (!history_.now()->change && history_.now()->past.empty()) {
    const cluster::Wish wish{.add = Choose(Spares(), 1)};
    co_await Carry(wish);
    co_await async::Sleep(1ms);
  }
}

async::Task<void> Operator::FinishBy(Deadline deadline) {
  while (!deadline.HasPassed()) {
    if (MembersThat(IsLost).empty()) co_return;
    const cluster::Wish wish = WishWithoutLost();
    co_await Carry(wish);
    co_await async::Sleep(500ms);
  }
}

Operator::Addresses Operator::MembersThat(bool (*matches)(const Machine&)) const {
  Addresses addresses;
  for (const auto& machine : machines_) {
    const bool is_member = history_.now()->Find(machine->member().id) != nullptr;
    if (is_member && matches(*machine)) addresses.push_back(machine->member().address);
  }
  return addresses;
}

Operator::Addresses Operator::Spares() const {
  Addresses addresses;
  for (const auto& machine : machines_) {
    const bool is_member = history_.now()->Find(machine->member().id) != nullptr;
    if (!is_member && IsThere(*machine)) addresses.push_back(machine->member().address);
  }
  return addresses;
}

Operator::Addresses Operator::Choose(Addresses from, std::size_t count) {
  Addresses chosen;
  while (chosen.size() < count && !from.empty()) {
    const auto place = from.begin() + static_cast<std::ptrdiff_t>(context_.Pick(from.size()));
    chosen.push_back(*place);
    from.erase(place);
  }
  return chosen;
}

// At that size already, one node is replaced; or who is down is given up.
cluster::Wish Operator::WishFor(std::size_t size) {
  const std::size_t now = history_.now()->members.size();
  if (size > now) return {.add = Choose(Spares(), size - now)};
  const Addresses down = MembersThat(IsDown);
  const bool gives_up = !down.empty() && now > 1 && !context_.plan.Rots() && context_.Chance(0.5);
  if (gives_up) return {.remove = Choose(down, 1), .dead = true};
  if (size < now) return {.remove = Choose(MembersThat(IsThere), now - size)};
  cluster::Wish wish{.add = Choose(Spares(), 1)};
  if (!wish.add.empty()) wish.remove = Choose(MembersThat(IsThere), 1);
  return wish;
}

cluster::Wish Operator::WishWithoutLost() const {
  const topology::Topology& now = *history_.now();
  const auto copies = static_cast<std::size_t>(now.replication.copies);
  // The nodes see to it as long as there is one that could take the copies.
  if (context_.plan.gives_up && now.members.size() > copies) return {};
  cluster::Wish wish{.remove = MembersThat(IsLost), .dead = true};
  const Addresses spares = Spares();
  if (!wish.remove.empty() && !spares.empty()) wish.add = {spares.front()};
  return wish;
}

async::Task<void> Operator::Carry(cluster::Wish wish) {
  if (wish.add.empty() && wish.remove.empty()) co_return;
  ++counts_.asked;
  context_.trace.Note(fmt::format("operator: add {}, remove {}{}", wish.add, wish.remove,
                                  wish.dead ? " (dead)" : ""));
  const std::shared_ptr<Gateway> gateway = AnyGateway(context_, gateways_);
  if (!gateway) co_return;
  const auto asked =
      co_await gateway->administration.Ask(wish, Deadline::After(context_.Between(1s, 15s)));
  if (!asked) {
    ++counts_.refused;
    context_.trace.Note(fmt::format("operator: {}", asked.error().message()));
    co_return;
  }
  context_.trace.Note(fmt::format("operator: change {} is asked for", *asked));
  const auto done =
      co_await gateway->administration.Await(*asked, Deadline::After(context_.Between(5s, 40s)));
  if (done) ++counts_.done;
  context_.trace.Note(
      fmt::format("operator: change {}: {}", *asked, done ? "done" : done.error().message()));
}

async::Task<void> Operator::AbortLater(std::chrono::milliseconds after) {
  co_await async::Sleep(after);
  const std::shared_ptr<Gateway> gateway = AnyGateway(context_, gateways_);
  if (!gateway) co_return;
  const auto aborted = co_await gateway->administration.Abort(Deadline::After(3s));
  if (aborted) ++counts_.aborted;
  context_.trace.Note(
      fmt::format("operator: abort: {}", aborted ? "done" : aborted.error().message()));
}

}  // namespace tritontube::simulation
