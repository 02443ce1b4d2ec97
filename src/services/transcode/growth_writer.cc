#include "services/transcode/growth_writer.h"

#include <algorithm>
#include <utility>

#include "domain/manifest/growth.h"
#include "services/transcode/attempt_limits.h"
#include "services/transcode/first_stored.h"

namespace tritontube::transcode {

namespace {

using media::Rendition;

std::size_t ListedOf(const std::vector<Rendition>& listed, std::string_view id) {
  const auto found = std::ranges::find(listed, id, &Rendition::id);
  return found == listed.end() ? 0 : found->segments.size();
}

// What `made` has beyond what is listed.
std::vector<Rendition> Beyond(const std::vector<Rendition>& made,
                              const std::vector<Rendition>& listed) {
  std::vector<Rendition> added;
  for (const Rendition& rendition : made) {
    const std::size_t known = ListedOf(listed, rendition.id);
    if (known >= rendition.segments.size()) continue;
    Rendition more = rendition;
    more.segments.erase(more.segments.begin(),
                        more.segments.begin() + static_cast<std::ptrdiff_t>(known));
    added.push_back(std::move(more));
  }
  return added;
}

// One begins like the other, and they describe the same thing.
bool Agree(Rendition one, Rendition other) {
  const std::size_t common = std::min(one.segments.size(), other.segments.size());
  one.segments.resize(common);
  other.segments.resize(common);
  return one == other;
}

bool AllAgree(const std::vector<Rendition>& made, const std::vector<Rendition>& listed) {
  return std::ranges::all_of(made, [&](const Rendition& rendition) {
    const auto before = std::ranges::find(listed, rendition.id, &Rendition::id);
    return before == listed.end() || Agree(rendition, *before);
  });
}

std::unexpected<Error> DoesNotContinue(std::string_view what) {
  return Fail(ErrorCode::kAlreadyExists, "what can be watched already is not continued: {}", what);
}

}  // namespace

GrowthWriter::GrowthWriter(catalog::Catalog& catalog, blob::BlobStore& store,
                           const jobs::ClaimedJob& claimed)
    : catalog_(&catalog),
      store_(&store),
      video_(claimed.video.id),
      claim_(claimed.output),
      growth_{.output = claimed.place()} {
  if (claimed.growth) told_ = claimed.growth->steps;
}

async::Task<Result<GrowthWriter>> GrowthWriter::Open(catalog::Catalog& catalog,
                                                     blob::BlobStore& store,
                                                     const jobs::ClaimedJob& claimed) {
  GrowthWriter writer(catalog, store, claimed);
  if (claimed.growth) {
    TT_CO_RETURN_IF_ERROR(co_await writer.LoadSteps(claimed.growth->steps));
    writer.growth_.complete = claimed.growth->complete;
  }
  co_return writer;
}

blob::BlobKey GrowthWriter::StepKey(std::uint64_t step) const {
  return {video_, growth_.output, manifest::GrowthFileName(step)};
}

async::Task<Result<void>> GrowthWriter::LoadSteps(std::uint64_t count) {
  while (growth_.steps < count) {
    TT_CO_ASSIGN_OR_RETURN(const blob::Bytes json,
                           co_await store_->GetWhole(StepKey(growth_.steps + 1), StoreDeadline()));
    TT_CO_ASSIGN_OR_RETURN(std::vector<Rendition> step, manifest::GrowthFromJson(json.Flatten()));
    TT_CO_RETURN_IF_ERROR(manifest::AppendGrowth(listed_, std::move(step)));
    ++growth_.steps;
  }
  co_return Result<void>();
}

async::Task<Result<void>> GrowthWriter::StoreStep(std::vector<Rendition> added) {
  TT_CO_ASSIGN_OR_RETURN(const blob::Bytes json,
                         co_await PutFirst(*store_, StepKey(growth_.steps + 1),
                                           blob::Bytes(manifest::GrowthToJson(added))));
  Result<std::vector<Rendition>> step = manifest::GrowthFromJson(json.Flatten());
  if (!step) co_return DoesNotContinue(step.error().message());
  const Result<void> appended = manifest::AppendGrowth(listed_, *std::move(step));
  if (!appended) co_return DoesNotContinue(appended.error().message());
  ++growth_.steps;
  co_return Result<void>();
}

async::Task<Result<void>> GrowthWriter::StoreAll(const std::vector<Rendition>& made) {
  for (;;) {
    if (!AllAgree(made, listed_)) co_return DoesNotContinue("it is another one");
    std::vector<Rendition> added = Beyond(made, listed_);
    if (added.empty()) co_return Result<void>();
    TT_CO_RETURN_IF_ERROR(co_await StoreStep(std::move(added)));
  }
}

async::Task<Result<void>> GrowthWriter::Tell(std::optional<catalog::CopyVerdict> copy) {
  TT_CO_RETURN_IF_ERROR(
      co_await catalog_->Grow(video_, claim_, growth_, std::move(copy), CatalogDeadline()));
  told_ = growth_.steps;
  co_return Result<void>();
}

async::Task<Result<void>> GrowthWriter::Publish(std::vector<Rendition> made) {
  TT_CO_RETURN_IF_ERROR(co_await StoreAll(made));
  if (told_ == growth_.steps) co_return Result<void>();
  co_return co_await Tell(std::nullopt);
}

async::Task<Result<void>> GrowthWriter::Complete(std::vector<Rendition> made,
                                                 std::optional<catalog::CopyVerdict> copy) {
  TT_CO_RETURN_IF_ERROR(co_await StoreAll(made));
  if (!Beyond(listed_, made).empty()) co_return DoesNotContinue("it went on further");
  growth_.complete = true;
  co_return co_await Tell(std::move(copy));
}

}  // namespace tritontube::transcode
