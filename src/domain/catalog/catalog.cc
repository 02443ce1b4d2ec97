#include "domain/catalog/catalog.h"

#include <algorithm>
#include <span>

#include "domain/catalog/catalog_state.h"
#include "domain/catalog/codec.h"
#include "domain/catalog/keys.h"
#include "domain/catalog/view.h"

namespace tritontube::catalog {

using coordination::LeaseId;
using coordination::Operation;
using coordination::RangePage;
using coordination::Txn;
using coordination::TxnAnswer;

namespace {

// So many states are read by one transaction: etcd takes 128 operations.
constexpr std::size_t kStatesPerRead = 25;

// Whether a worker has seen to the extras and found any. Of a file that gives none
// of them a restore tries again, which costs little.
bool HasMadeExtras(const VideoExtras& extras) {
  const auto is_made = [](const StoredCaption& caption) { return !caption.from_person; };
  return extras.storyboard || extras.loudness || !extras.ssim.empty() ||
         std::ranges::any_of(extras.captions, is_made);
}

Operation PutNewJob(const VideoRow& row) {
  const JobRow job{.video = row.id, .created = row.created, .not_before = row.created};
  return Operation::Put(JobKey(row.created, row.id), Encode(job));
}

void Apply(const SourceAnalysis& analysis, VideoRow& row) {
  row.copy = analysis.copy;
  row.facts = analysis.facts;
  row.renditions = analysis.renditions;
}

}  // namespace

async::Task<Result<std::vector<Result<Catalog::State>>>> Catalog::Load(std::vector<VideoId> ids,
                                                                       Deadline deadline) {
  std::vector<Result<State>> states;
  for (std::size_t first = 0; first < ids.size();) {
    const auto some = std::span(ids).subspan(first, std::min(kStatesPerRead, ids.size() - first));
    Txn read;
    for (const VideoId& id : some) State::AddReads(id, read.then);
    const Result<TxnAnswer> answer = co_await coordination_.Commit(std::move(read), deadline);
    // A read whose outcome is unknown is a read that failed: it may be repeated.
    if (IsUnknown(answer)) {
      TT_CO_RETURN_IF_ERROR(co_await CheckGoingOn(deadline));
      continue;
    }
    if (!answer) co_return std::unexpected(answer.error());
    for (std::size_t i = 0; i < some.size(); ++i) {
      const auto items = std::span(answer->gets).subspan(i * State::kKeyCount, State::kKeyCount);
      states.push_back(State::Read(some[i], items));
    }
    first += some.size();
  }
  co_return states;
}

async::Task<Result<void>> Catalog::Change(VideoId id, Decision decide, Deadline deadline) {
  bool unknown = false;
  for (;;) {
    const Result<std::vector<Result<State>>> states = co_await Load({id}, deadline);
    if (!states && unknown) {
      co_return Fail(ErrorCode::kOutcomeUnknown, "video {} may or may not have changed: {}",
                     id.text(), states.error().message());
    }
    if (!states) co_return std::unexpected(states.error());
    const Result<State>& state = states->front();
    if (!state) co_return std::unexpected(state.error());
    TT_CO_ASSIGN_OR_RETURN(std::optional<Txn> txn, decide(*state));
    if (!txn) co_return Result<void>();
    const Result<TxnAnswer> answer = co_await coordination_.Commit(*std::move(txn), deadline);
    if (answer && answer->succeeded) co_return Result<void>();
    if (!answer && !IsUnknown(answer)) co_return std::unexpected(answer.error());
    unknown = !answer;
    const Result<void> going_on = co_await CheckGoingOn(deadline);
    if (!going_on) co_return unknown ? Result<void>(std::unexpected(answer.error())) : going_on;
  }
}

async::Task<Result<void>> Catalog::Create(VideoDraft draft, LeaseId lease, Deadline deadline) {
  const OpenUpload open{.upload = draft.upload, .received = 0, .total = draft.total};
  co_return co_await Open(std::move(draft), open, lease, deadline);
}

async::Task<Result<void>> Catalog::Open(VideoDraft draft, OpenUpload open, LeaseId lease,
                                        Deadline deadline) {
  const VideoRow row{.id = draft.id,
                     .upload = draft.upload,
                     .title = draft.title,
                     .created = draft.created,
                     .file_name = draft.file_name};
  const auto decide = [row, open, lease](const State& state) -> Verdict {
    if (state.record && state.record->row.upload == row.upload) return kDone;
    if (state.record) {
      return Fail(ErrorCode::kAlreadyExists, "there is a video {} already", row.id.text());
    }
    return state.Guarded({Operation::Put(RowKey(row.id), Encode(row)),
                          Operation::Put(UploadKey(row.id), Encode(open), lease),
                          Operation::Put(OpenKey(row.id), row.upload.text()),
                          Operation::Put(OrderKey(row.created, row.id), "")});
  };
  co_return co_await Change(draft.id, decide, deadline);
}

async::Task<Result<void>> Catalog::SetReceived(VideoId id, OpenUpload open, LeaseId lease,
                                               Deadline deadline) {
  const auto decide = [open, lease](const State& state) -> Verdict {
    TT_RETURN_IF_ERROR(state.RowOfOpen(open.upload));
    OpenUpload next = open;
    if (const std::optional<OpenUpload>& now = state.record->open) {
      next.received = std::max(next.received, now->received);
      if (now->total) next.total = now->total;
      if (next == *now) return kDone;
    }
    return state.Guarded({Operation::Put(UploadKey(state.id), Encode(next), lease)});
  };
  co_return co_await Change(id, decide, deadline);
}

async::Task<Result<void>> Catalog::CommitSource(VideoId id, UploadId upload, SourceFile source,
                                                Deadline deadline, std::optional<std::string> title,
                                                std::optional<SourceAnalysis> analysis) {
  const auto decide = [upload, source, title, analysis](const State& state) -> Verdict {
    if (state.record && state.record->row.upload == upload && state.record->row.source == source) {
      return kDone;
    }
    TT_ASSIGN_OR_RETURN(VideoRow row, state.RowOfOpen(upload));
    row.source = source;
    row.title = title.value_or(row.title);
    if (analysis) Apply(*analysis, row);
    return state.Guarded({Operation::Put(RowKey(row.id), Encode(row)),
                          Operation::Delete(UploadKey(row.id)), Operation::Delete(OpenKey(row.id)),
                          PutNewJob(row)});
  };
  co_return co_await Change(id, decide, deadline);
}

async::Task<Result<void>> Catalog::FailUpload(VideoId id, UploadId upload, Failure failure,
                                              Deadline deadline) {
  const auto decide = [upload, failure](const State& state) -> Verdict {
    if (state.record && state.record->row.upload == upload && !state.record->row.source &&
        state.record->row.failure) {
      return kDone;
    }
    TT_ASSIGN_OR_RETURN(VideoRow row, state.RowOfOpen(upload));
    row.failure = failure;
    row.failed_at_progress = ViewOf(*state.record).progress;
    return state.Guarded({Operation::Put(RowKey(row.id), Encode(row)),
                          Operation::Delete(UploadKey(row.id)),
                          Operation::Delete(OpenKey(row.id))});
  };
  co_return co_await Change(id, decide, deadline);
}

async::Task<Result<void>> Catalog::Abandon(VideoId id, UploadId upload, Deadline deadline) {
  const auto decide = [upload](const State& state) -> Verdict {
    if (!state.record) return kDone;
    TT_RETURN_IF_ERROR(state.RowOfOpen(upload));
    return state.Guarded(state.Removal());
  };
  co_return co_await Change(id, decide, deadline);
}

async::Task<Result<void>> Catalog::Describe(VideoId id, UploadId output, MediaFacts facts,
                                            std::vector<RenditionSummary> renditions,
                                            Deadline deadline) {
  const auto decide = [output, facts, renditions](const State& state) -> Verdict {
    TT_ASSIGN_OR_RETURN(VideoRow row, state.RowOfClaimed(output));
    if (row.facts == facts && row.renditions == renditions) return kDone;
    row.facts = facts;
    row.renditions = renditions;
    return state.Guarded({Operation::Put(RowKey(row.id), Encode(row))});
  };
  co_return co_await Change(id, decide, deadline);
}

async::Task<Result<void>> Catalog::SetProgress(VideoId id, UploadId output, double fraction,
                                               Deadline deadline) {
  const double next = std::clamp(fraction, 0.0, 1.0);
  const auto decide = [output, next](const State& state) -> Verdict {
    TT_RETURN_IF_ERROR(state.RowOfClaimed(output));
    Progress progress = state.record->progress.value_or(Progress());
    if (state.record->progress && progress.fraction >= next) return kDone;
    progress.fraction = next;
    return state.Guarded({Operation::Put(ProgressKey(state.id), Encode(progress))});
  };
  co_return co_await Change(id, decide, deadline);
}

async::Task<Result<void>> Catalog::SetDigest(VideoId id, UploadId output, blob::Digest digest,
                                             Deadline deadline) {
  const auto decide = [output, digest](const State& state) -> Verdict {
    TT_ASSIGN_OR_RETURN(VideoRow row, state.RowOfClaimed(output));
    if (!row.source || row.source->digest) return kDone;
    row.source->digest = digest;
    return state.Guarded({Operation::Put(RowKey(row.id), Encode(row))});
  };
  co_return co_await Change(id, decide, deadline);
}

namespace {

std::unexpected<Error> LiesElsewhere(const VideoId& id) {
  return Fail(ErrorCode::kAborted, "what can be watched of video {} lies elsewhere", id.text());
}

}  // namespace

async::Task<Result<void>> Catalog::BeginChunks(VideoId id, UploadId output, UploadId chunks,
                                               std::optional<UploadId> indexed, Deadline deadline) {
  const auto decide = [id, output, chunks, indexed](const State& state) -> Verdict {
    TT_RETURN_IF_ERROR(state.RowOfClaimed(output));
    Progress progress = state.record->progress.value_or(Progress());
    if (progress.chunks == chunks && progress.indexed == indexed) return kDone;
    if (progress.growth && progress.growth->output != chunks) return LiesElsewhere(id);
    progress.chunks = chunks;
    progress.indexed = indexed;
    return state.Guarded({Operation::Put(ProgressKey(id), Encode(progress))});
  };
  co_return co_await Change(id, decide, deadline);
}

async::Task<Result<void>> Catalog::Grow(VideoId id, UploadId output, Growth growth,
                                        std::optional<CopyVerdict> copy, Deadline deadline) {
  const auto decide = [id, output, growth, copy](const State& state) -> Verdict {
    TT_ASSIGN_OR_RETURN(VideoRow row, state.RowOfClaimed(output));
    Progress progress = state.record->progress.value_or(Progress());
    if (progress.growth == growth && (!copy || row.copy == copy)) return kDone;
    const UploadId& place =
        progress.growth ? progress.growth->output : progress.chunks.value_or(output);
    if (growth.output != place) return LiesElsewhere(id);
    if (progress.growth && progress.growth->steps > growth.steps) return kDone;
    progress.growth = growth;
    std::vector<Operation> operations = {Operation::Put(ProgressKey(id), Encode(progress))};
    if (copy) {
      row.copy = copy;
      operations.push_back(Operation::Put(RowKey(row.id), Encode(row)));
    }
    return state.Guarded(std::move(operations));
  };
  co_return co_await Change(id, decide, deadline);
}

async::Task<Result<void>> Catalog::Publish(VideoId id, UploadId output, Publication publication,
                                           Deadline deadline) {
  const StoredPresentation presentation{.output = publication.output.value_or(output),
                                        .digest = publication.digest,
                                        .has_poster = publication.has_poster};
  const auto decide = [output, presentation, publication](const State& state) -> Verdict {
    if (state.record && state.record->row.presentation == presentation) return kDone;
    TT_ASSIGN_OR_RETURN(VideoRow row, state.RowOfClaimed(output));
    row.facts = publication.facts;
    row.renditions = publication.renditions;
    row.presentation = presentation;
    if (publication.copy) row.copy = publication.copy;
    std::vector<Operation> operations = {Operation::Put(RowKey(row.id), Encode(row)),
                                         Operation::Delete(ProgressKey(row.id))};
    if (publication.extras_output) {
      const JobClaim claim{.output = *publication.extras_output};
      operations.push_back(Operation::Put(ClaimKey(row.id), Encode(claim), state.claim_lease));
    } else {
      operations.push_back(Operation::Delete(JobKey(row.created, row.id)));
      operations.push_back(Operation::Delete(ClaimKey(row.id)));
    }
    return state.Guarded(std::move(operations));
  };
  co_return co_await Change(id, decide, deadline);
}

async::Task<Result<void>> Catalog::FailJob(VideoId id, UploadId output, Failure failure,
                                           Deadline deadline) {
  const auto decide = [output, failure](const State& state) -> Verdict {
    if (state.record && state.record->row.failure == failure) return kDone;
    TT_ASSIGN_OR_RETURN(VideoRow row, state.RowOfClaimed(output));
    if (row.presentation) {
      return state.Guarded(
          {Operation::Delete(JobKey(row.created, row.id)), Operation::Delete(ClaimKey(row.id))});
    }
    row.failure = failure;
    row.failed_at_progress = ViewOf(*state.record).progress;
    return state.Guarded({Operation::Put(RowKey(row.id), Encode(row)),
                          Operation::Delete(JobKey(row.created, row.id)),
                          Operation::Delete(ClaimKey(row.id)),
                          Operation::Delete(ProgressKey(row.id))});
  };
  co_return co_await Change(id, decide, deadline);
}

async::Task<Result<VideoRecord>> Catalog::Find(VideoId id, Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(const auto found, co_await FindMany({id}, deadline));
  if (found.front() && !IsAbandoned(*found.front())) co_return *found.front();
  co_return Fail(ErrorCode::kNotFound, "there is no video {}", id.text());
}

async::Task<Result<std::vector<std::optional<VideoRecord>>>> Catalog::FindMany(
    std::vector<VideoId> ids, Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(std::vector<Found> each, co_await FindEach(std::move(ids), deadline));
  std::vector<std::optional<VideoRecord>> records;
  records.reserve(each.size());
  for (Found& found : each) {
    TT_CO_ASSIGN_OR_RETURN(std::optional<VideoRecord> record, std::move(found));
    records.push_back(std::move(record));
  }
  co_return records;
}

async::Task<Result<std::vector<Catalog::Found>>> Catalog::FindEach(std::vector<VideoId> ids,
                                                                   Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(std::vector<Result<State>> states,
                         co_await Load(std::move(ids), deadline));
  std::vector<Found> each;
  each.reserve(states.size());
  for (Result<State>& state : states) {
    each.push_back(state ? Found(std::move(state->record)) : std::unexpected(state.error()));
  }
  co_return each;
}

namespace {

// Without keys that are damaged and so name no video.
std::vector<VideoId> IdsOf(const RangePage& page) {
  std::vector<VideoId> ids;
  for (const coordination::KeyValue& item : page.items) {
    if (const std::optional<VideoId> id = VideoOf(item.key)) ids.push_back(*id);
  }
  return ids;
}

}  // namespace

async::Task<Result<ListPage>> Catalog::List(ListRequest request, Deadline deadline) {
  coordination::RangeRequest range{.prefix = std::string(kOrderPrefix)};
  if (!request.cursor.empty()) {
    const std::optional<std::string> after = OrderKeyOfCursor(request.cursor);
    if (!after) co_return Fail(ErrorCode::kInvalidArgument, "the cursor is not one of ours");
    range.after = *after;
  }
  ListPage list;
  for (bool more = true; more && list.items.size() < request.limit;) {
    TT_CO_RETURN_IF_ERROR(co_await CheckGoingOn(deadline));
    range.limit = request.limit - list.items.size();
    TT_CO_ASSIGN_OR_RETURN(const RangePage page, co_await coordination_.Range(range, deadline));
    TT_CO_ASSIGN_OR_RETURN(std::vector<Found> each, co_await FindEach(IdsOf(page), deadline));
    for (Found& found : each) {
      if (found && *found && !IsAbandoned(**found)) list.items.push_back(**std::move(found));
    }
    if (!page.items.empty()) range.after = page.items.back().key;
    more = page.more;
    list.next = more ? CursorOfOrderKey(range.after) : std::nullopt;
  }
  co_return list;
}

async::Task<Result<RowPage>> Catalog::Rows(std::optional<VideoId> after, std::size_t limit,
                                           Deadline deadline) {
  coordination::RangeRequest range{.prefix = std::string(kRowPrefix), .limit = limit};
  if (after) range.after = RowKey(*after);
  TT_CO_ASSIGN_OR_RETURN(const RangePage page,
                         co_await coordination_.Range(std::move(range), deadline));
  RowPage rows;
  for (const coordination::KeyValue& item : page.items) {
    Result<VideoRow> row = DecodeVideoRow(item.value);
    if (row) rows.rows.push_back(*std::move(row));
  }
  if (page.more) rows.last = VideoOf(page.items.back().key);
  co_return rows;
}

async::Task<Result<Edited>> Catalog::Edit(VideoId id, VideoEdit edit, MayEdit may_edit,
                                          Deadline deadline) {
  std::optional<Edited> edited;
  const auto decide = [&edited, &edit, &may_edit](const State& state) -> Verdict {
    TT_ASSIGN_OR_RETURN(VideoRow row, state.VisibleRow());
    edited = Edited{.record = *state.record};
    Apply(edit, row);
    if (row == state.record->row) return kDone;
    edited->allowed = may_edit(state.record->row);
    if (!edited->allowed) return kDone;
    edited->record.row = row;
    return state.Guarded({Operation::Put(RowKey(row.id), Encode(row))});
  };
  TT_CO_RETURN_IF_ERROR(co_await Change(id, decide, deadline));
  co_return *std::move(edited);
}

async::Task<Result<Leftovers>> Catalog::Delete(VideoId id, Deadline deadline, MayEdit may_delete) {
  Leftovers leftovers{.video = id, .uploads = {}};
  bool existed = false;
  const auto decide = [&](const State& state) -> Verdict {
    // Gone after a transaction of unknown outcome, or by another's hand: either
    // way it was there and is no more.
    if (!state.record && existed) return kDone;
    TT_ASSIGN_OR_RETURN(const VideoRow row, state.VisibleRow());
    if (may_delete && !may_delete(row)) {
      return Fail(ErrorCode::kFailedPrecondition, "somebody has changed video {} meanwhile",
                  id.text());
    }
    existed = true;
    leftovers.uploads = UploadsOf(*state.record);
    return state.Guarded(state.Removal());
  };
  const Result<void> deleted = co_await Change(id, decide, deadline);
  if (deleted) co_return leftovers;
  if (deleted.error().code() != ErrorCode::kCorrupt) co_return std::unexpected(deleted.error());
  TT_CO_RETURN_IF_ERROR(co_await DeleteDamaged(id, deadline));
  co_return Leftovers{.video = id, .uploads = {}};
}

async::Task<Result<void>> Catalog::Restore(VideoRow row, Deadline deadline) {
  if (!IsSettled(row)) {
    co_return Fail(ErrorCode::kInvalidArgument, "the upload of video {} had not ended",
                   row.id.text());
  }
  const auto decide = [row](const State& state) -> Verdict {
    if (state.record && state.record->row == row) return kDone;
    if (state.record) {
      return Fail(ErrorCode::kAlreadyExists, "there is a video {} already", row.id.text());
    }
    std::vector<Operation> operations = {Operation::Put(RowKey(row.id), Encode(row)),
                                         Operation::Put(OrderKey(row.created, row.id), "")};
    const bool is_done = row.failure || (row.presentation && HasMadeExtras(row.extras));
    if (!is_done) operations.push_back(PutNewJob(row));
    return state.Guarded(std::move(operations));
  };
  co_return co_await Change(row.id, decide, deadline);
}

async::Task<Result<std::vector<VideoId>>> Catalog::VideoIds(std::optional<VideoId> after,
                                                            std::size_t limit, Deadline deadline) {
  coordination::RangeRequest range{.prefix = std::string(kRowPrefix), .limit = limit};
  if (after) range.after = RowKey(*after);
  TT_CO_ASSIGN_OR_RETURN(const RangePage page,
                         co_await coordination_.Range(std::move(range), deadline));
  co_return IdsOf(page);
}

async::Task<Result<std::vector<VideoId>>> Catalog::OpenVideos(std::optional<VideoId> after,
                                                              std::size_t limit,
                                                              Deadline deadline) {
  coordination::RangeRequest range{.prefix = std::string(kOpenPrefix), .limit = limit};
  if (after) range.after = OpenKey(*after);
  TT_CO_ASSIGN_OR_RETURN(const RangePage page,
                         co_await coordination_.Range(std::move(range), deadline));
  co_return IdsOf(page);
}

async::Task<Result<bool>> Catalog::RemoveIfAbandoned(VideoId id, Deadline deadline) {
  bool removed = false;
  const auto decide = [&removed](const State& state) -> Verdict {
    if (!state.record) return kDone;
    removed = IsAbandoned(*state.record);
    if (!removed) return kDone;
    return state.Guarded(state.Removal());
  };
  TT_CO_RETURN_IF_ERROR(co_await Change(id, decide, deadline));
  co_return removed;
}

async::Task<Result<bool>> Catalog::ProveGarbage(VideoId id, UploadId upload, Deadline deadline) {
  bool garbage = false;
  const auto decide = [&garbage, &upload](const State& state) -> Verdict {
    garbage = !state.record || !Owns(*state.record, upload);
    if (!garbage) return kDone;
    // A read may be answered by a server that has missed the latest writes; a
    // write that compares cannot.
    return state.Guarded({Operation::Put(std::string(kProofKey), upload.text())});
  };
  TT_CO_RETURN_IF_ERROR(co_await Change(id, decide, deadline));
  co_return garbage;
}

}  // namespace tritontube::catalog
