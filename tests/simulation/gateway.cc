#include "simulation/gateway.h"

namespace tritontube::simulation {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

namespace {
constexpr garbage::CollectorOptions kCollector{.interval = 4s};

// What waits for its turn is its uploader's, one blob each.
ByteCount PutBytesMax(const Plan& plan) { return plan.window + (plan.uploaders * kBlobBytesMax); }

}  // namespace

Gateway::Gateway(Context& context, Etcd& etcd_service, Network& network, std::size_t index)
    : put_bytes(context, fmt::format("caller {}", index), PutBytesMax(context.plan)),
      etcd(etcd_service, index, pulse),
      old_reads(etcd, etcd_service),
      topologies(etcd),
      link(context, network, index, pulse),
      store(link, topologies, context.clock, context.time.executor(),
            {.put_bytes_max = context.plan.window}),
      catalog(etcd),
      catalog_of_collector(old_reads),
      lease(etcd, 10s),
      administration(topologies, link, {.etcd = {"etcd:1"}}),
      coordinator(etcd, topologies, context.clock, fmt::format("web-{}", index),
                  PatienceOfCoordinators()),
      collector(catalog_of_collector, store, context.clock, kCollector),
      collects_from(context.plan.collects_late ? SteadyTime(context.plan.duration) : SteadyTime()),
      tasks(context.time.executor()) {}

async::Task<void> Gateway::Collect() {
  co_await async::SleepUntil(Deadline::At(collects_from));
  co_await collector.Run();
}

async::Task<void> Gateway::Run() {
  for (;;) {
    const Result<void> started = co_await lease.Start(Deadline::After(kCallTime));
    const bool cancelled = co_await async::IsCancelled();
    if (cancelled) co_return;
    if (started) break;
    co_await async::Sleep(500ms);
  }
  serves = true;
  std::vector<async::Task<void>> parts;
  parts.push_back(lease.Run());
  parts.push_back(topologies.Run());
  parts.push_back(coordinator.Run());
  parts.push_back(Collect());
  co_await async::RunAll(std::move(parts));
}

async::Task<void> Gateway::AbandonAtLast(VideoId video, UploadId upload) {
  while (!co_await async::IsCancelled()) {
    const Result<void> gone = co_await catalog.Abandon(video, upload, Deadline::After(kCallTime));
    // Or there is nothing that could be abandoned.
    if (gone || gone.error().code() == ErrorCode::kAborted) co_return;
    co_await async::Sleep(1s);
  }
}

void GatewayHost::Start() {
  if (process_) return;
  process_ = std::make_shared<Gateway>(context_, etcd_, network_, index_);
  process_->store.Start();
  process_->tasks.Spawn(process_->Run());
}

void GatewayHost::Kill() {
  if (!process_) return;
  const std::shared_ptr<Gateway> process = std::exchange(process_, nullptr);
  process->pulse.Kill();
  process->serves = false;
  burials_.Spawn(Bury(process));
}

async::Task<void> GatewayHost::Stop() {
  const std::shared_ptr<Gateway> process = std::exchange(process_, nullptr);
  if (!process) co_return;
  co_await process->store.Stop();
  co_await process->tasks.Stop();
}

// Those who wait for an answer of it hear first that the connection broke.
async::Task<void> GatewayHost::Bury(std::shared_ptr<Gateway> gateway) {
  co_await gateway->tasks.Stop();
  for (;;) {
    const bool cancelled = co_await async::IsCancelled();
    if (gateway.use_count() == 1 || cancelled) break;
    co_await async::Sleep(100ms);
  }
  co_await gateway->store.Stop();
}

std::shared_ptr<Gateway> AnyGateway(Context& context, const GatewayHosts& hosts) {
  const std::size_t first = context.Pick(hosts.size());
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    const std::shared_ptr<Gateway>& gateway = hosts[(first + i) % hosts.size()]->process();
    if (gateway && gateway->serves) return gateway;
  }
  return nullptr;
}

}  // namespace tritontube::simulation
