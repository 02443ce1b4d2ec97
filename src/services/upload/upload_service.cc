#include "services/upload/upload_service.h"

#include <algorithm>

#include "core/media/container.h"
#include "domain/catalog/title.h"
#include "foundation/async/shielded.h"
#include "foundation/async/sleep.h"
#include "services/upload/account.h"
#include "services/upload/catalog_deadline.h"
#include "services/upload/part_writer.h"

namespace tritontube::upload {

namespace {

// More have not been broken off while the metadata was out of reach; those beyond stay listed
// until this process ends.
constexpr std::size_t kUnerasedMax = 10'000;

// The beginning of the file, enough to tell its container, or all of it.
async::Task<Result<blob::Bytes>> ReadHead(Account& account) {
  blob::Bytes head;
  while (head.size() < media::kSniffBytes) {
    TT_CO_ASSIGN_OR_RETURN(std::optional<blob::Bytes> piece, co_await account.Next());
    if (!piece) break;
    head.Append(*std::move(piece));
  }
  co_return head;
}

std::string TitleOf(const Incoming& incoming) {
  const std::string title = catalog::TitleFromWords(incoming.Title().value_or(""));
  return title.empty() ? catalog::TitleFromFileName(incoming.FileName()) : title;
}

}  // namespace

// Tells how much has arrived, at most once per interval.
class UploadService::Progress {
 public:
  Progress(catalog::Catalog& catalog, const catalog::VideoDraft& draft,
           const coordination::LeaseKeeper& lease, std::chrono::milliseconds interval)
      : catalog_(catalog), draft_(draft), lease_(lease), interval_(interval) {}

  async::Task<void> Report(ByteCount received) {
    const auto now = Deadline::Clock::now();
    if (now - last_ < interval_) co_return;
    last_ = now;
    catalog::OpenUpload open{.upload = draft_.upload, .received = received, .total = draft_.total};
    Ignore(co_await catalog_.SetReceived(draft_.id, std::move(open), lease_.lease(),
                                         CatalogDeadline()),
           "the commit at the end decides; this is for the eye and for a lost lease");
  }

 private:
  catalog::Catalog& catalog_;
  const catalog::VideoDraft& draft_;
  const coordination::LeaseKeeper& lease_;
  const std::chrono::milliseconds interval_;
  Deadline::Clock::time_point last_ = Deadline::Clock::now();
};

async::Task<Result<Outcome>> UploadService::Receive(Incoming& incoming) {
  using telemetry::Level;
  Account account(incoming);
  Result<Outcome> outcome = co_await Receive(incoming, account);
  if (!outcome) {
    const bool broken_off = account.sender_failed();
    ++(broken_off ? broken_off_ : failed_);
    account.End(broken_off ? Level::kInfo : Level::kError,
                broken_off ? "upload broken off" : "upload failed", outcome.error().message());
  } else if (const auto* const refused = std::get_if<Refused>(&*outcome)) {
    ++refused_;
    account.End(Level::kInfo, "upload refused", refused->message);
  } else {
    ++finished_;
    account.End(Level::kInfo, "upload finished", "");
  }
  co_return outcome;
}

UploadCounts UploadService::counts() const {
  return {.finished = finished_, .refused = refused_, .broken_off = broken_off_, .failed = failed_};
}

async::Task<Result<Outcome>> UploadService::Receive(Incoming& incoming, Account& account) {
  if (incoming.Length().value_or(0) > options_.size_max) co_return TooLarge(options_.size_max);
  const VideoId id = VideoId::Generate(random_);
  TT_CO_ASSIGN_OR_RETURN(
      auto room, co_await UploadRoom::Open(space_, id, incoming.Length(), CatalogDeadline()));
  if (!room) co_return NoRoom(room.error());
  TT_CO_ASSIGN_OR_RETURN(blob::Bytes head, co_await ReadHead(account));
  if (head.empty()) co_return Refused{Refused::Reason::kEmpty, "The file is empty."};
  const std::optional<media::Container> container = Sniff(head);
  if (!container) co_return NotMedia();

  // The video is listed from here on; its row and marker come before its first
  // part, so that the collector never takes the parts for garbage.
  const catalog::VideoDraft draft{.id = id,
                                  .upload = UploadId::Generate(random_),
                                  .title = TitleOf(incoming),
                                  .file_name = incoming.FileName(),
                                  .created = clock_.WallNow(),
                                  .total = incoming.Length()};
  Result<void> created = co_await catalog_.Create(draft, lease_.lease(), CatalogDeadline());
  if (!created) {
    // It may be there all the same.
    Owe(draft);
    co_return std::unexpected(std::move(created).error());
  }
  account.Begin(draft.id, draft.file_name, draft.total);
  Result<Outcome> outcome =
      co_await ReceiveInto(draft, std::move(head), *container, incoming, account, *room);
  if (outcome && std::holds_alternative<VideoId>(*outcome)) co_return outcome;
  co_await Erase(draft);
  if (!outcome) co_return co_await ExplainFailure(std::move(outcome).error(), *room);
  co_return outcome;
}

// What was promised can be gone all the same, because others write to the disk
// too: then the sender hears of the disk, not of a failure here.
async::Task<Result<Outcome>> UploadService::ExplainFailure(Error error, const UploadRoom& room) {
  if (error.code() == ErrorCode::kResourceExhausted) {
    const auto shortage = co_await space_.ShortageWhenFull(room.bytes(), CatalogDeadline());
    if (shortage && *shortage) co_return NoRoom(**shortage);
  }
  co_return std::unexpected(std::move(error));
}

async::Task<Result<Outcome>> UploadService::ReceiveInto(const catalog::VideoDraft& draft,
                                                        blob::Bytes head,
                                                        media::Container container,
                                                        Incoming& incoming, Account& account,
                                                        UploadRoom& room) {
  PartWriter parts(co_await async::asio::this_coro::executor, store_, draft.id, draft.upload);
  Result<std::optional<Refused>> received =
      co_await ReceiveParts(draft, std::move(head), account, parts, room);
  co_await parts.Stop();
  account.set_bytes(parts.size());
  if (!received) co_return std::unexpected(std::move(received).error());
  if (*received) co_return **std::move(received);

  const sources::SourceKey key{draft.id, draft.upload, parts.size()};
  Judgement judgement = co_await judge_.Judge(key, container, std::nullopt);
  if (judgement.refused) co_return *std::move(judgement.refused);
  const catalog::SourceFile source{.size = parts.size(),
                                   .part_bytes = sources::kPartBytes,
                                   .part_count = sources::PartCount(parts.size()),
                                   .digest = parts.digest(),
                                   .container = container};
  TT_CO_RETURN_IF_ERROR(co_await catalog_.CommitSource(draft.id, draft.upload, source,
                                                       CatalogDeadline(), TitleOf(incoming),
                                                       std::move(judgement.analysis)));
  room.Commit();
  co_return draft.id;
}

async::Task<Result<std::optional<Refused>>> UploadService::ReceiveParts(
    const catalog::VideoDraft& draft, blob::Bytes head, Account& account, PartWriter& parts,
    UploadRoom& room) {
  Progress progress(catalog_, draft, lease_, options_.progress_interval);
  std::optional<blob::Bytes> piece = std::move(head);
  while (piece) {
    if (parts.size() + piece->size() > options_.size_max) co_return TooLarge(options_.size_max);
    TT_CO_ASSIGN_OR_RETURN(const auto shortage,
                           co_await room.Take(piece->size(), CatalogDeadline()));
    if (shortage) co_return NoRoom(*shortage);
    TT_CO_RETURN_IF_ERROR(
        co_await parts.Write(*std::move(piece), Deadline::After(options_.part_timeout)));
    co_await progress.Report(parts.size());
    TT_CO_ASSIGN_OR_RETURN(piece, co_await account.Next());
  }
  TT_CO_RETURN_IF_ERROR(co_await parts.Finish(Deadline::After(options_.part_timeout)));
  co_return std::nullopt;
}

async::Task<void> UploadService::Erase(catalog::VideoDraft draft) {
  // The sender may be gone and this task cancelled.
  const Result<void> gone =
      co_await async::Shielded(catalog_.Abandon(draft.id, draft.upload, CatalogDeadline()));
  const bool is_closed = !gone && gone.error().code() == ErrorCode::kAborted;
  if (!gone && !is_closed) Owe(draft);
  // Its bytes are needed if it was closed, whoever did that.
  if (!gone) co_return;
  Ignore(co_await async::Shielded(store_.RemoveUpload(draft.id, draft.upload, CatalogDeadline())),
         "what cannot be erased now the collector finds");
}

void UploadService::Owe(catalog::VideoDraft draft) {
  const std::lock_guard lock(mutex_);
  if (unerased_.size() < kUnerasedMax) unerased_.push_back(std::move(draft));
}

async::Task<void> UploadService::Run() {
  while (!co_await async::IsCancelled()) {
    co_await async::Sleep(options_.erase_again_after);
    co_await EraseAgain();
  }
}

async::Task<void> UploadService::EraseAgain() {
  std::vector<catalog::VideoDraft> drafts;
  {
    const std::lock_guard lock(mutex_);
    drafts.swap(unerased_);
  }
  for (catalog::VideoDraft& draft : drafts) {
    const bool cancelled = co_await async::IsCancelled();
    if (cancelled) co_return;
    co_await Erase(std::move(draft));
  }
}

}  // namespace tritontube::upload
