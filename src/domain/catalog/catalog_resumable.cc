#include "domain/catalog/catalog.h"
#include "domain/catalog/catalog_state.h"
#include "domain/catalog/codec.h"
#include "domain/catalog/keys.h"

// Catalog's methods about uploads that outlive their connections.
namespace tritontube::catalog {

using coordination::Operation;

namespace {

bool HasExpired(const VideoRecord& record, WallTime now) {
  return !IsSettled(record.row) && record.open && record.open->resumable &&
         record.open->resumable->expires <= now;
}

}  // namespace

async::Task<Result<void>> Catalog::CreateResumable(VideoDraft draft, Resumable resumable,
                                                   Deadline deadline) {
  const OpenUpload open{
      .upload = draft.upload, .received = 0, .total = draft.total, .resumable = resumable};
  co_return co_await Open(std::move(draft), open, coordination::kNoLease, deadline);
}

async::Task<Result<VideoRecord>> Catalog::ChangeOpen(VideoId id, UploadId upload, OpenChange change,
                                                     Deadline deadline) {
  std::optional<VideoRecord> changed;
  const auto decide = [&changed, &upload, &change](const State& state) -> Verdict {
    TT_RETURN_IF_ERROR(state.RowOfOpen(upload));
    if (!state.record->open || !state.record->open->resumable) {
      return Fail(ErrorCode::kAborted, "the upload of video {} is closed", state.id.text());
    }
    changed = state.record;
    TT_RETURN_IF_ERROR(change(*changed));
    std::vector<Operation> operations;
    if (changed->row != state.record->row) {
      operations.push_back(Operation::Put(RowKey(state.id), Encode(changed->row)));
    }
    if (changed->open != state.record->open) {
      operations.push_back(Operation::Put(UploadKey(state.id), Encode(*changed->open)));
    }
    if (operations.empty()) return kDone;
    return state.Guarded(std::move(operations));
  };
  TT_CO_RETURN_IF_ERROR(co_await Change(id, decide, deadline));
  co_return *std::move(changed);
}

async::Task<Result<bool>> Catalog::RemoveIfExpired(VideoId id, WallTime now, Deadline deadline) {
  bool removed = false;
  const auto decide = [&removed, now](const State& state) -> Verdict {
    if (!state.record) return kDone;
    removed = HasExpired(*state.record, now);
    if (!removed) return kDone;
    return state.Guarded(state.Removal());
  };
  TT_CO_RETURN_IF_ERROR(co_await Change(id, decide, deadline));
  co_return removed;
}

}  // namespace tritontube::catalog
