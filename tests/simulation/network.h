#pragma once

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "domain/replication/node_client.h"
#include "foundation/async/sleep.h"
#include "simulation/node.h"

namespace tritontube::simulation {

// Carries calls between gateways and nodes: late, twice, or never.
class Network {
 public:
  Network(Context& context, std::vector<std::unique_ptr<Machine>>& machines, std::size_t gateways)
      : context_(context),
        machines_(machines),
        cut_(2 * gateways * machines.size()),
        paused_(machines.size()) {}

  enum class Way : std::uint8_t { kThere, kBack };
  void Cut(std::size_t gateway, std::size_t machine, Way way, bool cut) {
    cut_[Index(gateway, machine, way)] = cut;
  }
  void Pause(std::size_t machine, bool paused) {
    paused_[machine] = paused;
    if (!paused) resumed_.Notify();
  }

  template <typename T>
  using Serve = std::function<async::Task<Result<T>>(storage_node::StorageNode&)>;

  template <typename T>
  async::Task<Result<T>> Call(std::size_t gateway, std::string address, Serve<T> serve,
                              Deadline deadline) {
    const std::size_t machine = MachineAt(address);
    if (!co_await Travel(gateway, machine, Way::kThere, deadline)) co_return Silence();
    const std::shared_ptr<Process> process = machines_[machine]->process();
    if (!process) co_return Fail(ErrorCode::kUnavailable, "connection refused");
    const auto answer = std::make_shared<std::optional<Result<T>>>();
    process->tasks.Spawn(Run<T>(process, serve, answer));
    if (context_.Chance(context_.plan.duplicate)) {
      process->tasks.Spawn(RunAgain<T>(process, serve, context_.Between({}, kDuplicateDelayMax)));
    }
    if (!co_await WaitFor(*process, *answer, deadline)) co_return Silence();
    if (process->dead) co_return Fail(ErrorCode::kUnavailable, "the connection broke");
    if (!co_await Travel(gateway, machine, Way::kBack, deadline)) co_return Silence();
    co_return std::move(**answer);
  }

 private:
  static constexpr std::chrono::milliseconds kDuplicateDelayMax{5000};

  std::size_t Index(std::size_t gateway, std::size_t machine, Way way) const {
    return ((gateway * machines_.size()) + machine) * 2 + (way == Way::kBack ? 1 : 0);
  }
  static std::unexpected<Error> Silence() {
    return Fail(ErrorCode::kDeadlineExceeded, "no answer within the time allowed");
  }
  std::size_t MachineAt(const std::string& address) const;
  // False when it is lost: then the time is over.
  async::Task<bool> Travel(std::size_t gateway, std::size_t machine, Way way, Deadline deadline);

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
      if (answer || process.dead) co_return true;
      if (deadline.HasPassed() || co_await async::IsCancelled()) co_return false;
      co_await process.changed.WaitBeyond(seen, deadline);
    }
  }

  Context& context_;
  std::vector<std::unique_ptr<Machine>>& machines_;
  std::vector<bool> cut_;
  std::vector<bool> paused_;
  async::Event resumed_ = {};
};

// The network as one gateway sees it.
class Link final : public replication::NodeClient {
 public:
  Link(Context& context, Network& network, std::size_t gateway)
      : context_(context), network_(network), gateway_(gateway) {}

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
  async::Task<Result<replication::NodeStatus>> Status(std::string address,
                                                      Deadline deadline) override;
  async::Task<Result<void>> Join(replication::Target target, std::vector<std::string> etcd,
                                 Deadline deadline) override;

 private:
  template <typename T>
  Result<T> Deny(Result<T> answer) const;

  Context& context_;
  Network& network_;
  std::size_t gateway_;
};

}  // namespace tritontube::simulation
