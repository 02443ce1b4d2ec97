#include <algorithm>
#include <utility>

#include "domain/catalog/catalog_state.h"
#include "domain/catalog/codec.h"
#include "domain/catalog/keys.h"

namespace tritontube::catalog {

using coordination::LeaseId;
using coordination::Operation;

namespace {

// At once, of one video: enough for somebody who sends a folder of captions.
constexpr std::size_t kBegunMax = 32;

bool IsBegun(const VideoRecord& record, const UploadId& upload) {
  return std::ranges::find(record.begun.uploads, upload) != record.begun.uploads.end();
}

Operation PutBegun(const VideoId& id, const ExtrasBegun& begun, LeaseId lease) {
  if (begun.uploads.empty()) return Operation::Delete(BegunKey(id));
  return Operation::Put(BegunKey(id), Encode(begun), lease);
}

ExtrasBegun Without(ExtrasBegun begun, const UploadId& upload) {
  std::erase(begun.uploads, upload);
  return begun;
}

// In the place of its language.
void Insert(std::vector<StoredCaption>& captions, StoredCaption caption) {
  std::erase_if(captions, [&](const StoredCaption& c) { return c.language == caption.language; });
  captions.push_back(std::move(caption));
  std::ranges::sort(captions, {}, &StoredCaption::language);
}

}  // namespace

async::Task<Result<void>> Catalog::BeginExtra(VideoId id, UploadId upload, LeaseId lease,
                                              Deadline deadline) {
  const auto decide = [upload, lease](const State& state) -> Verdict {
    TT_RETURN_IF_ERROR(state.VisibleRow());
    if (IsBegun(*state.record, upload)) return kDone;
    ExtrasBegun begun = state.record->begun;
    if (begun.uploads.size() == kBegunMax) {
      return Fail(ErrorCode::kResourceExhausted,
                  "{} changes of video {} are under way already; try again soon", kBegunMax,
                  state.id.text());
    }
    begun.uploads.push_back(upload);
    return state.Guarded({PutBegun(state.id, begun, lease)});
  };
  co_return co_await Change(std::move(id), decide, deadline);
}

// Changes the extras and ends what was begun, in one step.
async::Task<Result<void>> Catalog::FinishExtra(VideoId id, UploadId upload, ExtrasChange change,
                                               Deadline deadline) {
  const auto decide = [upload, change](const State& state) -> Verdict {
    TT_RETURN_IF_ERROR(state.VisibleRow());
    VideoRow row = state.record->row;
    change(row.extras);
    if (row == state.record->row) return kDone;
    if (!IsBegun(*state.record, upload)) {
      return Fail(ErrorCode::kAborted, "the change of video {} was interrupted; send it again",
                  state.id.text());
    }
    const ExtrasBegun left = Without(state.record->begun, upload);
    return state.Guarded({Operation::Put(RowKey(state.id), Encode(row)),
                          PutBegun(state.id, left, state.begun_lease)});
  };
  co_return co_await Change(std::move(id), decide, deadline);
}

async::Task<Result<void>> Catalog::SetCaption(VideoId id, StoredCaption caption,
                                              Deadline deadline) {
  const UploadId upload = caption.upload;
  const auto change = [caption](VideoExtras& extras) { Insert(extras.captions, caption); };
  co_return co_await FinishExtra(std::move(id), upload, change, deadline);
}

async::Task<Result<void>> Catalog::SetPoster(VideoId id, UploadId poster, Deadline deadline) {
  const auto change = [poster](VideoExtras& extras) { extras.poster = poster; };
  co_return co_await FinishExtra(std::move(id), poster, change, deadline);
}

async::Task<Result<void>> Catalog::AbandonExtra(VideoId id, UploadId upload, Deadline deadline) {
  const auto decide = [upload](const State& state) -> Verdict {
    if (!state.record || !IsBegun(*state.record, upload)) return kDone;
    const ExtrasBegun left = Without(state.record->begun, upload);
    return state.Guarded({PutBegun(state.id, left, state.begun_lease)});
  };
  co_return co_await Change(std::move(id), decide, deadline);
}

async::Task<Result<void>> Catalog::RemoveCaption(VideoId id, std::string language,
                                                 Deadline deadline) {
  bool existed = false;
  const auto decide = [&existed, &language](const State& state) -> Verdict {
    TT_RETURN_IF_ERROR(state.VisibleRow());
    VideoRow row = state.record->row;
    const auto removed = std::erase_if(row.extras.captions, [&](const StoredCaption& caption) {
      return caption.language == language;
    });
    // After a transaction of unknown outcome they may be gone by our own hand.
    if (removed == 0 && existed) return kDone;
    if (removed == 0) {
      return Fail(ErrorCode::kNotFound, "video {} has no captions in \"{}\"", state.id.text(),
                  language);
    }
    existed = true;
    return state.Guarded({Operation::Put(RowKey(state.id), Encode(row))});
  };
  co_return co_await Change(std::move(id), decide, deadline);
}

async::Task<Result<void>> Catalog::FinishExtras(VideoId id, UploadId output, VideoExtras made,
                                                Deadline deadline) {
  bool decided = false;
  const auto decide = [&decided, output, made](const State& state) -> Verdict {
    // After a transaction of unknown outcome: either ours has happened, or the
    // claim has ended and somebody else makes them.
    if (decided && state.record && !state.record->claim) return kDone;
    TT_ASSIGN_OR_RETURN(VideoRow row, state.RowOfClaimed(output));
    const VideoExtras before = std::exchange(row.extras, made);
    row.extras.poster = before.poster;
    for (const StoredCaption& caption : before.captions) {
      if (caption.from_person) Insert(row.extras.captions, caption);
    }
    decided = true;
    return state.Guarded({Operation::Put(RowKey(row.id), Encode(row)),
                          Operation::Delete(JobKey(row.created, row.id)),
                          Operation::Delete(ClaimKey(row.id))});
  };
  co_return co_await Change(std::move(id), decide, deadline);
}

}  // namespace tritontube::catalog
