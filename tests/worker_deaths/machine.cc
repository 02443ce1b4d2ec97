#include "worker_deaths/machine.h"

namespace tritontube::worker_deaths {

namespace {

constexpr std::chrono::seconds kLeaseTtl{10};
constexpr std::chrono::seconds kStartTimeout{30};
constexpr ByteCount kScratchBytes = ByteCount{1} << 30U;

}  // namespace

Machine::Machine(const Cluster& cluster, const std::filesystem::path& folder,
                 const Options& options)
    : life_(options.fatal_call, options.fate),
      random_(options.seed),
      coordination_(cluster.coordination, life_),
      store_(cluster.store, life_),
      scratch_(scratch::ScratchSpace::Open(folder / options.name, kScratchBytes, cluster.blocking)
                   .value()),
      lease_(coordination_, kLeaseTtl),
      catalog_(coordination_),
      jobs_(coordination_, catalog_, random_),
      space_(store_, catalog_, jobs_, {.keep_free_bytes = 0}),
      extras_(store_, *scratch_, mortal_extra_tools_),
      workshop_({.name = options.name,
                 .coordination = coordination_,
                 .catalog = catalog_,
                 .jobs = jobs_,
                 .store = store_,
                 .space = space_,
                 .scratch = *scratch_,
                 .prober = mortal_prober_,
                 .encoder = mortal_encoder_,
                 .extras = extras_,
                 .lease = lease_,
                 .clock = cluster.clock,
                 .random = random_,
                 .observer = witness_,
                 .executor = cluster.executor},
                /*slots=*/1),
      background_(cluster.executor) {
  prober_.answer = options.source;
  encoder_.sample_size = options.sample_bytes;
}

async::Task<void> Machine::Start() {
  const Result<void> started = co_await lease_.Start(Deadline::After(kStartTimeout));
  if (!started) co_return;  // Dead already.
  background_.Spawn(lease_.Run());
  workshop_.Start();
}

async::Task<void> Machine::Stop() {
  co_await workshop_.Stop();
  co_await background_.Stop();
}

std::vector<std::int64_t> Machine::ChunksBegun() const {
  std::vector<std::int64_t> frames;
  for (const media::EncodePlan& plan : encoder_.plans) {
    if (plan.video) frames.push_back(plan.video->first_frame);
  }
  return frames;
}

}  // namespace tritontube::worker_deaths
