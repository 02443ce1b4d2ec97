#include "services/verification/verifier.h"

namespace tritontube::verification {

Verification::Verification(Verifier& verifier, const std::optional<VideoId>& of,
                           ByteCount total_bytes)
    : verifier_(verifier),
      pass_(verifier.catalog_, verifier.store_, {.only = of}),
      report_{.total_bytes = total_bytes} {
  for (DamagedRow& row : verifier_.log_.damaged_rows()) {
    if (!of || row.video == of) report_.damaged_rows.push_back(std::move(row));
  }
}

Verification::~Verification() { --verifier_.under_way_; }

async::Task<Result<bool>> Verification::Advance() {
  const Deadline deadline = Deadline::After(verifier_.options_.step_timeout);
  TT_CO_ASSIGN_OR_RETURN(std::optional<Step> step, co_await pass_.Next(deadline));
  if (!step) co_return false;
  TT_CO_RETURN_IF_ERROR(co_await verifier_.log_.Note(*step, verifier_.clock_.WallNow(), deadline));
  report_.checked_bytes += step->bytes;
  if (step->finished) ++report_.checked_blobs;
  if (step->damage) {
    ++report_.damaged_blobs;
    if (report_.damage.size() < verifier_.options_.listed_max) {
      report_.damage.push_back(*std::move(step->damage));
    }
  }
  co_return true;
}

async::Task<Result<std::unique_ptr<Verification>>> Verifier::Begin(std::optional<VideoId> video,
                                                                   Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(const ByteCount total, co_await Measure(video, deadline));
  TT_CO_RETURN_IF_ERROR(co_await log_.CheckRows(deadline));
  if (++under_way_ > options_.at_once_max) {
    --under_way_;
    co_return Fail(ErrorCode::kResourceExhausted,
                   "{} verifications are under way, the most there may be; wait until one has "
                   "ended",
                   options_.at_once_max);
  }
  co_return std::make_unique<Verification>(*this, video, total);
}

async::Task<Result<ByteCount>> Verifier::Measure(std::optional<VideoId> video, Deadline deadline) {
  if (!video) {
    TT_CO_ASSIGN_OR_RETURN(const blob::StoreStatus status, co_await store_.Status(deadline));
    co_return status.stored_bytes;
  }
  TT_CO_ASSIGN_OR_RETURN(const catalog::VideoRecord record,
                         co_await catalog_.Find(*video, deadline));
  TT_CO_ASSIGN_OR_RETURN(const std::vector<blob::ScanItem> stored,
                         co_await StoredFilesOf(store_, record, deadline));
  ByteCount total = 0;
  for (const blob::ScanItem& item : stored) total += item.stat.size;
  co_return total;
}

}  // namespace tritontube::verification
