#include "services/upload/resumable_uploads.h"

#include <algorithm>
#include <utility>

#include "domain/catalog/title.h"
#include "foundation/async/shielded.h"
#include "foundation/async/sleep.h"
#include "foundation/telemetry/log.h"
#include "services/space/needs.h"
#include "services/upload/catalog_deadline.h"
#include "services/upload/stored_source.h"

namespace tritontube::upload {

using catalog::VideoRecord;
using telemetry::Level;
using telemetry::Log;

namespace {

constexpr std::chrono::seconds kReadTimeout{10};
constexpr std::size_t kVideosAtOnce = 30;
// The boxes of a file whose samples are described in many places are looked at
// when all of it is there.
constexpr int kLooksMax = 16;

bool IsResumable(const VideoRecord& record) {
  return !catalog::IsSettled(record.row) && record.open && record.open->resumable &&
         record.open->total;
}

const sources::Arrival& ArrivalOf(const VideoRecord& record) {
  return record.open->resumable->arrival;
}

bool IsWhole(const VideoRecord& record) {
  return IsResumable(record) && sources::IsWhole(ArrivalOf(record), *record.open->total);
}

sources::SourceKey KeyOf(const VideoRecord& record) {
  return {record.row.id, record.row.upload, *record.open->total};
}

bool HoldsAll(const VideoRecord& record, const std::vector<bmff::ByteRange>& ranges) {
  return std::ranges::all_of(ranges, [&](const bmff::ByteRange& range) {
    return sources::MissingOf(ArrivalOf(record), *record.open->total, {range.offset, range.length})
        .empty();
  });
}

ByteCount HeadBytes(const VideoRecord& record) {
  return std::min<ByteCount>(*record.open->total, media::kSniffBytes);
}

UploadState StateOf(const VideoRecord& record) {
  const catalog::VideoRow& row = record.row;
  UploadState state{.video = row.id};
  if (row.source) {
    state.phase = UploadState::Phase::kFinished;
    state.size = row.source->size;
    state.stored = {{0, state.size}};
  } else if (row.failure) {
    state.phase = UploadState::Phase::kFailed;
    state.failure = row.failure->message;
  } else {
    state.size = *record.open->total;
    state.stored = sources::StoredRanges(ArrivalOf(record), state.size);
    state.expires = record.open->resumable->expires;
  }
  return state;
}

// Says what is wrong with bytes that are about to come; nothing when they may.
Result<void> CheckRange(const UploadState& upload, blob::ByteRange range, ByteCount total) {
  if (upload.phase == UploadState::Phase::kFailed) {
    return Fail(ErrorCode::kFailedPrecondition, "the upload has failed: {}", upload.failure);
  }
  if (total != upload.size) {
    return Fail(ErrorCode::kAlreadyExists, "the file of this upload has {} bytes, not {}",
                upload.size, total);
  }
  if (range.offset >= total || range.length > total - range.offset) {
    return Fail(ErrorCode::kOutOfRange, "bytes {} to {} of a file of {}", range.offset,
                range.offset + range.length, total);
  }
  return {};
}

}  // namespace

async::Task<Result<ResumableUploads::Answer>> ResumableUploads::Create(NewUpload upload) {
  if (upload.size == 0) co_return Answer(Refused{Refused::Reason::kEmpty, "The file is empty."});
  if (upload.size > options_.size_max) co_return Answer(TooLarge(options_.size_max));
  const std::string title = catalog::TitleFromWords(upload.title.value_or(""));
  const catalog::VideoDraft draft{
      .id = VideoId::Generate(random_),
      .upload = UploadId::Generate(random_),
      .title = title.empty() ? catalog::TitleFromFileName(upload.file_name) : title,
      .file_name = upload.file_name,
      .created = clock_.WallNow(),
      .total = upload.size};
  const ByteCount need = space::UploadNeed(upload.size);
  {
    TT_CO_ASSIGN_OR_RETURN(auto room, co_await space_.Reserve(draft.id, need, CatalogDeadline()));
    if (!room) co_return Answer(NoRoom(room.error()));
    room->LeaveBehind(need);
  }
  const catalog::Resumable resumable{.arrival = {.pieces_upload = UploadId::Generate(random_)},
                                     .expires = clock_.WallNow() + options_.expiry};
  const auto created = co_await catalog_.CreateResumable(draft, resumable, CatalogDeadline());
  if (!created) {
    space_.Owe(draft.id, 0);
    Ignore(co_await async::Shielded(catalog_.Abandon(draft.id, draft.upload, CatalogDeadline())),
           "what may have been created all the same expires");
    co_return std::unexpected(created.error());
  }
  ++created_;
  Log(Level::kInfo, "resumable upload begun",
      {{"video", draft.id.text()},
       {"request", upload.request_id},
       {"remote", upload.remote_address},
       {"file", draft.file_name},
       {"bytes_total", upload.size}});
  co_return Answer(
      UploadState{.video = draft.id, .size = upload.size, .expires = resumable.expires});
}

async::Task<Result<UploadState>> ResumableUploads::Find(VideoId id) {
  TT_CO_ASSIGN_OR_RETURN(VideoRecord record, co_await catalog_.Find(id, CatalogDeadline()));
  if (IsWhole(record)) {
    Ignore(co_await FinishIfWhole(record), "it is tried again; what is stored is told");
    TT_CO_ASSIGN_OR_RETURN(record, co_await catalog_.Find(id, CatalogDeadline()));
  }
  if (!catalog::IsSettled(record.row) && !IsResumable(record)) {
    co_return Fail(ErrorCode::kNotFound, "the upload of video {} cannot be resumed", id.text());
  }
  co_return StateOf(record);
}

async::Task<Result<ResumableUploads::Answer>> ResumableUploads::Receive(VideoId id,
                                                                        blob::ByteRange range,
                                                                        ByteCount total,
                                                                        Incoming& incoming) {
  TT_CO_ASSIGN_OR_RETURN(const UploadState before, co_await Find(id));
  TT_CO_RETURN_IF_ERROR(CheckRange(before, range, total));
  if (before.phase == UploadState::Phase::kFinished) co_return Answer(before);
  TT_CO_ASSIGN_OR_RETURN(VideoRecord record, co_await catalog_.Find(id, CatalogDeadline()));
  if (!IsResumable(record)) co_return Answer(StateOf(record));

  ++receiving_;
  ArrivalWriter writer(catalog_, store_, clock_, arrivals_,
                       {.piece_interval = options_.piece_interval, .expiry = options_.expiry},
                       std::move(record), range.offset);
  Result<void> stored = co_await ReceiveInto(writer, range, incoming);
  // The sender may be gone: what it has sent counts all the same.
  Result<void> flushed = co_await async::Shielded(StoreRest(writer));
  --receiving_;
  TT_CO_ASSIGN_OR_RETURN(record, co_await catalog_.Find(id, CatalogDeadline()));
  // The same upload may have ended meanwhile, by what another connection brought.
  if (catalog::IsSettled(record.row)) co_return Answer(StateOf(record));
  if (stored) stored = std::move(flushed);
  if (stored) stored = co_await FinishIfWhole(record);
  if (!stored) co_return co_await ExplainFailure(record, std::move(stored).error());
  TT_CO_ASSIGN_OR_RETURN(UploadState state, co_await Find(id));
  co_return Answer(std::move(state));
}

// What was promised can be gone all the same, because others write to the disk too.
async::Task<Result<ResumableUploads::Answer>> ResumableUploads::ExplainFailure(
    const VideoRecord& record, Error error) {
  if (error.code() == ErrorCode::kResourceExhausted && IsResumable(record)) {
    const ByteCount need = space::UploadNeed(*record.open->total) - record.open->received;
    const auto shortage = co_await space_.ShortageWhenFull(need, CatalogDeadline());
    if (shortage && *shortage) co_return Answer(NoRoomNow(**shortage));
  }
  co_return std::unexpected(std::move(error));
}

async::Task<Result<void>> ResumableUploads::ReceiveInto(ArrivalWriter& writer,
                                                        blob::ByteRange range, Incoming& incoming) {
  while (true) {
    TT_CO_ASSIGN_OR_RETURN(std::optional<blob::Bytes> bytes, co_await incoming.Next());
    if (!bytes) break;
    if (bytes->size() > range.end() - writer.offset()) {
      co_return Fail(ErrorCode::kInvalidArgument, "more bytes came than Content-Range says");
    }
    TT_CO_ASSIGN_OR_RETURN(const bool stored, co_await writer.Write(*std::move(bytes)));
    if (stored) co_await Stored(writer.record());
  }
  if (writer.offset() == range.end()) co_return Result<void>();
  co_return Fail(ErrorCode::kInvalidArgument, "fewer bytes came than Content-Range says");
}

async::Task<Result<void>> ResumableUploads::StoreRest(ArrivalWriter& writer) {
  TT_CO_RETURN_IF_ERROR(co_await writer.Flush());
  co_await Stored(writer.record());
  co_return Result<void>();
}

// More of the file is there than before.
async::Task<void> ResumableUploads::Stored(VideoRecord record) {
  if (!IsResumable(record)) co_return;
  space_.Owe(record.row.id, space::UploadNeed(*record.open->total) - record.open->received);
  co_await Look(std::move(record));
}

std::shared_ptr<ResumableUploads::Watch> ResumableUploads::BeginLook(const VideoId& id) {
  const std::lock_guard lock(mutex_);
  std::shared_ptr<Watch>& watch = watches_[id];
  if (!watch) watch = std::make_shared<Watch>();
  if (watch->done) return nullptr;
  if (std::exchange(watch->looking, true)) {
    watch->look_again = true;
    return nullptr;
  }
  return watch;
}

// True when it is to be looked at again, because more came meanwhile.
bool ResumableUploads::EndLook(Watch& watch) {
  const std::lock_guard lock(mutex_);
  watch.looking = std::exchange(watch.look_again, false) && !watch.done;
  return watch.looking;
}

async::Task<void> ResumableUploads::Look(VideoRecord record) {
  const std::shared_ptr<Watch> watch = BeginLook(record.row.id);
  if (!watch) co_return;
  for (bool again = true; again; again = EndLook(*watch)) {
    const auto looked = co_await LookOnce(record, *watch);
    if (!looked) {
      Log(Level::kWarning, "an upload could not be looked at; it is again when more has come",
          {{"video", record.row.id.text()}, {"error", looked.error().message()}});
    }
    auto now = co_await catalog_.Find(record.row.id, CatalogDeadline());
    if (now) record = *std::move(now);
  }
}

async::Task<Result<void>> ResumableUploads::LookOnce(const VideoRecord& record, Watch& watch) {
  if (!IsResumable(record)) co_return Result<void>();
  if (!watch.container) {
    const ByteCount prefix = sources::PrefixBytes(ArrivalOf(record), *record.open->total);
    if (prefix < HeadBytes(record)) co_return Result<void>();
    TT_CO_ASSIGN_OR_RETURN(watch.container, co_await ContainerOf(record));
    if (!watch.container) co_return co_await FailUpload(record, NotMedia());
  }
  const std::optional<catalog::CopyVerdict>& copy = record.row.copy;
  watch.done = copy && (!copy->ShowsAll() || record.open->playable);
  if (watch.done) co_return Result<void>();
  if (!watch.beginning) TT_CO_RETURN_IF_ERROR(co_await Analyse(record, watch));
  if (watch.beginning && HoldsAll(record, *watch.beginning)) {
    TT_CO_RETURN_IF_ERROR(co_await SetPlayable(record));
    watch.done = true;
  }
  co_return Result<void>();
}

async::Task<Result<void>> ResumableUploads::Analyse(const VideoRecord& record, Watch& watch) {
  ArrivingSource file(store_, KeyOf(record), ArrivalOf(record));
  if (watch.wanted && !file.Holds(*watch.wanted)) co_return Result<void>();
  TT_CO_ASSIGN_OR_RETURN(
      Analysis analysis,
      co_await analyst_.Analyse(*watch.container, file, Deadline::After(kReadTimeout)));
  if (const auto* const not_yet = std::get_if<NotYet>(&analysis)) {
    watch.wanted = {not_yet->wanted.offset, not_yet->wanted.length};
    if (++watch.looks > kLooksMax) watch.wanted = {0, file.size()};
    co_return Result<void>();
  }
  auto& [told, beginning] = std::get<Analysed>(analysis);
  const auto change = [&told](VideoRecord& video) -> Result<void> {
    if (video.row.copy) return {};  // It is decided once.
    video.row.copy = told.copy;
    video.row.facts = told.facts;
    video.row.renditions = told.renditions;
    return {};
  };
  TT_CO_RETURN_IF_ERROR(
      co_await catalog_.ChangeOpen(record.row.id, record.row.upload, change, CatalogDeadline()));
  watch.done = !told.copy.ShowsAll();
  if (!watch.done) watch.beginning = std::move(beginning);
  co_return Result<void>();
}

async::Task<Result<void>> ResumableUploads::SetPlayable(const VideoRecord& record) {
  const auto change = [](VideoRecord& video) -> Result<void> {
    video.open->playable = true;
    return {};
  };
  TT_CO_RETURN_IF_ERROR(
      co_await catalog_.ChangeOpen(record.row.id, record.row.upload, change, CatalogDeadline()));
  Log(Level::kInfo, "an upload can be watched",
      {{"video", record.row.id.text()},
       {"bytes", record.open->received},
       {"bytes_total", *record.open->total}});
  co_return Result<void>();
}

// One at a time: probing a file is dear.
async::Task<Result<void>> ResumableUploads::FinishIfWhole(VideoRecord record) {
  if (!IsWhole(record)) co_return Result<void>();
  {
    const std::lock_guard lock(mutex_);
    if (!finishing_.insert(record.row.id).second) co_return Result<void>();
  }
  Result<void> finished = co_await async::Shielded(Finish(record));
  {
    const std::lock_guard lock(mutex_);
    finishing_.erase(record.row.id);
  }
  if (!finished) {
    Log(Level::kWarning, "an upload could not be finished; it is tried again",
        {{"video", record.row.id.text()}, {"error", finished.error().message()}});
  }
  co_return finished;
}

async::Task<Result<void>> ResumableUploads::Finish(const VideoRecord& whole) {
  ArrivalWriter writer(catalog_, store_, clock_, arrivals_, {.expiry = options_.expiry}, whole, 0);
  TT_CO_RETURN_IF_ERROR(co_await writer.AssembleAll());
  const VideoRecord& record = writer.record();
  const sources::SourceKey source = KeyOf(record);
  TT_CO_ASSIGN_OR_RETURN(const auto container, co_await ContainerOf(record));
  if (!container) co_return co_await FailUpload(record, NotMedia());
  Judgement judgement = co_await judge_.Judge(source, *container, record.row.copy);
  if (judgement.refused) co_return co_await FailUpload(record, *judgement.refused);
  TT_CO_RETURN_IF_ERROR(co_await catalog_.CommitSource(
      source.video, source.upload,
      {.size = source.size,
       .part_count = sources::PartCount(source.size),
       .digest = std::nullopt,
       .container = *container},
      CatalogDeadline(), std::nullopt, std::move(judgement.analysis)));
  space_.Owe(source.video, space::TranscodeNeed(source.size));
  ++finished_;
  Forget(source.video);
  Log(Level::kInfo, "upload finished", {{"video", source.video.text()}, {"bytes", source.size}});
  co_return Result<void>();
}

// Requires: the beginning is there.
async::Task<Result<std::optional<media::Container>>> ResumableUploads::ContainerOf(
    const VideoRecord& record) {
  TT_CO_ASSIGN_OR_RETURN(
      const blob::Bytes head,
      co_await sources::ReadArrived(store_, KeyOf(record), ArrivalOf(record),
                                    {0, HeadBytes(record)}, Deadline::After(kReadTimeout)));
  co_return Sniff(head);
}

async::Task<Result<void>> ResumableUploads::FailUpload(const VideoRecord& record,
                                                       const Refused& refused) {
  TT_CO_RETURN_IF_ERROR(co_await catalog_.FailUpload(
      record.row.id, record.row.upload, {.code = "unsupported_media", .message = refused.message},
      CatalogDeadline()));
  space_.Owe(record.row.id, 0);
  ++failed_;
  Forget(record.row.id);
  Log(Level::kInfo, "upload refused",
      {{"video", record.row.id.text()}, {"reason", refused.message}});
  co_return Result<void>();
}

async::Task<Result<void>> ResumableUploads::Remove(VideoId id) {
  TT_CO_ASSIGN_OR_RETURN(const UploadState upload, co_await Find(id));
  if (upload.phase != UploadState::Phase::kOpen) co_return Result<void>();
  TT_CO_ASSIGN_OR_RETURN(const VideoRecord record, co_await catalog_.Find(id, CatalogDeadline()));
  TT_CO_RETURN_IF_ERROR(co_await catalog_.Abandon(id, record.row.upload, CatalogDeadline()));
  space_.Owe(id, 0);
  ++abandoned_;
  Forget(id);
  Log(Level::kInfo, "upload abandoned", {{"video", id.text()}});
  if (!record.open || !record.open->resumable) co_return Result<void>();
  for (const UploadId& blobs : {record.row.upload, ArrivalOf(record).pieces_upload}) {
    Ignore(co_await store_.RemoveUpload(id, blobs, CatalogDeadline()),
           "what cannot be erased now the collector finds");
  }
  co_return Result<void>();
}

async::Task<void> ResumableUploads::Run() {
  for (bool stopped = false; !stopped; stopped = co_await async::IsCancelled()) {
    const Result<void> done = co_await FinishLeftOver();
    if (!done) {
      Log(Level::kWarning, "looking for uploads that nobody finished failed",
          {{"error", done.error().message()}});
    }
    co_await async::Sleep(options_.look_interval);
  }
}

async::Task<Result<void>> ResumableUploads::FinishLeftOver() {
  std::optional<VideoId> after;
  std::set<VideoId> open;
  for (;;) {
    TT_CO_ASSIGN_OR_RETURN(const std::vector<VideoId> ids,
                           co_await catalog_.OpenVideos(after, kVideosAtOnce, CatalogDeadline()));
    if (ids.empty()) break;
    after = ids.back();
    open.insert(ids.begin(), ids.end());
    TT_CO_ASSIGN_OR_RETURN(auto each, co_await catalog_.FindEach(ids, CatalogDeadline()));
    for (catalog::Catalog::Found& found : each) {
      if (!found || !*found) continue;
      Ignore(co_await FinishIfWhole(**std::move(found)), "it has been logged");
    }
  }
  // What has expired is nobody's any more.
  const std::lock_guard lock(mutex_);
  std::erase_if(watches_, [&](const auto& watch) { return !open.contains(watch.first); });
  co_return Result<void>();
}

void ResumableUploads::Forget(const VideoId& id) {
  const std::lock_guard lock(mutex_);
  watches_.erase(id);
}

ResumableCounts ResumableUploads::counts() const {
  return {.created = created_,
          .finished = finished_,
          .failed = failed_,
          .abandoned = abandoned_,
          .receiving = receiving_,
          .parts_stored = arrivals_.parts_stored,
          .pieces_stored = arrivals_.pieces_stored,
          .parts_assembled = arrivals_.parts_assembled};
}

}  // namespace tritontube::upload
