#pragma once

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "domain/replication/node_client.h"
#include "foundation/async/sleep.h"
#include "simulation/held_bytes.h"
#include "simulation/node.h"
#include "simulation/teeth.h"

namespace tritontube::simulation {

// Carries calls of gateways and of nodes to nodes: late, twice, or never. Callers are numbered: the
// gateways first, then the machines.
class Network {
 public:
  Network(Context& context, std::vector<std::unique_ptr<Machine>>& machines, std::size_t gateways)
      : context_(context),
        machines_(machines),
        gateways_(gateways),
        cuts_(2 * (gateways + machines.size()) * machines.size()) {}

  std::size_t gateways() const { return gateways_; }
  std::size_t callers() const { return gateways_ + machines_.size(); }
  std::size_t CallerOf(std::size_t machine) const { return gateways_ + machine; }

  enum class Way : std::uint8_t { kThere, kBack };
  enum class Line : std::uint8_t { kGood, kCut, kFlapping, kSlow };
  void Set(std::size_t caller, std::size_t machine, Way way, Line line) {
    cuts_[Index(caller, machine, way)] = line;
  }
  bool IsMachine(std::size_t caller) const { return caller >= gateways_; }
  // Whether a caller is a node that has missed something, and knows.
  bool IsIncomplete(std::size_t caller) const;

  template <typename T>
  using Serve = std::function<async::Task<Result<T>>(storage_node::StorageNode&)>;

  template <typename T>
  async::Task<Result<T>> Call(std::size_t caller, std::string address, Serve<T> serve,
                              Deadline deadline) {
    const std::size_t machine = MachineAt(address);
    if (!co_await Travel(caller, machine, Way::kThere, deadline)) co_return Silence();
    if (!co_await Arrive(machine, deadline)) co_return Silence();
    const std::shared_ptr<Process> process = machines_[machine]->process();
    if (!process) co_return Fail(ErrorCode::kUnavailable, "connection refused");
    const auto answer = std::make_shared<std::optional<Result<T>>>();
    process->tasks.Spawn(Run<T>(process, serve, answer));
    if (context_.Chance(context_.plan.duplicate)) {
      process->tasks.Spawn(RunAgain<T>(process, serve, context_.Between({}, kDuplicateDelayMax)));
    }
    if (!co_await WaitFor(*process, *answer, deadline)) co_return Silence();
    if (!process->pulse.alive()) co_return Fail(ErrorCode::kUnavailable, "the connection broke");
    if (!co_await Travel(caller, machine, Way::kBack, deadline)) co_return Silence();
    co_return std::move(**answer);
  }

 private:
  static constexpr std::chrono::milliseconds kDuplicateDelayMax{5000};
  static constexpr std::chrono::milliseconds kFlap{400};
  static constexpr std::chrono::milliseconds kLateMax{8000};
  static constexpr std::chrono::milliseconds kSlowMin{1000};

  std::size_t Index(std::size_t caller, std::size_t machine, Way way) const {
    return ((caller * machines_.size()) + machine) * 2 + (way == Way::kBack ? 1 : 0);
  }
  static std::unexpected<Error> Silence() {
    return Fail(ErrorCode::kDeadlineExceeded, "no answer within the time allowed");
  }
  std::size_t MachineAt(const std::string& address) const;
  // False when it is lost: then the time is over.
  async::Task<bool> Travel(std::size_t caller, std::size_t machine, Way way, Deadline deadline);
  // A stopped process takes it when it goes on.
  async::Task<bool> Arrive(std::size_t machine, Deadline deadline);
  bool IsCut(std::size_t caller, std::size_t machine, Way way) const;

  template <typename T>
  static async::Task<void> Run(std::shared_ptr<Process> process, Serve<T> serve,
                               std::shared_ptr<std::optional<Result<T>>> answer) {
    answer->emplace(co_await serve(process->node));
    process->changed.Notify();
  }
  template <typename T>
  static async::Task<void> RunAgain(std::shared_ptr<Process> process, Serve<T> serve,
                                    std::chrono::milliseconds after) {
    co_await async::Sleep(after);
    const bool cancelled = co_await async::IsCancelled();
    if (!cancelled) Ignore(co_await serve(process->node), "nobody waits for the answer");
  }
  template <typename T>
  static async::Task<bool> WaitFor(Process& process, const std::optional<Result<T>>& answer,
                                   Deadline deadline) {
    for (;;) {
      const auto seen = process.changed.count();
      if (answer || !process.pulse.alive()) co_return true;
      if (deadline.HasPassed() || co_await async::IsCancelled()) co_return false;
      co_await process.changed.WaitBeyond(seen, deadline);
    }
  }

  Context& context_;
  std::vector<std::unique_ptr<Machine>>& machines_;
  std::size_t gateways_;
  std::vector<Line> cuts_;
};

// The network as one process sees it.
class Link final : public replication::NodeClient {
 public:
  Link(Context& context, Network& network, std::size_t caller, Pulse& pulse);

  async::Task<Result<void>> Put(replication::Target target, std::vector<blob::Blob> batch,
                                Deadline deadline) override;
  async::Task<Result<blob::Bytes>> Get(replication::Target target, blob::BlobKey key,
                                       std::optional<blob::ByteRange> range,
                                       Deadline deadline) override;
  async::Task<Result<blob::BlobStat>> Stat(replication::Target target, blob::BlobKey key,
                                           Deadline deadline) override;
  async::Task<Result<void>> RemoveUpload(replication::Target target, VideoId video, UploadId upload,
                                         Deadline deadline) override;
  async::Task<Result<blob::ScanPage>> Scan(replication::Target target, blob::ScanRequest request,
                                           Deadline deadline) override;
  async::Task<Result<replication::SlotScanPage>> ScanSlots(replication::Target target,
                                                           replication::SlotScanRequest request,
                                                           Deadline deadline) override;
  async::Task<Result<std::vector<replication::SlotDigest>>> Digests(
      replication::Target target, std::chrono::milliseconds age_max, Deadline deadline) override;
  async::Task<Result<std::vector<bool>>> Confirm(replication::Target target,
                                                 replication::ConfirmationRequest request,
                                                 Deadline deadline) override;
  async::Task<Result<replication::NodeStatus>> Status(std::string address,
                                                      Deadline deadline) override;
  async::Task<Result<std::uint64_t>> AskForUpkeep(replication::Target target,
                                                  Deadline deadline) override;
  async::Task<Result<void>> Join(replication::Target target, std::vector<std::string> etcd,
                                 Deadline deadline) override;

 private:
  template <typename T>
  async::Task<Result<T>> Call(std::string address, Network::Serve<T> serve, Deadline deadline);
  template <typename T>
  Result<T> Deny(Result<T> answer) const;
  void Count(Step step) const;
  bool IsFenceSkipped() const;
  bool Has(Tooth tooth) const { return context_.plan.tooth == tooth; }

  Context& context_;
  Network& network_;
  const std::size_t caller_;
  Pulse& pulse_;
  HeldBytes received_;
  OneSource one_source_ = {};
};

}  // namespace tritontube::simulation
