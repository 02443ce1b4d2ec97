#include "services/verification/named_files.h"

namespace tritontube::verification {

namespace {

constexpr std::chrono::seconds kPageTime{3};
// Of one answer.
constexpr std::size_t kDamageMax = 1000;

}  // namespace

async::Task<Result<NamedFilesPage>> NamedFiles::Check(std::optional<blob::BlobKey> after,
                                                      Deadline deadline) {
  Pass pass(catalog_, store_, {.after = std::move(after), .stat_only = true});
  NamedFilesPage page;
  for (const Deadline enough = Deadline::After(kPageTime);;) {
    TT_CO_ASSIGN_OR_RETURN(std::optional<Step> step, co_await pass.Next(deadline));
    if (!step) co_return page;
    ++page.blobs;
    page.last = std::move(step->finished);
    if (step->damage) page.damage.push_back(*std::move(step->damage));
    page.more = enough.HasPassed() || page.damage.size() == kDamageMax;
    if (page.more) co_return page;
  }
}

}  // namespace tritontube::verification
