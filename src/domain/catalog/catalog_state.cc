#include "domain/catalog/catalog_state.h"

#include "base/assert.h"
#include "domain/catalog/codec.h"
#include "domain/catalog/keys.h"

namespace tritontube::catalog {

using coordination::KeyValue;
using coordination::Operation;
using coordination::Revision;
using coordination::Txn;

namespace {

template <typename T>
Result<std::optional<T>> Decoded(const std::optional<KeyValue>& item,
                                 Result<T> (*decode)(std::string_view)) {
  if (!item) return std::nullopt;
  if (item->damaged) {
    return Fail(ErrorCode::kCorrupt, "what is stored under {} is damaged", item->key);
  }
  Result<T> value = decode(item->value);
  if (!value) return std::unexpected(std::move(value).error().Within(item->key));
  return *std::move(value);
}

Revision RevisionOf(const std::optional<KeyValue>& item) { return item ? item->modified : 0; }
coordination::LeaseId LeaseOf(const std::optional<KeyValue>& item) {
  return item ? item->lease : coordination::kNoLease;
}

}  // namespace

void Catalog::State::AddReads(const VideoId& id, std::vector<Operation>& operations) {
  operations.push_back(Operation::Get(RowKey(id)));
  operations.push_back(Operation::Get(UploadKey(id)));
  operations.push_back(Operation::Get(ProgressKey(id)));
  operations.push_back(Operation::Get(ClaimKey(id)));
  operations.push_back(Operation::Get(BegunKey(id)));
}

Result<Catalog::State> Catalog::State::Read(VideoId id,
                                            std::span<const std::optional<KeyValue>> items) {
  TT_ASSERT(items.size() == kKeyCount, "{} items make no state", items.size());
  State state{.id = std::move(id),
              .row = RevisionOf(items[0]),
              .upload = RevisionOf(items[1]),
              .progress = RevisionOf(items[2]),
              .claim = RevisionOf(items[3]),
              .claim_lease = LeaseOf(items[3]),
              .begun = RevisionOf(items[4]),
              .begun_lease = LeaseOf(items[4])};
  TT_ASSIGN_OR_RETURN(std::optional<VideoRow> row, Decoded(items[0], DecodeVideoRow));
  TT_ASSIGN_OR_RETURN(std::optional<OpenUpload> open, Decoded(items[1], DecodeOpenUpload));
  TT_ASSIGN_OR_RETURN(std::optional<Progress> progress, Decoded(items[2], DecodeProgress));
  TT_ASSIGN_OR_RETURN(std::optional<JobClaim> claim, Decoded(items[3], DecodeJobClaim));
  TT_ASSIGN_OR_RETURN(std::optional<ExtrasBegun> begun, Decoded(items[4], DecodeExtrasBegun));
  if (row) {
    state.record = VideoRecord{.row = *std::move(row),
                               .open = std::move(open),
                               .progress = std::move(progress),
                               .claim = std::move(claim),
                               .begun = std::move(begun).value_or(ExtrasBegun())};
  }
  return state;
}

Txn Catalog::State::Guarded(std::vector<Operation> operations) const {
  return {.compares = {{RowKey(id), row},
                       {UploadKey(id), upload},
                       {ProgressKey(id), progress},
                       {ClaimKey(id), claim},
                       {BegunKey(id), begun}},
          .then = std::move(operations)};
}

std::vector<Operation> Catalog::State::Removal() const {
  const WallTime created = record->row.created;
  return {Operation::Delete(RowKey(id)),          Operation::Delete(UploadKey(id)),
          Operation::Delete(ProgressKey(id)),     Operation::Delete(ClaimKey(id)),
          Operation::Delete(OpenKey(id)),         Operation::Delete(OrderKey(created, id)),
          Operation::Delete(JobKey(created, id)), Operation::Delete(BegunKey(id))};
}

Result<VideoRow> Catalog::State::Row() const {
  if (record) return record->row;
  return Fail(ErrorCode::kNotFound, "there is no video {}", id.text());
}

Result<VideoRow> Catalog::State::VisibleRow() const {
  if (record && !IsAbandoned(*record)) return record->row;
  return Fail(ErrorCode::kNotFound, "there is no video {}", id.text());
}

Result<VideoRow> Catalog::State::RowOfOpen(const UploadId& upload_id) const {
  TT_ASSIGN_OR_RETURN(VideoRow found, Row());
  if (found.upload == upload_id && !found.source && !found.failure) return found;
  return Fail(ErrorCode::kAborted, "the upload of video {} is closed", id.text());
}

Result<VideoRow> Catalog::State::RowOfClaimed(const UploadId& output) const {
  TT_ASSIGN_OR_RETURN(VideoRow found, Row());
  if (record->claim && record->claim->output == output) return found;
  return Fail(ErrorCode::kAborted, "another worker has the transcode of video {}", id.text());
}

async::Task<Result<void>> CheckGoingOn(Deadline deadline) {
  const bool cancelled = co_await async::IsCancelled();
  if (cancelled) co_return Fail(ErrorCode::kCancelled, "the work was stopped");
  if (deadline.HasPassed()) {
    co_return Fail(ErrorCode::kDeadlineExceeded,
                   "others changed the same video all the time; try again");
  }
  co_return Result<void>();
}

bool IsUnknown(const Result<coordination::TxnAnswer>& answer) {
  return !answer && answer.error().code() == ErrorCode::kOutcomeUnknown;
}

}  // namespace tritontube::catalog
