#include "domain/chunks/chunk_queue.h"

#include <algorithm>
#include <span>
#include <utility>

namespace tritontube::chunks {

using coordination::KeyValue;
using coordination::Operation;
using coordination::RangePage;
using coordination::Txn;
using coordination::TxnAnswer;

namespace {

// Of one transaction, in which each is an operation or two.
constexpr std::size_t kRowsPerTxn = 60;

std::unexpected<Error> ChunkLost(const ChunkId& id) {
  return Fail(ErrorCode::kAborted, "chunk {} of video {} is no longer this worker's", id.number,
              id.video.text());
}

}  // namespace

async::Task<Result<void>> ChunkQueue::Post(std::vector<ChunkRow> rows, Deadline deadline) {
  for (std::size_t begin = 0; begin < rows.size();) {
    const std::size_t count = std::min(kRowsPerTxn, rows.size() - begin);
    const std::span<const ChunkRow> some = std::span(rows).subspan(begin, count);
    TT_CO_ASSIGN_OR_RETURN(const bool are_stored, co_await PostSome(some, deadline));
    if (are_stored) begin += count;
  }
  co_return Result<void>();
}

// False when it is to be looked at again: others have changed the same, or nobody
// knows whether it happened.
async::Task<Result<bool>> ChunkQueue::PostSome(std::span<const ChunkRow> rows, Deadline deadline) {
  Txn read;
  for (const ChunkRow& row : rows) read.then.push_back(Operation::Get(RowKey(row.id)));
  TT_CO_ASSIGN_OR_RETURN(const TxnAnswer now,
                         co_await coordination_.Commit(std::move(read), deadline));
  Txn txn;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (now.gets[i]) continue;
    txn.compares.push_back({RowKey(rows[i].id), 0});
    txn.then.push_back(Operation::Put(RowKey(rows[i].id), Encode(rows[i])));
  }
  if (txn.then.empty()) co_return true;
  const Result<TxnAnswer> answer = co_await coordination_.Commit(std::move(txn), deadline);
  if (!answer && answer.error().code() != ErrorCode::kOutcomeUnknown) {
    co_return std::unexpected(answer.error());
  }
  co_return answer && answer->succeeded;
}

async::Task<Result<ChunkRows>> ChunkQueue::Rows(VideoId video, UploadId output, Deadline deadline) {
  ChunkRows found;
  coordination::RangeRequest range{.prefix = SetPrefix(video, output)};
  for (bool more = true; more;) {
    TT_CO_ASSIGN_OR_RETURN(const RangePage page, co_await coordination_.Range(range, deadline));
    if (found.revision == 0) found.revision = page.revision;
    for (const KeyValue& item : page.items) {
      if (item.damaged) co_return Fail(ErrorCode::kCorrupt, "{} is damaged", item.key);
      TT_CO_ASSIGN_OR_RETURN(ChunkRow row, DecodeChunkRow(item.value));
      found.rows.push_back(std::move(row));
    }
    if (!page.items.empty()) range.after = page.items.back().key;
    more = page.more;
  }
  co_return found;
}

async::Task<Result<void>> ChunkQueue::Remove(VideoId video, UploadId output, Deadline deadline) {
  const coordination::RangeRequest range{.prefix = SetPrefix(video, output), .limit = kRowsPerTxn};
  for (;;) {
    TT_CO_ASSIGN_OR_RETURN(const RangePage page, co_await coordination_.Range(range, deadline));
    if (page.items.empty()) co_return Result<void>();
    Txn txn;
    for (const KeyValue& item : page.items) {
      txn.then.push_back(Operation::Delete(item.key));
      if (const auto id = ChunkOf(item.key)) txn.then.push_back(Operation::Delete(ClaimKey(*id)));
    }
    const Result<TxnAnswer> answer = co_await coordination_.Commit(std::move(txn), deadline);
    if (!answer && answer.error().code() != ErrorCode::kOutcomeUnknown) {
      co_return std::unexpected(answer.error());
    }
  }
}

async::Task<Result<std::optional<ClaimedChunk>>> ChunkQueue::Claim(ChunkBoard::Pick pick,
                                                                   ChunkClaim claim,
                                                                   coordination::LeaseId lease,
                                                                   Deadline deadline) {
  const std::string row_key = RowKey(pick.id);
  const std::string claim_key = ClaimKey(pick.id);
  const std::string value = Encode(claim);
  const std::vector<Operation> reads = {Operation::Get(row_key), Operation::Get(claim_key)};
  Txn txn{
      .compares = {{row_key, pick.modified}, {claim_key, 0}}, .then = reads, .otherwise = reads};
  txn.then.insert(txn.then.begin(), Operation::Put(claim_key, value, lease));
  TT_CO_ASSIGN_OR_RETURN(const TxnAnswer answer,
                         co_await coordination_.Commit(std::move(txn), deadline));
  const std::optional<KeyValue>& row = answer.gets[0];
  const std::optional<KeyValue>& held = answer.gets[1];
  // It was ours already when nobody knew.
  if (!row || !held || held->value != value) co_return std::nullopt;
  TT_CO_ASSIGN_OR_RETURN(ChunkRow decoded, DecodeChunkRow(row->value));
  co_return ClaimedChunk{.row = std::move(decoded),
                         .row_modified = row->modified,
                         .claim = std::move(claim),
                         .claim_modified = held->modified};
}

// Ends the claim and writes the row in one step.
async::Task<Result<void>> ChunkQueue::Settle(ClaimedChunk claimed, ChunkRow next,
                                             Deadline deadline) {
  const std::string row_key = RowKey(next.id);
  const std::string claim_key = ClaimKey(next.id);
  const std::string value = Encode(next);
  for (;;) {
    const Result<TxnAnswer> answer = co_await coordination_.Commit(
        {.compares = {{row_key, claimed.row_modified}, {claim_key, claimed.claim_modified}},
         .then = {Operation::Put(row_key, value), Operation::Delete(claim_key)}},
        deadline);
    if (answer && answer->succeeded) co_return Result<void>();
    if (!answer && answer.error().code() != ErrorCode::kOutcomeUnknown) {
      co_return std::unexpected(answer.error());
    }
    if (answer) co_return ChunkLost(next.id);
    TT_CO_ASSIGN_OR_RETURN(const coordination::GetAnswer row,
                           co_await coordination_.Get(row_key, deadline));
    if (row.item && row.item->modified > claimed.row_modified && row.item->value == value) {
      co_return Result<void>();
    }
  }
}

async::Task<Result<void>> ChunkQueue::Finish(ClaimedChunk claimed, ChunkMade made,
                                             Deadline deadline) {
  ChunkRow next = claimed.row;
  next.made = std::move(made);
  next.failed_on.clear();
  return Settle(std::move(claimed), std::move(next), deadline);
}

async::Task<Result<bool>> ChunkQueue::FailAttempt(ClaimedChunk claimed, jobs::Blame blame,
                                                  Error error, WallTime now, Deadline deadline) {
  ChunkRow next = claimed.row;
  jobs::NextStep step = policy_.AfterFailure(std::move(next.job), blame, error, now);
  next.job = std::move(step.job);
  next.failed_on = claimed.claim.worker;
  next.failure = std::move(step.failure);
  const bool is_tried_again = !next.failure;
  TT_CO_RETURN_IF_ERROR(co_await Settle(std::move(claimed), std::move(next), deadline));
  co_return is_tried_again;
}

async::Task<Result<void>> ChunkQueue::Release(ClaimedChunk claimed, Deadline deadline) {
  ChunkRow same = claimed.row;
  return Settle(std::move(claimed), std::move(same), deadline);
}

}  // namespace tritontube::chunks
