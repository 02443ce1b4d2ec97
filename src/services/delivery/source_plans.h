#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "core/blob/blob_store.h"
#include "domain/packaging/source_plan.h"
#include "foundation/async/blocking_pool.h"
#include "foundation/async/semaphore.h"
#include "services/delivery/watchable.h"

namespace tritontube::delivery {

struct SourcePlansOptions {
  // Of all plans together; a larger one is kept alone.
  ByteCount bytes_max = ByteCount{64} << 20U;
  std::size_t plans_max = 256;
};

// The plans of the originals that were asked for most recently. A plan costs
// reading a file's boxes, and many megabytes when the film is long: so they are
// few, and whoever asks while one is being made waits for it.
//
// Safe to use from any thread.
class SourcePlans {
 public:
  using Plan = std::shared_ptr<const packaging::SourcePlan>;

  SourcePlans(blob::BlobStore& store, async::BlockingPool& blocking, SourcePlansOptions options)
      : store_(store), blocking_(blocking), options_(options) {}

  // Requires: the boxes are stored. Errors: kCorrupt when they do not have the
  // tracks, those of the store, and kDeadlineExceeded.
  async::Task<Result<Plan>> Find(VideoId video, ShownSource source, Deadline deadline);

 private:
  struct Flight;
  class Landing;
  struct Known {
    std::string key;
    Plan plan;
  };
  // The plan, the one who makes it, or nothing: then the caller makes it.
  struct Lookup {
    Plan plan = {};
    std::shared_ptr<Flight> under_way = {};
    std::shared_ptr<Flight> own = {};
  };

  Lookup LookUp(const std::string& key);
  async::Task<Result<Plan>> Load(VideoId video, ShownSource source, Deadline deadline);
  void Land(const std::string& key, const std::shared_ptr<Flight>& flight,
            const Result<Plan>& made);
  void Insert(const std::string& key, const Plan& plan);

  blob::BlobStore& store_;
  async::BlockingPool& blocking_;
  const SourcePlansOptions options_;
  async::Semaphore loads_{2};  // Each may hold a whole moov twice.
  std::mutex mutex_;
  std::list<Known> known_;  // The most recently used first.
  std::unordered_map<std::string_view, std::list<Known>::iterator> index_;
  ByteCount bytes_ = 0;
  std::unordered_map<std::string, std::shared_ptr<Flight>> flights_;
};

}  // namespace tritontube::delivery
