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

async::Task<Result<SourcePlans::Plan>> SourcePlans::Find(VideoId video, ShownSource source,
                                                         Deadline deadline) {
  std::string key = KeyOf(source);
  co_return co_await known_.Find(std::move(key),
                                 Load(std::move(video), std::move(source), deadline), deadline);
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

}  // namespace tritontube::delivery
