#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/coordination/model_coordination.h"
#include "domain/planning/chunks.h"
#include "support/memory_blob_store.h"
#include "support/temporary_folder.h"
#include "support/virtual_time.h"
#include "worker_deaths/machine.h"

namespace tritontube::worker_deaths {

// Who of the two machines has the video's job when the fate comes: the one that it comes to, which
// makes chunks as well, or the other, and the one that it comes to makes chunks only.
enum class Role : std::uint8_t { kDirects, kHelps };

struct Accident {
  Role role = Role::kDirects;
  Fate fate = Fate::kDiesBefore;
  media::Container container = media::Container::kMov;
  int call = 0;
};

// What is there in the end.
struct Outcome {
  bool was_hit = false;
  std::string at;  // The call that it happened at.
  // Anything that should not be; empty is good.
  std::vector<std::string> faults;
  double seconds = 0;  // Until the video was ready.
  std::size_t chunks = 0;
  std::size_t chunks_begun = 0;
};

// Two machines that transcode one video, and an accident that comes to one of them, in one thread
// and virtual time.
class World {
 public:
  explicit World(const Accident& accident);

  Outcome Run();

 private:
  async::Task<void> Live();
  async::Task<void> Commit();
  async::Task<void> WaitUntil(std::function<bool()> enough);
  async::Task<bool> IsSettled();
  async::Task<void> LookAtEverything();
  async::Task<void> LookAtSegments(const catalog::VideoRow& row);
  async::Task<void> LookAtRows();
  void Expect(bool holds, std::string fault);
  Machine::Options OptionsOf(std::string name, std::uint64_t seed, std::uint32_t bytes) const;

  const Accident accident_;
  support::VirtualTime time_;
  support::WorldClock clock_;
  async::BlockingPool blocking_{1, 64};
  support::TemporaryFolder folder_;
  coordination::ModelCoordination coordination_{clock_};
  support::MemoryBlobStore store_;
  catalog::Catalog catalog_{coordination_};
  SeededRandom random_{7};
  const VideoId video_ = VideoId::Generate(random_);
  const UploadId upload_ = UploadId::Generate(random_);
  const media::Source source_;
  const media::EncodePlan plan_;
  std::unique_ptr<Machine> victim_;
  std::unique_ptr<Machine> survivor_;
  Outcome outcome_;
};

}  // namespace tritontube::worker_deaths
