#include "services/transcode/chunked_pictures.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "domain/manifest/growth.h"
#include "services/transcode/first_stored.h"

namespace tritontube::transcode {

using chunks::ChunkRow;

namespace {

constexpr std::chrono::seconds kTimeout{30};
// Events may be lost.
constexpr std::chrono::seconds kReadInterval{60};
constexpr std::chrono::seconds kLookInterval{5};

double ExpectedSeconds(const planning::Chunk& chunk, const media::EncodePlan& plan) {
  const std::int64_t end = chunk.end_frame == 0 ? plan.video->frame_count : chunk.end_frame;
  return planning::CpuSeconds(*plan.video, std::max<std::int64_t>(end - chunk.first_frame, 1));
}

bool IsSameChunk(const ChunkRow& one, const ChunkRow& other) {
  return one.id == other.id && one.first_frame == other.first_frame &&
         one.end_frame == other.end_frame && one.first_segment == other.first_segment;
}

}  // namespace

ChunkedPictures::ChunkedPictures(const WorkerDependencies& with, const catalog::VideoRow& video,
                                 UploadId output, ChunkOrder order)
    : with_(with),
      video_(video.id),
      created_(video.created),
      output_(std::move(output)),
      order_(std::move(order)) {}

async::Task<Result<void>> ChunkedPictures::Begin(const std::vector<planning::Chunk>& chunks) {
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    rows_.push_back(
        {.id = {.video = video_, .output = output_, .number = static_cast<std::uint32_t>(i)},
         .job = {.video = video_, .created = created_},
         .first_frame = chunks[i].first_frame,
         .end_frame = chunks[i].end_frame,
         .first_segment = chunks[i].first_segment,
         .cpu_seconds = ExpectedSeconds(chunks[i], order_.plan)});
  }
  fractions_.resize(rows_.size());
  TT_CO_RETURN_IF_ERROR(co_await StoreOrder());
  TT_CO_RETURN_IF_ERROR(co_await with_.chunks.Post(rows_, Deadline::After(kTimeout)));
  co_return co_await Read();
}

async::Task<Result<void>> ChunkedPictures::StoreOrder() {
  const blob::BlobKey key{video_, output_, std::string(kChunkOrderFile)};
  const std::string json = Encode(order_);
  TT_CO_ASSIGN_OR_RETURN(const blob::Bytes stored,
                         co_await PutFirst(with_.store, key, blob::Bytes(std::string(json))));
  if (stored.Flatten() == json) co_return Result<void>();
  co_return Fail(ErrorCode::kAlreadyExists, "chunks by another plan are stored already");
}

async::Task<Result<void>> ChunkedPictures::Read() {
  const Deadline deadline = Deadline::After(kTimeout);
  TT_CO_ASSIGN_OR_RETURN(chunks::ChunkRows found,
                         co_await with_.chunks.Rows(video_, output_, deadline));
  watch_ = with_.chunks.Follow(video_, output_, found.revision);
  next_read_ = Deadline::After(kReadInterval);
  next_look_ = Deadline::After(kLookInterval);
  std::vector<ChunkRow> missing;
  auto next = found.rows.begin();
  for (const ChunkRow& row : rows_) {
    if (next != found.rows.end() && next->id == row.id) {
      ++next;
    } else if (!row.made) {
      missing.push_back(row);
    }
  }
  // Somebody was wrong about what is wanted.
  if (!missing.empty()) {
    TT_CO_RETURN_IF_ERROR(co_await with_.chunks.Post(std::move(missing), deadline));
  }
  co_return TakeAll(
      {std::make_move_iterator(found.rows.begin()), std::make_move_iterator(found.rows.end())});
}

// All of them, whatever is wrong with one.
Result<void> ChunkedPictures::TakeAll(std::vector<Result<ChunkRow>> rows) {
  Result<void> taken;
  for (Result<ChunkRow>& row : rows) {
    const Result<void> one = row ? Take(*std::move(row)) : Failed("{}", row.error().message());
    if (!one && taken) taken = one;
  }
  TT_RETURN_IF_ERROR(taken);
  return Join();
}

Result<void> ChunkedPictures::Take(ChunkRow row) {
  const std::size_t number = row.id.number;
  if (number >= rows_.size() || !IsSameChunk(row, rows_[number])) {
    return Fail(ErrorCode::kAlreadyExists, "chunks of another length are posted already");
  }
  // What is made once stays so.
  if (rows_[number].made) return {};
  if (row.failure) {
    return Failed("chunk {} of the pictures cannot be made by itself: {}", number,
                  row.failure->message);
  }
  rows_[number] = std::move(row);
  return {};
}

async::Task<Result<void>> ChunkedPictures::Wait(Deadline deadline) {
  if (next_look_.HasPassed()) co_await LookAtWorkers();
  if (next_read_.HasPassed()) co_return co_await Read();
  const Result<coordination::WatchBatch> batch = co_await watch_->Next(deadline);
  if (!batch && batch.error().code() == ErrorCode::kOutOfRange) co_return co_await Read();
  if (!batch) co_return std::unexpected(batch.error());
  std::vector<Result<ChunkRow>> rows;
  for (const coordination::Event& event : batch->events) {
    if (event.kind == coordination::Event::Kind::kPut) {
      rows.push_back(chunks::DecodeChunkRow(event.item.value));
    } else {
      next_read_ = Deadline::After(std::chrono::seconds(0));
    }
  }
  co_return TakeAll(std::move(rows));
}

// Only for how far it looks.
async::Task<void> ChunkedPictures::LookAtWorkers() {
  next_look_ = Deadline::After(kLookInterval);
  const auto workers = co_await with_.chunks.Workers(Deadline::After(kTimeout));
  if (!workers) co_return;
  std::ranges::fill(fractions_, 0.0);
  for (const chunks::WorkerRow& worker : *workers) {
    for (const chunks::Doing& doing : worker.doing) {
      if (doing.video != video_ || doing.work != chunks::Work::kPictures) continue;
      if (doing.chunk >= fractions_.size()) continue;
      fractions_[doing.chunk] = std::clamp(doing.fraction, 0.0, 1.0);
    }
  }
}

// Every chunk was seen to be whole by whoever has made it; here it is seen to begin
// where the one before ends, and to be of the same kind.
Result<void> ChunkedPictures::Join() {
  for (; joined_ < rows_.size() && rows_[joined_].made; ++joined_) {
    const std::vector<media::Rendition>& next = rows_[joined_].made->renditions;
    const Result<void> joined = manifest::AppendGrowth(made_, next);
    if (!joined || next.size() != order_.plan.video->rungs.size()) {
      return Failed("chunk {} of the pictures does not fit: {}", joined_,
                    joined ? "a rung is missing" : joined.error().message());
    }
    for (const media::Rendition& rendition : next) {
      for (const media::Segment& segment : rendition.segments) stored_bytes_ += segment.size;
    }
    rows_[joined_].made->renditions.clear();
  }
  return {};
}

double ChunkedPictures::fraction() const {
  double all = 0;
  double made = 0;
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    all += rows_[i].cpu_seconds;
    made += rows_[i].cpu_seconds * (rows_[i].made ? 1 : fractions_[i]);
  }
  return all > 0 ? made / all : 0;
}

}  // namespace tritontube::transcode
