#include "domain/jobs/job_queue.h"

#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "domain/catalog/codec.h"
#include "domain/catalog/keys.h"

namespace tritontube::jobs {

using catalog::JobRow;
using catalog::VideoRow;
using coordination::KeyValue;
using coordination::LeaseId;
using coordination::Operation;
using coordination::RangePage;
using coordination::Txn;
using coordination::TxnAnswer;

namespace {

bool IsUnknown(const Error& error) { return error.code() == ErrorCode::kOutcomeUnknown; }

std::unexpected<Error> ClaimLost(const VideoId& id) {
  return Fail(ErrorCode::kAborted, "the transcode of video {} is no longer this worker's",
              id.text());
}

// What was read with a claim: the job, the video's row, and perhaps its progress.
Result<ClaimedJob> Claimed(UploadId output, std::span<const std::optional<KeyValue>> items) {
  for (const std::optional<KeyValue>& item : items) {
    if (!item || !item->damaged) continue;
    return Fail(ErrorCode::kCorrupt, "what is stored under {} is damaged", item->key);
  }
  TT_ASSIGN_OR_RETURN(JobRow job, catalog::DecodeJobRow(items[0]->value));
  TT_ASSIGN_OR_RETURN(VideoRow video, catalog::DecodeVideoRow(items[1]->value));
  ClaimedJob claimed{.job = std::move(job), .video = std::move(video), .output = std::move(output)};
  if (items[2]) {
    TT_ASSIGN_OR_RETURN(catalog::Progress progress, catalog::DecodeProgress(items[2]->value));
    claimed.growth = std::move(progress.growth);
    claimed.chunks = std::move(progress.chunks);
    claimed.indexed = std::move(progress.indexed);
  }
  return claimed;
}

}  // namespace

async::Task<Result<std::set<VideoId>>> JobQueue::VideosUnder(std::string_view prefix,
                                                             Deadline deadline) {
  std::set<VideoId> videos;
  coordination::RangeRequest range{.prefix = std::string(prefix)};
  for (bool more = true; more;) {
    TT_CO_ASSIGN_OR_RETURN(const RangePage page, co_await coordination_.Range(range, deadline));
    for (const KeyValue& item : page.items) {
      if (const auto id = catalog::VideoOf(item.key)) videos.insert(*id);
    }
    if (!page.items.empty()) range.after = page.items.back().key;
    more = page.more;
  }
  co_return videos;
}

async::Task<Result<std::set<VideoId>>> JobQueue::Unfinished(Deadline deadline) {
  return VideosUnder(catalog::kJobPrefix, deadline);
}

async::Task<Result<std::optional<ClaimedJob>>> JobQueue::Claim(JobBoard::Pick pick, UploadId output,
                                                               LeaseId lease, Deadline deadline) {
  const std::string claim_key = catalog::ClaimKey(pick.video);
  const std::string value = catalog::Encode(catalog::JobClaim{.output = output});
  const std::vector<Operation> reads = {Operation::Get(claim_key), Operation::Get(pick.key),
                                        Operation::Get(catalog::RowKey(pick.video)),
                                        Operation::Get(catalog::ProgressKey(pick.video))};
  Txn txn{
      .compares = {{pick.key, pick.modified}, {claim_key, 0}}, .then = reads, .otherwise = reads};
  txn.then.insert(txn.then.begin(), Operation::Put(claim_key, value, lease));
  TT_CO_ASSIGN_OR_RETURN(const TxnAnswer answer,
                         co_await coordination_.Commit(std::move(txn), deadline));
  const std::optional<KeyValue>& held = answer.gets[0];
  // It was ours already when nobody knew.
  if (!held || held->value != value || !answer.gets[1] || !answer.gets[2]) co_return std::nullopt;
  co_return Claimed(std::move(output), std::span(answer.gets).subspan(1));
}

async::Task<Result<JobsNow>> JobQueue::CountNow(Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(const std::set<VideoId> claimed,
                         co_await VideosUnder(catalog::kClaimPrefix, deadline));
  JobsNow now;
  coordination::RangeRequest range{.prefix = std::string(catalog::kJobPrefix)};
  for (bool more = true; more;) {
    TT_CO_ASSIGN_OR_RETURN(const RangePage page, co_await coordination_.Range(range, deadline));
    for (const KeyValue& item : page.items) {
      const std::optional<VideoId> video = catalog::VideoOf(item.key);
      ++(video && claimed.contains(*video) ? now.running : now.waiting);
    }
    if (!page.items.empty()) range.after = page.items.back().key;
    more = page.more;
  }
  co_return now;
}

// Ends the claim and writes the job in one step.
async::Task<Result<void>> JobQueue::GiveBack(ClaimedJob claimed, JobRow next, Deadline deadline) {
  const VideoId id = claimed.video.id;
  const std::string job_key = catalog::JobKey(claimed.job.created, id);
  const std::string claim_key = catalog::ClaimKey(id);
  const std::string job_value = catalog::Encode(next);
  const std::string claim_value = catalog::Encode(catalog::JobClaim{.output = claimed.output});
  for (bool unknown = false;; unknown = true) {
    Txn read{.compares = {}, .then = {Operation::Get(job_key), Operation::Get(claim_key)}};
    TT_CO_ASSIGN_OR_RETURN(const TxnAnswer now,
                           co_await coordination_.Commit(std::move(read), deadline));
    const std::optional<KeyValue>& job = now.gets[0];
    const std::optional<KeyValue>& claim = now.gets[1];
    const bool ours = job && claim && claim->value == claim_value;
    // After an unknown outcome the claim is gone because we have ended it, or
    // because its lease has: the job tells which only if it was to change.
    if (unknown && !ours && job && job->value == job_value) co_return Result<void>();
    if (!ours) co_return ClaimLost(id);
    const Result<TxnAnswer> answer = co_await coordination_.Commit(
        {.compares = {{job_key, job->modified}, {claim_key, claim->modified}},
         .then = {Operation::Put(job_key, job_value), Operation::Delete(claim_key)}},
        deadline);
    if (answer && answer->succeeded) co_return Result<void>();
    if (answer) co_return ClaimLost(id);
    if (!IsUnknown(answer.error())) co_return std::unexpected(answer.error());
  }
}

async::Task<Result<bool>> JobQueue::FailAttempt(ClaimedJob claimed, Blame blame, Error error,
                                                WallTime now, Deadline deadline) {
  NextStep next = policy_.AfterFailure(claimed.job, blame, error, now);
  if (next.failure) {
    TT_CO_RETURN_IF_ERROR(co_await catalog_.FailJob(claimed.video.id, claimed.output,
                                                    *std::move(next.failure), deadline));
    co_return false;
  }
  TT_CO_RETURN_IF_ERROR(co_await GiveBack(std::move(claimed), std::move(next.job), deadline));
  co_return true;
}

async::Task<Result<void>> JobQueue::Release(ClaimedJob claimed, Deadline deadline) {
  JobRow job = claimed.job;
  return GiveBack(std::move(claimed), std::move(job), deadline);
}

}  // namespace tritontube::jobs
