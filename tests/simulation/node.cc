#include "simulation/node.h"

namespace tritontube::simulation {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

namespace {

constexpr storage_node::RegistrationOptions kRegistration{.announce_every = 1s, .lease_ttl = 4s};
constexpr storage_node::CleanerOptions kCleaner{
    .keep_for = 3s, .look_again_after = 1s, .call_time = 3s, .page_items = 5};

constexpr storage_node::NodeScrubberOptions kScrubber{
    .pace = {.period = 20s, .idle_bytes_per_second = 5000},
    .call_time = 3s,
    .heal_again_after = 2s,
    .idle_time = 1s};

// Longer than a node is away when it starts again at once.
constexpr cluster::AbsenceWatchOptions kAbsenceOptions{
    .absence = {.give_up_after = 12s, .look_gap_max = 10s},
    .comeback = {.steady_for = 4s, .look_gap_max = 10s},
    .look_every = 1s,
    .call_time = 3s};

// Whoever asks who has a copy may act on the answer for so long.
constexpr std::chrono::seconds kNewFor{10};

storage_node::FetchOptions FetchOf(const Plan& plan) {
  storage_node::FetchOptions options{.call_time = 3s, .page_items = 7};
  if (plan.tooth == Tooth::kNoWindow) return options;
  options.bytes_in_flight_max = plan.window;
  options.batch_bytes = plan.window / 2;
  return options;
}

storage_node::PullerOptions PullerOf(const Plan& plan) {
  return {.retry_after = 500ms, .call_time = 3s, .fetch = FetchOf(plan)};
}

storage_node::ComparerOptions ComparerOf(const Plan& plan) {
  return {.period = 5s, .call_time = 3s, .fetch = FetchOf(plan)};
}

}  // namespace

cluster::CoordinatorOptions PatienceOfCoordinators() {
  return {.steering = {.silence_max = 15s, .silence_max_alone = 7s},
          .lease_ttl = 4s,
          .call_time = 3s,
          .look_again_after = 500ms};
}

Process::Process(Platter& platter, Etcd& etcd_service, std::size_t caller,
                 const MakeClient& make_client, const std::string& address,
                 async::Executor executor)
    : disk(platter, pulse),
      record(platter, pulse),
      etcd(etcd_service, caller, pulse),
      peers(make_client(pulse)),
      topologies(etcd),
      node(disk, record),
      registration(node, etcd, topologies, address, kRegistration),
      puller(node, *peers, etcd, topologies, PullerOf(platter.context().plan)),
      cleaner(node, *peers, kCleaner),
      comparer(node, *peers, platter.context().clock, ComparerOf(platter.context().plan)),
      scrubber(node, *peers, scrub_place, platter.context().clock, kScrubber),
      coordinator(etcd, topologies, platter.context().clock, address, PatienceOfCoordinators()),
      absence(etcd, topologies, *peers, platter.context().clock, platter.state().node,
              kAbsenceOptions),
      gives_up(platter.context().plan.gives_up),
      tasks(executor) {}

async::Task<void> Process::TakePart() {
  while (!node.state()->cluster) {
    const auto seen = node.changed().count();
    const bool cancelled = co_await async::IsCancelled();
    if (cancelled) co_return;
    if (!node.state()->cluster) co_await node.changed().WaitBeyond(seen, Deadline::Never());
  }
  std::vector<async::Task<void>> parts;
  parts.push_back(registration.Run());
  parts.push_back(puller.Run());
  parts.push_back(cleaner.Run());
  parts.push_back(comparer.Run());
  parts.push_back(scrubber.Run());
  parts.push_back(coordinator.Run());
  if (gives_up) parts.push_back(absence.Run());
  co_await async::RunAll(std::move(parts));
}

void Machine::Start() {
  if (process_ || loss_ == Loss::kAll) return;
  process_ = std::make_shared<Process>(platter_, etcd_, caller_, make_client_, member_.address,
                                       burials_.executor());
  process_->tasks.Spawn(process_->TakePart());
}

void Machine::Kill() {
  if (!process_) return;
  const std::shared_ptr<Process> process = std::exchange(process_, nullptr);
  process->pulse.Kill();
  platter_.Crash();
  process->changed.Notify();
  burials_.Spawn(Bury(process));
}

void Machine::Pause(bool paused) {
  if (process_) process_->pulse.SetPaused(paused);
}

void Machine::RollBack(Platter::Copy copy) {
  Kill();
  // With the fault its count of starts is kept elsewhere than its blobs, and is the present one.
  if (context_.plan.tooth == Tooth::kOldCopyCounts) copy.state.starts = platter_.state().starts;
  platter_.Restore(std::move(copy));
  loss_ = Loss::kUnknown;
  lost_ = SteadyClock::now();
  Learn(*etcd_.history().now());
  Start();
}

void Machine::Lose() {
  Kill();
  loss_ = Loss::kAll;
  lost_ = SteadyClock::now();
}

void Machine::Wipe() {
  Kill();
  platter_.Wipe();
  loss_ = Loss::kUnknown;
  lost_ = SteadyClock::now();
  Learn(*etcd_.history().now());
  Start();
}

bool Machine::IsLossNew() const {
  return loss_ != Loss::kNone && SteadyClock::now() < lost_ + kNewFor;
}

void Machine::Learn(const topology::Topology& topology) {
  if (loss_ == Loss::kNone || loss_ == Loss::kAll) return;
  const topology::Member* const member = topology.Find(member_.id);
  // Who is in no more keeps nothing.
  if (member == nullptr) loss_ = Loss::kNone;
  if (member != nullptr && member->incomplete) loss_ = Loss::kKnown;
  if (member != nullptr && !member->incomplete && loss_ == Loss::kKnown) loss_ = Loss::kNone;
}

// Its coroutines end with errors that nobody hears.
async::Task<void> Machine::Bury(std::shared_ptr<Process> process) {
  co_await process->tasks.Stop();
}

}  // namespace tritontube::simulation
