#include "domain/jobs/job_queue.h"

#include <algorithm>
#include <set>
#include <string>

#include "domain/catalog/codec.h"
#include "domain/catalog/keys.h"

namespace tritontube::jobs {

using catalog::JobRow;
using catalog::VideoRow;
using coordination::KeyValue;
using coordination::LeaseId;
using coordination::Operation;
using coordination::RangePage;
using coordination::Revision;
using coordination::Txn;
using coordination::TxnAnswer;

namespace {

// So many jobs are looked at by one read.
constexpr std::size_t kJobsPerPage = 100;

bool IsUnknown(const Error& error) { return error.code() == ErrorCode::kOutcomeUnknown; }

std::unexpected<Error> ClaimLost(const VideoId& id) {
  return Fail(ErrorCode::kAborted, "the transcode of video {} is no longer this worker's",
              id.text());
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

// Nothing when somebody else was faster.
async::Task<Result<std::optional<ClaimedJob>>> JobQueue::TryClaim(KeyValue item, JobRow job,
                                                                  LeaseId lease,
                                                                  Deadline deadline) {
  const VideoId id = job.video;
  const UploadId output = UploadId::Generate(random_);
  Txn txn{.compares = {{item.key, item.modified}, {catalog::ClaimKey(id), 0}},
          .then = {Operation::Put(catalog::ClaimKey(id),
                                  catalog::Encode(catalog::JobClaim{.output = output}), lease)}};
  const Result<TxnAnswer> answer = co_await coordination_.Commit(std::move(txn), deadline);
  if (!answer && !IsUnknown(answer.error())) co_return std::unexpected(answer.error());
  if (answer && !answer->succeeded) co_return std::nullopt;
  // Reading tells the row, and whether a claim of unknown outcome has happened.
  const auto records = co_await catalog_.FindMany({id}, deadline);
  if (!records) {
    co_return Fail(ErrorCode::kOutcomeUnknown, "video {} may or may not be claimed: {}", id.text(),
                   records.error().message());
  }
  const std::optional<catalog::VideoRecord>& record = records->front();
  if (!record || !record->claim || record->claim->output != output) co_return std::nullopt;
  ClaimedJob claimed{.job = std::move(job), .video = record->row, .output = output};
  if (record->progress) {
    claimed.growth = record->progress->growth;
    claimed.chunks = record->progress->chunks;
    claimed.indexed = record->progress->indexed;
  }
  co_return claimed;
}

async::Task<Result<ClaimAnswer>> JobQueue::Claim(LeaseId lease, WallTime now, Deadline deadline) {
  ClaimAnswer answer;
  TT_CO_ASSIGN_OR_RETURN(const std::set<VideoId> claimed,
                         co_await VideosUnder(catalog::kClaimPrefix, deadline));
  coordination::RangeRequest range{.prefix = std::string(catalog::kJobPrefix),
                                   .limit = kJobsPerPage};
  for (bool more = true; more;) {
    TT_CO_ASSIGN_OR_RETURN(const RangePage page, co_await coordination_.Range(range, deadline));
    if (answer.revision == 0) answer.revision = page.revision;
    for (const KeyValue& item : page.items) {
      Result<JobRow> row = catalog::DecodeJobRow(item.value);
      if (!row) continue;  // One that is damaged does not keep the others.
      JobRow job = *std::move(row);
      if (claimed.contains(job.video)) continue;
      if (job.not_before > now) {
        answer.next_due = std::min(answer.next_due.value_or(job.not_before), job.not_before);
        continue;
      }
      TT_CO_ASSIGN_OR_RETURN(answer.job, co_await TryClaim(item, std::move(job), lease, deadline));
      if (answer.job) co_return answer;
    }
    if (!page.items.empty()) range.after = page.items.back().key;
    more = page.more;
  }
  co_return answer;
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

async::Task<Result<void>> JobQueue::WaitForWork(Revision seen, Deadline deadline) {
  const auto watch = coordination_.WatchPrefix(std::string(catalog::kJobPrefix), seen);
  while (!deadline.HasPassed()) {
    const Result<coordination::WatchBatch> batch = co_await watch->Next(deadline);
    // What was missed can only be found by looking.
    if (!batch && batch.error().code() == ErrorCode::kOutOfRange) co_return Result<void>();
    if (!batch) co_return std::unexpected(batch.error());
    const bool has_work = std::ranges::any_of(batch->events, [](const coordination::Event& event) {
      return event.kind == coordination::Event::Kind::kPut;
    });
    if (has_work) co_return Result<void>();
  }
  co_return Result<void>();
}

// Ends the claim and writes the job in one step: whoever waits for work wakes.
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
