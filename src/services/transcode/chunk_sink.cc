#include "services/transcode/chunk_sink.h"

#include <utility>

#include "foundation/async/task_group.h"
#include "services/transcode/first_stored.h"

namespace tritontube::transcode {

namespace {

// The ladder's rates have a maximum, so that no plan comes near it.
constexpr ByteCount kHeldBytesMax = ByteCount{128} << 20U;

}  // namespace

async::Task<Result<void>> ChunkSink::OnInit(std::size_t output, blob::Bytes bytes) {
  TT_CO_RETURN_IF_ERROR(tracks_.Begin(output, bytes));
  outputs_[output].init = std::move(bytes);
  co_return Result<void>();
}

async::Task<Result<void>> ChunkSink::OnSegment(std::size_t output, blob::Bytes bytes) {
  TT_CO_ASSIGN_OR_RETURN(const media::Segment segment, tracks_.Inspect(output, bytes));
  held_bytes_ += bytes.size();
  if (held_bytes_ > kHeldBytesMax) {
    co_return Fail(ErrorCode::kInternal, "a chunk grew to more than {} bytes", kHeldBytesMax);
  }
  tracks_.Add(output, segment);
  outputs_[output].segments.push_back(std::move(bytes));
  co_return Result<void>();
}

Result<void> ChunkSink::Check() const {
  const std::uint64_t end =
      row_.end_frame == 0 ? tracks_.EndOf(0) : TickOf(*plan_.video, row_.end_frame);
  for (std::size_t output = 0; output < tracks_.count(); ++output) {
    const media::Rendition& rendition = tracks_.rendition(output);
    const bool is_alike = rendition.segments.size() == tracks_.rendition(0).segments.size();
    if (!rendition.segments.empty() && tracks_.EndOf(output) == end && is_alike) continue;
    return Fail(ErrorCode::kInvalidArgument,
                "chunk {} has {} segments of {} and ends at {} instead of {}", row_.id.number,
                rendition.segments.size(), rendition.id, tracks_.EndOf(output), end);
  }
  return {};
}

async::Task<Result<std::vector<media::Rendition>>> ChunkSink::Store(blob::BlobStore& store) {
  stored_ = tracks_.Renditions();
  std::vector<Result<void>> results(outputs_.size());
  std::vector<async::Task<void>> work;
  work.reserve(outputs_.size());
  for (std::size_t output = 0; output < outputs_.size(); ++output) {
    work.push_back(StoreOutput(store, output, results[output]));
  }
  co_await async::RunAll(std::move(work));
  for (const Result<void>& result : results) TT_CO_RETURN_IF_ERROR(result);
  co_return stored_;
}

async::Task<void> ChunkSink::StoreOutput(blob::BlobStore& store, std::size_t output,
                                         Result<void>& stored) {
  stored = co_await StoreAll(store, output, stored_[output]);
}

async::Task<Result<void>> ChunkSink::StoreAll(blob::BlobStore& store, std::size_t output,
                                              media::Rendition& rendition) {
  const auto key = [&](std::string file) {
    return blob::BlobKey{row_.id.video, row_.id.output, std::move(file)};
  };
  const std::string init = media::InitFileName(rendition.id);
  const blob::Digest digest = blob::DigestOf(outputs_[output].init);
  TT_CO_ASSIGN_OR_RETURN(const blob::Bytes first,
                         co_await PutFirst(store, key(init), outputs_[output].init));
  if (blob::DigestOf(first) != digest) co_return IsAnotherOne(init);
  MadeTracks others(plan_);
  TT_CO_RETURN_IF_ERROR(others.Begin(output, first));
  for (std::size_t i = 0; i < rendition.segments.size(); ++i) {
    const std::string file = media::SegmentFileName(rendition.id, row_.first_segment + i + 1);
    TT_CO_ASSIGN_OR_RETURN(
        const blob::Bytes bytes,
        co_await PutFirst(store, key(file), std::move(outputs_[output].segments[i])));
    const Result<media::Segment> segment = others.Inspect(output, bytes);
    if (!segment || segment->duration != rendition.segments[i].duration) {
      co_return IsAnotherOne(file);
    }
    rendition.segments[i] = *segment;
    others.Add(output, *segment);
  }
  co_return Result<void>();
}

}  // namespace tritontube::transcode
