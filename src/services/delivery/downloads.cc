#include "services/delivery/downloads.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <utility>

#include "base/assert.h"
#include "foundation/async/task_group.h"
#include "services/delivery/source_bytes.h"

namespace tritontube::delivery {

namespace {

// Four seconds of pictures need a quarter of it.
constexpr ByteCount kHeadGuessBytes = ByteCount{16} << 10U;
constexpr std::size_t kHeadsAtOnce = 16;
constexpr std::size_t kPiecesAtOnce = 4;

// It was as the presentation says when that was made.
Error NotAsItWas(const VideoId& video, const Error& error) {
  if (error.code() != ErrorCode::kInvalidArgument && error.code() != ErrorCode::kOutOfRange) {
    return error;
  }
  return {ErrorCode::kCorrupt,
          fmt::format("video {} is not as it was made: {}", video.text(), error.message())};
}

// Whose bytes the renditions are: no other file has the same.
std::string KeyOf(const PublishedVideo& video, const std::vector<std::size_t>& renditions) {
  std::string key;
  for (const std::size_t place : renditions) {
    key += fmt::format("{} {} ", video.UploadOf(place).text(), video.rendition(place).id);
  }
  return key;
}

template <typename T>
async::Task<void> Keep(async::Task<Result<T>> task, Result<T>& result) {
  result = co_await std::move(task);
}

// As the store has read it, or a copy.
blob::Bytes Compact(const blob::Bytes& piece) {
  return piece.size() < kPieceBytesMin ? blob::Bytes(piece.Flatten()) : piece;
}

}  // namespace

async::Task<Result<Download>> Downloads::Find(std::shared_ptr<const PublishedVideo> video,
                                              std::vector<std::size_t> renditions,
                                              Deadline deadline) {
  std::string key = KeyOf(*video, renditions);
  TT_CO_ASSIGN_OR_RETURN(
      Plan plan, co_await known_.Find(std::move(key), Make(video, renditions, deadline), deadline));
  co_return Download{
      .video = std::move(video), .renditions = std::move(renditions), .plan = std::move(plan)};
}

async::Task<Result<SourcePlans::Plan>> Downloads::SourceOf(
    const PublishedVideo& video, const std::vector<std::size_t>& renditions, Deadline deadline) {
  const bool needed =
      std::ranges::any_of(renditions, [&](std::size_t place) { return video.IsOfSource(place); });
  if (!needed) co_return SourcePlans::Plan();
  co_return co_await sources_.Find(video.video(), *video.watchable().source, deadline);
}

async::Task<Result<Downloads::Plan>> Downloads::Make(std::shared_ptr<const PublishedVideo> video,
                                                     std::vector<std::size_t> renditions,
                                                     Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(const async::Semaphore::Permit permit,
                         co_await loads_.Acquire(1, deadline));
  TT_CO_ASSIGN_OR_RETURN(const SourcePlans::Plan source,
                         co_await SourceOf(*video, renditions, deadline));
  std::vector<Builder::Input> inputs;
  inputs.reserve(renditions.size());
  for (const std::size_t place : renditions) {
    TT_CO_ASSIGN_OR_RETURN(std::string init,
                           co_await ReadInit(*video, place, source.get(), deadline));
    inputs.push_back({.rendition = &video->rendition(place), .init = std::move(init)});
  }
  Result<Builder> builder = Builder::Make(inputs);
  if (!builder) co_return std::unexpected(NotAsItWas(video->video(), builder.error()));
  const Result<void> added =
      co_await AddHeads(*video, renditions, source.get(), *builder, deadline);
  if (!added) co_return std::unexpected(NotAsItWas(video->video(), added.error()));
  // Writes megabytes of tables for a long film.
  const auto finish = [&]() -> Result<Plan> {
    TT_ASSIGN_OR_RETURN(packaging::ProgressiveFile file, std::move(*builder).Finish());
    // Its digest stands for the header, which may have megabytes.
    std::string etag =
        packaging::EntityTag(KeyOf(*video, renditions), blob::DigestOf(file.header()).ToHex());
    return std::make_shared<const DownloadPlan>(
        DownloadPlan{.file = std::move(file), .etag = std::move(etag)});
  };
  Result<Plan> plan = co_await blocking_.Run(finish);
  if (!plan) co_return std::unexpected(NotAsItWas(video->video(), plan.error()));
  co_return plan;
}

async::Task<Result<std::string>> Downloads::ReadInit(const PublishedVideo& video,
                                                     std::size_t rendition,
                                                     const packaging::SourcePlan* source,
                                                     Deadline deadline) {
  const std::string& id = video.rendition(rendition).id;
  if (video.IsOfSource(rendition)) {
    const packaging::SourcePlan::Track* const track = source->Find(id);
    TT_ASSERT(track != nullptr, "a plan without {}", id);
    co_return packaging::SourcePlan::Init(*track);
  }
  TT_CO_ASSIGN_OR_RETURN(
      const blob::Bytes bytes,
      co_await store_.GetWhole({video.video(), video.UploadOf(rendition), media::InitFileName(id)},
                               deadline));
  co_return bytes.Flatten();
}

async::Task<Result<std::string>> Downloads::ReadHead(const PublishedVideo& video,
                                                     std::size_t rendition,
                                                     const packaging::SourcePlan* source,
                                                     Builder::Segment segment, Deadline deadline) {
  const std::string& id = video.rendition(rendition).id;
  if (video.IsOfSource(rendition)) {
    const packaging::SourcePlan::Track* const track = source->Find(id);
    auto list = packaging::SourcePlan::Segment(*track, segment.number);
    TT_ASSERT(list.has_value(), "a plan without segment {}", segment.number);
    // The reader wants some bytes more when the header of the mdat is short.
    constexpr std::size_t kMore = 8;
    co_return std::move(list->head) + std::string(kMore, '\0');
  }
  const blob::BlobKey key{video.video(), video.UploadOf(rendition),
                          media::SegmentFileName(id, segment.number)};
  const ByteCount guess = std::min(segment.size, kHeadGuessBytes);
  TT_CO_ASSIGN_OR_RETURN(blob::Bytes bytes, co_await store_.Get(key, {0, guess}, deadline));
  std::string head = bytes.Flatten();
  TT_CO_ASSIGN_OR_RETURN(const ByteCount size, bmff::HeadSize(AsBytes(head), segment.size));
  if (size > head.size()) {
    TT_CO_ASSIGN_OR_RETURN(bytes, co_await store_.Get(key, {0, size}, deadline));
    head = bytes.Flatten();
  }
  head.resize(size);
  co_return head;
}

async::Task<Result<void>> Downloads::AddHeads(const PublishedVideo& video,
                                              const std::vector<std::size_t>& renditions,
                                              const packaging::SourcePlan* source, Builder& builder,
                                              Deadline deadline) {
  std::span<const Builder::Segment> left = builder.segments();
  while (!left.empty()) {
    const auto now = left.first(std::min(left.size(), kHeadsAtOnce));
    left = left.subspan(now.size());
    std::vector<Result<std::string>> heads(now.size());
    std::vector<async::Task<void>> reads;
    reads.reserve(now.size());
    for (std::size_t i = 0; i < now.size(); ++i) {
      reads.push_back(
          Keep(ReadHead(video, renditions[now[i].rendition], source, now[i], deadline), heads[i]));
    }
    co_await async::RunAll(std::move(reads));
    if (co_await async::IsCancelled()) co_return Fail(ErrorCode::kCancelled, "nobody waits for it");
    for (const Result<std::string>& head : heads) {
      if (!head) co_return std::unexpected(head.error());
      TT_CO_RETURN_IF_ERROR(builder.Add(AsBytes(*head)));
    }
  }
  co_return Result<void>{};
}

async::Task<Result<blob::Bytes>> Downloads::ReadPiece(const PublishedVideo& video,
                                                      std::size_t rendition,
                                                      const packaging::SourcePlan* source,
                                                      packaging::ProgressiveFile::Piece piece,
                                                      Deadline deadline) {
  const std::string& id = video.rendition(rendition).id;
  if (!video.IsOfSource(rendition)) {
    co_return co_await store_.Get(
        {video.video(), video.UploadOf(rendition), media::SegmentFileName(id, piece.segment)},
        piece.range, deadline);
  }
  const packaging::SourcePlan::Track* const track = source->Find(id);
  TT_ASSERT(track != nullptr, "a plan without {}", id);
  const auto list = packaging::SourcePlan::Segment(*track, piece.segment);
  TT_ASSERT(list.has_value(), "a plan without segment {}", piece.segment);
  const packaging::GatherList slice = list->Slice(piece.range.offset, piece.range.length);
  co_return co_await Gather(store_, video.video(), *video.watchable().source, slice, Form::kAsRead,
                            deadline);
}

async::Task<Result<blob::Bytes>> Downloads::Read(Download download, blob::ByteRange range,
                                                 Deadline deadline) {
  const PublishedVideo& video = *download.video;
  const blob::Bytes& header = download.plan->file.header();
  const ByteCount begin = std::min(range.offset, header.size());
  const ByteCount end = std::min(range.end(), header.size());
  blob::Bytes bytes = header.Slice(begin, end - begin);
  if (bytes.size() == range.length) co_return bytes;

  TT_CO_ASSIGN_OR_RETURN(const SourcePlans::Plan source,
                         co_await SourceOf(video, download.renditions, deadline));
  const auto pieces =
      download.plan->file.Pieces({.offset = range.offset + bytes.size() - header.size(),
                                  .length = range.length - bytes.size()});
  for (std::span left = pieces; !left.empty();) {
    const auto now = left.first(std::min(left.size(), kPiecesAtOnce));
    left = left.subspan(now.size());
    std::vector<Result<blob::Bytes>> read(now.size());
    std::vector<async::Task<void>> reads;
    reads.reserve(now.size());
    for (std::size_t i = 0; i < now.size(); ++i) {
      const std::size_t place = download.renditions[now[i].rendition];
      reads.push_back(Keep(ReadPiece(video, place, source.get(), now[i], deadline), read[i]));
    }
    co_await async::RunAll(std::move(reads));
    if (co_await async::IsCancelled()) co_return Fail(ErrorCode::kCancelled, "nobody waits for it");
    for (const Result<blob::Bytes>& piece : read) {
      if (!piece) co_return std::unexpected(NotAsItWas(video.video(), piece.error()));
      bytes.Append(Compact(*piece));
    }
  }
  co_return bytes;
}

}  // namespace tritontube::delivery
