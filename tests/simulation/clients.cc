#include "simulation/clients.h"

#include "foundation/async/sleep.h"

namespace tritontube::simulation {

using std::chrono_literals::operator""ms;

namespace {
constexpr std::size_t kPartsMax = 3;
constexpr int kAttempts = 3;
// Some are over while their bytes still come.
constexpr std::chrono::milliseconds kExpiryMin{500};
constexpr std::chrono::milliseconds kExpiryMax{15000};

std::string TextOf(const Error& error) { return std::string(ToString(error.code())); }
}  // namespace

async::Task<void> Clients::UploadUntil(Deadline end) {
  while (!end.HasPassed()) {
    co_await UploadVideo();
    co_await async::Sleep(context_.Between(0ms, 1000ms));
    if (!context_.Chance(context_.plan.delete_chance)) continue;
    const Ledger::Video* const victim = ledger_.AnyVideo();
    const std::shared_ptr<Gateway> gateway = AnyGateway(context_, gateways_);
    if (gateway) co_await Delete(*gateway, ledger_.videos().at(victim->id));
  }
}

async::Task<void> Clients::UploadVideo() {
  Ledger::Video& video = ledger_.AddVideo(VideoId::Generate(context_.random));
  for (int i = 0; i < kAttempts; ++i) {
    const std::shared_ptr<Gateway> gateway = AnyGateway(context_, gateways_);
    if (!gateway) co_return;
    const bool again = i > 0 && context_.plan.tooth == Tooth::kUploadIdAgain;
    const UploadId upload =
        again ? video.attempts.back().upload : UploadId::Generate(context_.random);
    // Nobody else adds attempts to this video.
    video.attempts.reserve(kAttempts);
    Ledger::Attempt& attempt = ledger_.AddAttempt(video, upload, 1 + context_.Pick(kPartsMax));
    attempt.resumable = context_.Chance(context_.plan.resumable_chance);
    attempt.sent = context_.Chance(context_.plan.hang_up_chance) ? context_.Pick(attempt.parts)
                                                                 : attempt.parts;
    attempt.committed = co_await TryUpload(*gateway, video, attempt);
    context_.trace.Note(
        fmt::format("upload {} {}: {}", video.id.text(), i, static_cast<int>(attempt.committed)));
    if (attempt.committed == Ledger::Outcome::kYes) co_return;
    const bool hung_up = attempt.sent < attempt.parts;
    counts_.hang_ups += hung_up ? 1 : 0;
    // Nobody says that it is over.
    if (hung_up && attempt.resumable) co_return;
    Result<void> gone = Fail(ErrorCode::kUnavailable, "nobody has asked");
    if (!hung_up && attempt.committed == Ledger::Outcome::kNo) {
      gone = co_await gateway->catalog.Abandon(video.id, upload, Deadline::After(kCallTime));
    }
    if (!gone) {
      // Whoever cannot tell that it is gone begins with another video.
      gateway->tasks.Spawn(gateway->AbandonAtLast(video.id, upload));
      co_return;
    }
    Ignore(co_await gateway->store.RemoveUpload(video.id, upload, Deadline::After(kCallTime)),
           "what stays is garbage");
    co_await async::Sleep(context_.Between(0ms, 500ms));
  }
}

async::Task<Ledger::Outcome> Clients::TryUpload(Gateway& gateway, Ledger::Video& video,
                                                Ledger::Attempt& attempt) {
  if (!co_await Create(gateway, video, attempt)) co_return Ledger::Outcome::kNo;
  for (std::size_t part = 0; part < attempt.sent; ++part) {
    bool stored = false;
    for (int i = 0; i < 2 && !stored; ++i) {
      stored = co_await PutPart(gateway, video, attempt, part);
    }
    if (!stored) co_return Ledger::Outcome::kNo;
  }
  if (attempt.sent < attempt.parts) co_return Ledger::Outcome::kNo;
  co_return co_await Commit(gateway, video, attempt);
}

async::Task<bool> Clients::Create(Gateway& gateway, const Ledger::Video& video,
                                  const Ledger::Attempt& attempt) {
  const WallTime now = context_.clock.WallNow();
  const catalog::VideoDraft draft{
      .id = video.id, .upload = attempt.upload, .title = "t", .created = now};
  const Deadline deadline = Deadline::After(kCallTime);
  if (attempt.resumable) {
    // Nobody sends pieces here.
    const catalog::Resumable resumable{
        .arrival = {.pieces_upload = UploadId::Generate(context_.random)},
        .expires = now + context_.Between(kExpiryMin, kExpiryMax)};
    co_return (co_await gateway.catalog.CreateResumable(draft, resumable, deadline)).has_value();
  }
  co_return (co_await gateway.catalog.Create(draft, gateway.lease.lease(), deadline)).has_value();
}

async::Task<bool> Clients::PutPart(Gateway& gateway, const Ledger::Video& video,
                                   Ledger::Attempt& attempt, std::size_t part) {
  std::vector<blob::Blob> batch;
  batch.push_back({.key = Ledger::KeyOf(video.id, attempt.upload, part),
                   .bytes = gateway.put_bytes.Count(ledger_.BytesOf(attempt, part))});
  const auto put = co_await gateway.store.Put(std::move(batch),
                                              Deadline::After(context_.Between(2000ms, 8000ms)));
  ++counts_.puts;
  context_.trace.Note(fmt::format("put {}: {}", part, put ? "acknowledged" : TextOf(put.error())));
  if (!put) {
    ++counts_.put_failures;
    co_return false;
  }
  audit_.CheckCopies(ledger_.Acknowledge(video, attempt, part));
  co_return true;
}

async::Task<Ledger::Outcome> Clients::Commit(Gateway& gateway, const Ledger::Video& video,
                                             const Ledger::Attempt& attempt) {
  const catalog::SourceFile source{.size = 1, .part_count = attempt.parts};
  Ledger::Outcome outcome = Ledger::Outcome::kNo;
  for (int i = 0; i < 3; ++i) {
    const auto committed = co_await gateway.catalog.CommitSource(video.id, attempt.upload, source,
                                                                 Deadline::After(kCallTime));
    context_.trace.Note(fmt::format("commit: {}", committed ? "done" : TextOf(committed.error())));
    if (committed) {
      ++counts_.commits;
      co_return Ledger::Outcome::kYes;
    }
    const ErrorCode code = committed.error().code();
    if (code == ErrorCode::kOutcomeUnknown) outcome = Ledger::Outcome::kPerhaps;
    if (code == ErrorCode::kAborted || code == ErrorCode::kNotFound) break;
  }
  co_return outcome;
}

async::Task<void> Clients::Delete(Gateway& gateway, Ledger::Video& video) {
  if (!video.IsCommitted() || video.deletion_begun) co_return;
  video.deletion_begun = true;
  const auto leftovers = co_await gateway.catalog.Delete(video.id, Deadline::After(kCallTime));
  context_.trace.Note(fmt::format("delete {}: {}", video.id.text(),
                                  leftovers ? "done" : TextOf(leftovers.error())));
  if (!leftovers) co_return;
  ++counts_.deletions;
  video.deleted = SteadyClock::now();
  for (const UploadId& upload : leftovers->uploads) {
    Ignore(co_await gateway.store.RemoveUpload(video.id, upload, Deadline::After(kCallTime)),
           "what stays is garbage");
  }
}

async::Task<void> Clients::WatchUntil(Deadline end) {
  while (!end.HasPassed()) {
    co_await async::Sleep(context_.Between(10ms, 400ms));
    const Ledger::Video* const video = ledger_.AnyVideo();
    if (video == nullptr) continue;
    const std::shared_ptr<Gateway> server = AnyGateway(context_, gateways_);
    const bool seen = server && co_await ReadOnce(*server, *video, Deadline::After(kCallTime));
    ++counts_.reads;
    counts_.read_failures += seen ? 0 : 1;
  }
}

async::Task<bool> Clients::ReadOnce(Gateway& gateway, const Ledger::Video& video,
                                    Deadline deadline) {
  const bool was_committed = video.IsCommitted();
  const SteadyTime asked = SteadyClock::now();
  const auto found = co_await gateway.catalog.Find(video.id, deadline);
  ledger_.CheckRow(video, was_committed, asked, found);
  if (!found) co_return found.error().code() == ErrorCode::kNotFound;
  if (!found->row.source) co_return true;
  const Ledger::Attempt* const attempt = ledger_.AttemptOf(video, found->row);
  if (attempt == nullptr) co_return true;
  bool all = true;
  for (std::size_t part = 0; part < attempt->parts; ++part) {
    const auto read =
        co_await gateway.store.GetWhole(Ledger::KeyOf(video.id, attempt->upload, part), deadline);
    context_.trace.Note(
        fmt::format("read {} {}: {}", video.id.text(), part, read ? "good" : TextOf(read.error())));
    ledger_.CheckBytes(video, *attempt, part, read);
    all = all && (read || video.deletion_begun);
  }
  co_return all;
}

async::Task<bool> Clients::ReadAll(std::size_t gateway, const Ledger::Video& video,
                                   Deadline deadline) {
  while (!deadline.HasPassed()) {
    const std::shared_ptr<Gateway> server = gateways_[gateway]->process();
    const bool read = server && co_await ReadOnce(*server, video, Deadline::After(kCallTime));
    if (read) co_return true;
    co_await async::Sleep(200ms);
  }
  co_return false;
}

}  // namespace tritontube::simulation
