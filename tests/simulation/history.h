#pragma once

#include <functional>
#include <memory>

#include "core/coordination/coordination.h"
#include "simulation/context.h"
#include "simulation/topology_step.h"

namespace tritontube::simulation {

// Every topology that was ever written to etcd, seen at the moment when it was: epochs only grow,
// and each is one legal step from the one before (I6).
class History {
 public:
  using Snapshot = std::shared_ptr<const topology::Topology>;
  using OnNext = std::function<void(const topology::Topology&)>;

  explicit History(Context& context) : context_(context) {}
  void SetOnNext(OnNext on_next) { on_next_ = std::move(on_next); }

  // Called after each write.
  void See(const std::optional<coordination::KeyValue>& item);
  // The newest; null before the first.
  const Snapshot& now() const { return now_; }
  std::uint64_t steps() const { return steps_; }
  // How often the nodes have begun to take one in again that they had given up.
  std::uint64_t comebacks() const { return comebacks_; }

 private:
  Context& context_;
  coordination::Revision seen_ = 0;
  Snapshot now_ = {};
  std::uint64_t steps_ = 0;
  std::uint64_t comebacks_ = 0;
  OnNext on_next_ = [](const topology::Topology&) {};
};

}  // namespace tritontube::simulation
