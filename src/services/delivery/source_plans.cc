#include "services/delivery/source_plans.h"

#include <fmt/format.h>

#include <utility>

#include "services/delivery/source_bytes.h"

namespace tritontube::delivery {

namespace {

// The tracks belong to it: which of them are shown may change.
std::string KeyOf(const ShownSource& source) {
  return fmt::format("{} {}", source.upload.text(), fmt::join(source.tracks, ","));
}

Result<SourcePlans::Plan> MakePlan(bmff::SourceBoxes boxes, const ShownSource& source) {
  TT_ASSIGN_OR_RETURN(auto movie, packaging::SourceMovie::Open(std::move(boxes), source.size));
  TT_ASSIGN_OR_RETURN(packaging::SourcePlan plan,
                      packaging::SourcePlan::Make(std::move(movie), source.tracks));
  return std::make_shared<const packaging::SourcePlan>(std::move(plan));
}

// It could be read when the tracks were chosen.
Error NotAsItWas(const Error& error) {
  if (error.code() != ErrorCode::kInvalidArgument) return error;
  return {ErrorCode::kCorrupt, "the original is not as it was: " + error.message()};
}

}  // namespace

// Somebody makes a plan; the others wait. Guarded by the mutex of the plans, but
// for the event.
struct SourcePlans::Flight {
  async::Event landed;
  Plan plan;
  // What another try would meet as well.
  std::optional<Error> error;
};

// Lets those who wait go on even when the one who makes the plan is cancelled.
class SourcePlans::Landing {
 public:
  Landing(SourcePlans& plans, std::string key, std::shared_ptr<Flight> flight)
      : plans_(plans), key_(std::move(key)), flight_(std::move(flight)) {}
  ~Landing() { plans_.Land(key_, flight_, made_); }
  Landing(const Landing&) = delete;
  Landing& operator=(const Landing&) = delete;

  void Set(const Result<Plan>& made) { made_ = made; }

 private:
  SourcePlans& plans_;
  const std::string key_;
  const std::shared_ptr<Flight> flight_;
  Result<Plan> made_ = Fail(ErrorCode::kCancelled, "nobody waits for it");
};

async::Task<Result<SourcePlans::Plan>> SourcePlans::Find(VideoId video, ShownSource source,
                                                         Deadline deadline) {
  const std::string key = KeyOf(source);
  for (;;) {
    const Lookup lookup = LookUp(key);
    if (lookup.plan) co_return lookup.plan;
    if (lookup.own) {
      Landing landing(*this, key, lookup.own);
      const Result<Plan> made = co_await Load(std::move(video), std::move(source), deadline);
      landing.Set(made);
      co_return made;
    }
    co_await lookup.under_way->landed.WaitBeyond(0, deadline);
    if (co_await async::IsCancelled())
      co_return Fail(ErrorCode::kCancelled, "the work was stopped");
    if (deadline.HasPassed()) {
      co_return Fail(ErrorCode::kDeadlineExceeded, "the original was not read in time");
    }
    const std::lock_guard lock(mutex_);
    if (lookup.under_way->plan) co_return lookup.under_way->plan;
    if (lookup.under_way->error) co_return std::unexpected(*lookup.under_way->error);
  }
}

SourcePlans::Lookup SourcePlans::LookUp(const std::string& key) {
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

async::Task<Result<SourcePlans::Plan>> SourcePlans::Load(VideoId video, ShownSource source,
                                                         Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(const async::Semaphore::Permit permit,
                         co_await loads_.Acquire(1, deadline));
  bmff::SourceScanner scanner(source.size);
  std::string scratch;
  while (const std::optional<bmff::ByteRange> wanted = scanner.wanted()) {
    TT_CO_ASSIGN_OR_RETURN(const blob::Bytes bytes,
                           co_await ReadRange(store_, video, source, *wanted, deadline));
    const Result<void> fed = scanner.Feed(bytes.Contiguous(scratch));
    if (!fed) co_return std::unexpected(NotAsItWas(fed.error()));
  }
  // Walks over every sample of the film.
  const auto make = [&] { return MakePlan(std::move(scanner).Take(), source); };
  Result<Plan> plan = co_await blocking_.Run(make);
  if (!plan) co_return std::unexpected(NotAsItWas(plan.error()));
  co_return plan;
}

void SourcePlans::Land(const std::string& key, const std::shared_ptr<Flight>& flight,
                       const Result<Plan>& made) {
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

void SourcePlans::Insert(const std::string& key, const Plan& plan) {
  known_.push_front({key, plan});
  index_.emplace(known_.front().key, known_.begin());
  bytes_ += plan->memory_bytes();
  while (known_.size() > 1 && (bytes_ > options_.bytes_max || known_.size() > options_.plans_max)) {
    bytes_ -= known_.back().plan->memory_bytes();
    index_.erase(known_.back().key);
    known_.pop_back();
  }
}

}  // namespace tritontube::delivery
