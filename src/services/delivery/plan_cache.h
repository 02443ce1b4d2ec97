#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/bytes.h"
#include "base/deadline.h"
#include "base/error.h"
#include "foundation/async/event.h"
#include "foundation/async/task.h"

namespace tritontube::delivery {

struct PlanCacheOptions {
  // Of all plans together; a larger one is kept alone.
  ByteCount bytes_max = ByteCount{64} << 20U;
  std::size_t plans_max = 256;
};

// Plans of what was asked for most recently, which cost much to make: so whoever
// asks while one is being made waits for it. A `Plan` tells its memory_bytes().
//
// Safe to use from any thread.
template <typename Plan>
class PlanCache {
 public:
  using Shared = std::shared_ptr<const Plan>;

  explicit PlanCache(PlanCacheOptions options) : options_(options) {}

  // `make` runs unless the plan is there or somebody else makes it. Errors: those
  // of `make`, kDeadlineExceeded and kCancelled.
  async::Task<Result<Shared>> Find(std::string key, async::Task<Result<Shared>> make,
                                   Deadline deadline) {
    for (;;) {
      const Lookup lookup = LookUp(key);
      if (lookup.plan) co_return lookup.plan;
      if (lookup.own) {
        Landing landing(*this, key, lookup.own);
        const Result<Shared> made = co_await std::move(make);
        landing.Set(made);
        co_return made;
      }
      co_await lookup.under_way->landed.WaitBeyond(0, deadline);
      if (co_await async::IsCancelled()) {
        co_return Fail(ErrorCode::kCancelled, "the work was stopped");
      }
      if (deadline.HasPassed()) {
        co_return Fail(ErrorCode::kDeadlineExceeded, "the stored file was not read in time");
      }
      const std::lock_guard lock(mutex_);
      if (lookup.under_way->plan) co_return lookup.under_way->plan;
      if (lookup.under_way->error) co_return std::unexpected(*lookup.under_way->error);
    }
  }

 private:
  // Somebody makes a plan; the others wait. Guarded by the mutex, but for the event.
  struct Flight {
    async::Event landed;
    Shared plan;
    // What another try would meet as well.
    std::optional<Error> error;
  };

  // Lets those who wait go on even when the one who makes the plan is cancelled.
  class Landing {
   public:
    Landing(PlanCache& plans, std::string key, std::shared_ptr<Flight> flight)
        : plans_(plans), key_(std::move(key)), flight_(std::move(flight)) {}
    ~Landing() { plans_.Land(key_, flight_, made_); }
    Landing(const Landing&) = delete;
    Landing& operator=(const Landing&) = delete;

    void Set(const Result<Shared>& made) { made_ = made; }

   private:
    PlanCache& plans_;
    const std::string key_;
    const std::shared_ptr<Flight> flight_;
    Result<Shared> made_ = Fail(ErrorCode::kCancelled, "nobody waits for it");
  };

  struct Known {
    std::string key;
    Shared plan;
  };
  // The plan, the one who makes it, or nothing: then the caller makes it.
  struct Lookup {
    Shared plan = {};
    std::shared_ptr<Flight> under_way = {};
    std::shared_ptr<Flight> own = {};
  };

  Lookup LookUp(const std::string& key) {
    const std::lock_guard lock(mutex_);
    if (const auto found = index_.find(key); found != index_.end()) {
      known_.splice(known_.begin(), known_, found->second);
      return {.plan = found->second->plan};
    }
    if (const auto found = flights_.find(key); found != flights_.end()) {
      return {.under_way = found->second};
    }
    auto own = std::make_shared<Flight>();
    flights_.emplace(key, own);
    return {.own = std::move(own)};
  }

  void Land(const std::string& key, const std::shared_ptr<Flight>& flight,
            const Result<Shared>& made) {
    {
      const std::lock_guard lock(mutex_);
      flights_.erase(key);
      if (made) {
        flight->plan = *made;
        Insert(key, *made);
      } else if (made.error().code() != ErrorCode::kCancelled &&
                 made.error().code() != ErrorCode::kDeadlineExceeded) {
        flight->error = made.error();
      }
    }
    flight->landed.Notify();
  }

  void Insert(const std::string& key, const Shared& plan) {
    known_.push_front({key, plan});
    index_.emplace(known_.front().key, known_.begin());
    bytes_ += plan->memory_bytes();
    while (known_.size() > 1 &&
           (bytes_ > options_.bytes_max || known_.size() > options_.plans_max)) {
      bytes_ -= known_.back().plan->memory_bytes();
      index_.erase(known_.back().key);
      known_.pop_back();
    }
  }

  const PlanCacheOptions options_;
  std::mutex mutex_;
  std::list<Known> known_;  // The most recently used first.
  std::unordered_map<std::string_view, typename std::list<Known>::iterator> index_;
  ByteCount bytes_ = 0;
  std::unordered_map<std::string, std::shared_ptr<Flight>> flights_;
};

}  // namespace tritontube::delivery
