#pragma once

#include <utility>
#include <vector>

#include "core/blob/blob_store.h"
#include "core/media/tools.h"
#include "domain/chunks/chunk.h"
#include "services/transcode/made_tracks.h"

namespace tritontube::transcode {

// Takes a chunk of pictures as the encoder makes it, and keeps it until it is seen to
// be whole: nothing is stored of one that does not fit between its neighbours.
//
// Lives on the encoder's io_context.
class ChunkSink final : public media::EncodeSink {
 public:
  // `plan` is the chunk's own.
  ChunkSink(media::EncodePlan plan, chunks::ChunkRow row)
      : plan_(std::move(plan)), row_(std::move(row)), tracks_(plan_), outputs_(tracks_.count()) {}

  async::Task<Result<void>> OnInit(std::size_t output, blob::Bytes bytes) override;
  async::Task<Result<void>> OnSegment(std::size_t output, blob::Bytes bytes) override;
  void OnProgress(double fraction) override { fraction_ = fraction; }
  double fraction() const { return fraction_; }

  // Whether it has every frame that it should, in every rung. kInvalidArgument when it does not:
  // the source has less there than it says, and trying again gives the same.
  Result<void> Check() const;
  // Stores it. First stored stays: of segments that another worker has stored, which are as long as
  // ours, the sizes are theirs. kAlreadyExists when those are others. Gives what is stored.
  async::Task<Result<std::vector<media::Rendition>>> Store(blob::BlobStore& store);

 private:
  struct Output {
    blob::Bytes init;
    std::vector<blob::Bytes> segments = {};
  };
  async::Task<void> StoreOutput(blob::BlobStore& store, std::size_t output, Result<void>& stored);
  async::Task<Result<void>> StoreAll(blob::BlobStore& store, std::size_t output,
                                     media::Rendition& rendition);

  const media::EncodePlan plan_;
  const chunks::ChunkRow row_;
  MadeTracks tracks_;
  std::vector<Output> outputs_;
  std::vector<media::Rendition> stored_;
  ByteCount held_bytes_ = 0;
  double fraction_ = 0;
};

}  // namespace tritontube::transcode
