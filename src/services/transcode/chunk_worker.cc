#include "services/transcode/chunk_worker.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "domain/planning/chunks.h"
#include "foundation/async/shielded.h"
#include "foundation/async/sleep.h"
#include "foundation/telemetry/log.h"
#include "services/transcode/attempt_limits.h"
#include "services/transcode/running_encode.h"

namespace tritontube::transcode {

using chunks::ChunkBoard;
using chunks::ChunkMade;
using chunks::ClaimedChunk;
using telemetry::Level;
using telemetry::Log;

namespace {

constexpr std::chrono::minutes kSourceTimeout{60};
// A chunk is half a minute at most; hangs are found by the encoder itself.
constexpr std::chrono::hours kEncodeTimeout{1};
// Decoders look back, and a frame of the grid shows what is due half a frame later.
constexpr double kRunUpSeconds = 0.5;

// What lies there already, or what the chunk is made by, is not what this worker can go on with:
// perhaps another one can, and in the end the video is made in one go.
jobs::Blame BlameOf(const Error& error) {
  const bool is_unfit =
      error.code() == ErrorCode::kAlreadyExists || error.code() == ErrorCode::kCorrupt;
  return is_unfit ? jobs::Blame::kTool : jobs::BlameOf(error);
}

std::unexpected<Error> Gone(const chunks::ChunkId& id) {
  return Fail(ErrorCode::kAborted, "chunk {} of video {} is not wanted any more", id.number,
              id.video.text());
}

// In the time of the file.
scratch::PictureWindow WindowOf(const media::EncodePlan& plan) {
  const media::VideoPlan& video = *plan.video;
  const double rate = video.frame_rate.AsDouble();
  const double begin = static_cast<double>(video.first_frame) / rate;
  // The last takes what there is.
  const double end = video.end_frame == 0 ? std::numeric_limits<double>::infinity()
                                          : static_cast<double>(video.end_frame) / rate;
  return {.stream_index = video.stream_index,
          .from_seconds = plan.start_seconds + begin - kRunUpSeconds,
          .to_seconds = plan.start_seconds + end + kRunUpSeconds};
}

}  // namespace

async::Task<Result<bool>> KeepIfWanted(const WorkerDependencies& with, VideoId video,
                                       UploadId output) {
  const auto record = co_await with.catalog.Find(video, CatalogDeadline());
  if (!record && record.error().code() != ErrorCode::kNotFound) {
    co_return std::unexpected(record.error());
  }
  if (record && record->progress && record->progress->chunks == output) co_return true;
  TT_CO_RETURN_IF_ERROR(co_await with.chunks.Remove(video, output, CatalogDeadline()));
  co_return false;
}

async::Task<void> ChunkWorker::Run() {
  while (!co_await async::IsCancelled()) {
    const auto seen = co_await claimant_.Wait([this] { return Choose(); });
    if (!seen) continue;
    const auto slot = co_await with_.slots.Acquire(1, Deadline::Never());
    if (!slot) continue;
    // That took its time.
    const ChunkBoard::Choice choice = Choose();
    if (choice.pick) co_await TryOne(*choice.pick);
  }
}

ChunkBoard::Choice ChunkWorker::Choose() {
  return with_.chunk_mirror.board().Choose(with_.name, with_.clock.WallNow(), claimant_.spread(),
                                           with_.random);
}

async::Task<void> ChunkWorker::TryOne(ChunkBoard::Pick pick) {
  const chunks::ChunkClaim claim = with_.chunks.NewClaim(with_.name);
  const auto ask = [&] {
    return with_.chunks.Claim(pick, claim, with_.lease.lease(), CatalogDeadline());
  };
  std::optional<ClaimedChunk> claimed = co_await claimant_.Claim(pick, ask);
  if (claimed) co_await Work(*std::move(claimed), pick);
}

async::Task<void> ChunkWorker::Work(ClaimedChunk claimed, ChunkBoard::Pick pick) {
  DoingList::Entry doing(with_.doing, {.video = claimed.row.id.video,
                                       .work = chunks::Work::kPictures,
                                       .chunk = claimed.row.id.number});
  Result<ChunkMade> made = co_await Make(claimed, pick, doing);
  co_await Settle(std::move(claimed), std::move(made));
}

async::Task<Result<ChunkMade>> ChunkWorker::Make(ClaimedChunk claimed, ChunkBoard::Pick pick,
                                                 DoingList::Entry& doing) {
  const chunks::ChunkRow& row = claimed.row;
  TT_CO_ASSIGN_OR_RETURN(const bool is_wanted,
                         co_await KeepIfWanted(with_, row.id.video, row.id.output));
  if (!is_wanted) co_return Gone(row.id);
  TT_CO_ASSIGN_OR_RETURN(const ChunkOrder order, co_await OrderOf(row.id));
  const media::EncodePlan plan =
      planning::ChunkPlan(order.plan, {.first_frame = row.first_frame,
                                       .end_frame = row.end_frame,
                                       .first_segment = row.first_segment});
  TT_CO_ASSIGN_OR_RETURN(
      scratch::SourceCopy source,
      co_await with_.sources.Open({row.id.video, order.source, order.source_bytes},
                                  order.plan.container, Deadline::After(kSourceTimeout)));
  source.KeepForOthers();
  TT_CO_RETURN_IF_ERROR(
      co_await source.NeedPictures(WindowOf(plan), Deadline::After(kSourceTimeout)));
  ChunkSink sink(plan, row);
  TT_CO_ASSIGN_OR_RETURN(const media::EncodeSummary summary,
                         co_await Encode(source.path(), plan, sink, pick, doing));
  TT_CO_RETURN_IF_ERROR(sink.Check());
  TT_CO_ASSIGN_OR_RETURN(std::vector<media::Rendition> stored, co_await sink.Store(with_.store));
  with_.observer.OnChunkMade(row.id.video, row.id.number, summary);
  co_return ChunkMade{
      .worker = with_.name, .cpu_seconds = summary.cpu_seconds, .renditions = std::move(stored)};
}

async::Task<Result<media::EncodeSummary>> ChunkWorker::Encode(const std::filesystem::path& source,
                                                              media::EncodePlan plan,
                                                              ChunkSink& sink,
                                                              ChunkBoard::Pick pick,
                                                              DoingList::Entry& doing) {
  TT_CO_ASSIGN_OR_RETURN(const scratch::ScratchFolder folder, with_.scratch.NewFolder());
  RunningEncode encode(co_await async::asio::this_coro::executor,
                       with_.encoder.Encode(source, folder.path(), std::move(plan), sink,
                                            Deadline::After(kEncodeTimeout)));
  bool is_wanted = true;
  while (is_wanted && !co_await encode.WaitUntil(Deadline::After(options_.progress_interval))) {
    doing.SetFraction(sink.fraction());
    const bool cancelled = co_await async::IsCancelled();
    // The video was deleted, or somebody has made it meanwhile: stop heating the room.
    is_wanted = !cancelled && with_.chunk_mirror.board().Stands(pick);
  }
  Result<media::EncodeSummary> summary = co_await encode.Stop();
  const bool cancelled = co_await async::IsCancelled();
  if (!is_wanted && !cancelled) co_return Gone(pick.id);
  co_return summary;
}

async::Task<Result<ChunkOrder>> ChunkWorker::OrderOf(chunks::ChunkId id) {
  if (order_ && order_->first == id.output) co_return order_->second;
  TT_CO_ASSIGN_OR_RETURN(const blob::Bytes json,
                         co_await with_.store.GetWhole(
                             {id.video, id.output, std::string(kChunkOrderFile)}, StoreDeadline()));
  TT_CO_ASSIGN_OR_RETURN(ChunkOrder order, DecodeChunkOrder(json.Flatten()));
  order_.emplace(id.output, order);
  co_return order;
}

// Says what became of a chunk. Nobody else can, as long as our lease lives: so it is
// tried until it is said.
async::Task<void> ChunkWorker::Settle(ClaimedChunk claimed, Result<ChunkMade> result) {
  // It is nobody's fault that it is not wanted, or that we stop.
  const bool stops =
      !result && (result.error().code() == ErrorCode::kCancelled || IsLost(result.error()));
  for (bool cancelled = stops; !cancelled; cancelled = co_await async::IsCancelled()) {
    Result<void> told;
    if (result) {
      told = co_await async::Shielded(with_.chunks.Finish(claimed, *result, CatalogDeadline()));
    } else {
      const Result<bool> again = co_await async::Shielded(
          with_.chunks.FailAttempt(claimed, BlameOf(result.error()), result.error(),
                                   with_.clock.WallNow(), CatalogDeadline()));
      if (!again) told = std::unexpected(again.error());
      Log(Level::kWarning, "a chunk could not be made",
          {{"video", claimed.row.id.video.text()},
           {"chunk", claimed.row.id.number},
           {"error", result.error().message()}});
    }
    if (told || IsLost(told.error())) co_return;
    Log(Level::kWarning, "a chunk is not settled yet",
        {{"video", claimed.row.id.video.text()}, {"error", told.error().message()}});
    co_await async::Sleep(options_.idle_time);
  }
  Ignore(co_await async::Shielded(with_.chunks.Release(std::move(claimed), CatalogDeadline())),
         "the claim ends with our lease");
}

}  // namespace tritontube::transcode
