#include "services/storage_node/registration.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

#include "domain/migration/ready_record.h"
#include "domain/topology/changes.h"
#include "foundation/async/sleep.h"
#include "foundation/async/task_group.h"
#include "foundation/telemetry/log.h"

namespace tritontube::storage_node {

using coordination::Operation;
using coordination::TxnAnswer;
using membership::NodeState;
using telemetry::Level;
using telemetry::Log;
using topology::Topology;

namespace {

Result<std::uint64_t> ParseStarts(const coordination::KeyValue& item) {
  std::uint64_t starts = 0;
  const char* const end = item.value.data() + item.value.size();
  const auto parsed = std::from_chars(item.value.data(), end, starts);
  if (item.damaged || parsed.ec != std::errc() || parsed.ptr != end) {
    return Fail(ErrorCode::kCorrupt, "{} in etcd is damaged", item.key);
  }
  return starts;
}

// What a newer topology says of this node is so; what an older one says is not.
Result<void> TakeOver(NodeState& state, const std::shared_ptr<const Topology>& topology) {
  if (topology->cluster != state.cluster) {
    return Fail(ErrorCode::kFailedPrecondition, "etcd has cluster {}, this node is in {}",
                topology->cluster.text(), state.cluster ? state.cluster->text() : "none");
  }
  if (state.topology && state.topology->epoch >= topology->epoch) return {};
  state.topology = topology;
  state.epoch = std::max(state.epoch, topology->epoch);
  if (const auto* const member = topology->Find(state.node)) state.incomplete = member->incomplete;
  return {};
}

}  // namespace

Registration::Registration(StorageNode& node, coordination::Coordination& coordination,
                           topology::TopologyStore& topologies, std::string address,
                           RegistrationOptions options)
    : node_(node),
      coordination_(coordination),
      topologies_(topologies),
      address_(std::move(address)),
      options_(options),
      lease_(coordination, options.lease_ttl) {}

async::Task<void> Registration::Run() {
  co_await RegisterAtLast();
  const bool cancelled = co_await async::IsCancelled();
  if (cancelled) co_return;
  std::vector<async::Task<void>> tasks;
  tasks.push_back(topologies_.Run());
  tasks.push_back(Follow());
  tasks.push_back(Announce());
  co_await async::RunAll(std::move(tasks));
}

async::Task<void> Registration::RegisterAtLast() {
  std::string told;
  while (!co_await async::IsCancelled()) {
    const Result<void> registered = co_await Register(Soon());
    if (registered) co_return;
    if (registered.error().message() != told) {
      told = registered.error().message();
      Log(Level::kWarning, "not registered yet: nothing is stored here until then",
          {{"why", told}});
    }
    co_await async::Sleep(options_.retry_after);
  }
}

async::Task<Result<void>> Registration::Register(Deadline deadline) {
  while (!deadline.HasPassed() && !co_await async::IsCancelled()) {
    TT_CO_ASSIGN_OR_RETURN(const Stored stored, co_await ReadStarts(deadline));
    const bool is_old_copy = node_.state()->starts < stored.starts;
    if (is_old_copy) {
      TT_CO_RETURN_IF_ERROR(co_await BecomeIncomplete(stored.starts, deadline));
    } else {
      TT_CO_RETURN_IF_ERROR(co_await CountStart(deadline));
    }
    TT_CO_ASSIGN_OR_RETURN(const std::optional<coordination::Revision> written,
                           co_await WriteStarts(node_.state()->starts, stored.modified, deadline));
    if (!written) continue;
    node_.SetRegistered();
    Log(Level::kInfo, "registered",
        {{"node", node_.state()->node.text()}, {"starts", node_.state()->starts}});
    co_return Result<void>();
  }
  co_return Fail(ErrorCode::kDeadlineExceeded, "etcd did not confirm the registration in time");
}

// A read may be of the past, also one in a transaction, and this decides. So what was read is
// written again: that succeeds only while it is the newest.
async::Task<Result<Registration::Stored>> Registration::ReadStarts(Deadline deadline) {
  while (!deadline.HasPassed() && !co_await async::IsCancelled()) {
    TT_CO_ASSIGN_OR_RETURN(const coordination::GetAnswer read,
                           co_await coordination_.Get(StartsKey(), deadline));
    Stored stored;
    if (read.item) {
      TT_CO_ASSIGN_OR_RETURN(stored.starts, ParseStarts(*read.item));
      stored.modified = read.item->modified;
    }
    TT_CO_ASSIGN_OR_RETURN(const std::optional<coordination::Revision> written,
                           co_await WriteStarts(stored.starts, stored.modified, deadline));
    if (!written) continue;
    stored.modified = *written;
    co_return stored;
  }
  co_return Fail(ErrorCode::kDeadlineExceeded, "etcd did not tell the registrations in time");
}

// Nothing when it is not known to be written: the next look tells.
async::Task<Result<std::optional<coordination::Revision>>> Registration::WriteStarts(
    std::uint64_t starts, coordination::Revision before, Deadline deadline) {
  coordination::Txn txn{.compares = {{.key = StartsKey(), .modified = before}},
                        .then = {Operation::Put(StartsKey(), fmt::format("{}", starts))}};
  const Result<TxnAnswer> answer = co_await coordination_.Commit(std::move(txn), deadline);
  if (answer) {
    co_return answer->succeeded ? std::optional(answer->revision) : std::nullopt;
  }
  if (answer.error().code() == ErrorCode::kOutcomeUnknown) co_return std::nullopt;
  co_return std::unexpected(answer.error());
}

async::Task<Result<void>> Registration::CountStart(Deadline deadline) {
  const StorageNode::Edit count = [](NodeState& state) -> Result<void> {
    ++state.starts;
    return {};
  };
  co_return co_await node_.Change(count, deadline);
}

async::Task<Result<void>> Registration::BecomeIncomplete(std::uint64_t stored_starts,
                                                         Deadline deadline) {
  Log(Level::kWarning, "this folder is an old copy: it was registered more often than it knows",
      {{"knows", node_.state()->starts}, {"registered", stored_starts}});
  TT_CO_ASSIGN_OR_RETURN(const std::shared_ptr<const Topology> topology,
                         co_await MarkIncomplete(deadline));
  const StorageNode::Edit record = [&](NodeState& state) -> Result<void> {
    if (topology) TT_RETURN_IF_ERROR(TakeOver(state, topology));
    state.incomplete = true;
    state.starts = stored_starts + 1;
    return {};
  };
  co_return co_await node_.Change(record, deadline);
}

// The topology that says so. Nothing when there is none, or this node is not in it: then it denies
// nothing to anybody. That is decided on the newest one: a member that takes itself for none would
// deny what it has lost.
async::Task<Result<std::shared_ptr<const Topology>>> Registration::MarkIncomplete(
    Deadline deadline) {
  for (;;) {
    TT_CO_ASSIGN_OR_RETURN(const std::shared_ptr<const Topology> current,
                           co_await topologies_.LoadNewest(deadline));
    if (!current || current->Find(node_.state()->node) == nullptr) co_return nullptr;
    TT_CO_ASSIGN_OR_RETURN(Topology next, topology::MarkIncomplete(*current, node_.state()->node));
    Result<std::shared_ptr<const Topology>> replaced =
        co_await topologies_.Replace(*current, std::move(next), deadline);
    // Somebody else has changed it meanwhile.
    if (!replaced && replaced.error().code() == ErrorCode::kAborted) continue;
    co_return replaced;
  }
}

async::Task<Result<void>> Registration::Adopt(std::shared_ptr<const Topology> topology) {
  const StorageNode::Edit take_over = [&](NodeState& state) { return TakeOver(state, topology); };
  co_return co_await node_.Change(take_over, Soon());
}

async::Task<void> Registration::Follow() {
  while (!co_await async::IsCancelled()) {
    const auto seen = topologies_.changed().count();
    Deadline again = Deadline::Never();
    if (const std::shared_ptr<const Topology> topology = topologies_.snapshot()) {
      const Result<void> adopted = co_await Adopt(topology);
      if (!adopted) {
        Log(Level::kWarning, "the topology is not taken over yet",
            {{"epoch", topology->epoch}, {"why", adopted.error().message()}});
        again = Deadline::After(options_.retry_after);
      }
    }
    co_await topologies_.changed().WaitBeyond(seen, again);
  }
}

async::Task<void> Registration::Announce() {
  while (!co_await async::IsCancelled()) {
    const Result<void> granted = co_await lease_.Start(Soon());
    if (granted) break;
    co_await async::Sleep(options_.retry_after);
  }
  const bool cancelled = co_await async::IsCancelled();
  if (cancelled) co_return;
  async::TaskGroup keeping(co_await async::asio::this_coro::executor);
  keeping.Spawn(lease_.Run());
  keeping.Spawn(LookAtDisk());
  while (!co_await async::IsCancelled()) {
    const auto seen = looked_.count();
    co_await Tell();
    co_await looked_.WaitBeyond(seen, Deadline::After(2 * options_.announce_every));
  }
  co_await keeping.Stop();
}

// On its own: of a disk that hangs no answer comes, not even that there is none.
async::Task<void> Registration::LookAtDisk() {
  while (!co_await async::IsCancelled()) {
    Ignore(co_await node_.ProbeDisk(Soon()), "a full disk answers, too");
    Result<replication::NodeStatus> status = co_await node_.Status(Soon());
    if (status) status_ = *std::move(status);
    disk_answered_at_ = SteadyClock::now();
    looked_.Notify();
    co_await async::Sleep(options_.announce_every);
  }
}

// The others give up who is silent, and that is what a node without its disk is to them.
async::Task<void> Registration::Tell() {
  if (!status_) co_return;
  const std::string key = migration::LiveKey(status_->node);
  coordination::Txn txn;
  if (SteadyClock::now() - disk_answered_at_ > options_.disk_silence_max) {
    txn.then = {Operation::Delete(key)};
  } else {
    const nlohmann::json hint = {{"address", address_},
                                 {"epoch", status_->epoch},
                                 {"free_bytes", status_->store.free_bytes}};
    txn.then = {Operation::Put(key, hint.dump(), lease_.lease())};
  }
  Ignore(co_await coordination_.Commit(std::move(txn), Soon()), "the next one says the same");
}

std::string Registration::StartsKey() const { return migration::StartsKey(node_.state()->node); }

}  // namespace tritontube::storage_node
