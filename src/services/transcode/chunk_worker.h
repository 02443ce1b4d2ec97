#pragma once

#include <optional>

#include "services/transcode/chunk_order.h"
#include "services/transcode/chunk_sink.h"
#include "services/transcode/claiming.h"
#include "services/transcode/worker_dependencies.h"

namespace tritontube::transcode {

// Whether somebody waits for the chunks of this set. Rows that nobody needs any more, because
// whoever made the video has died before it could remove them, are removed.
async::Task<Result<bool>> KeepIfWanted(const WorkerDependencies& with, VideoId video,
                                       UploadId output);

// Makes chunks of pictures, of whatever video needs them, one at a time. Whoever
// makes the video has posted them, here or on another machine, and goes on with what
// they become.
//
// It reads of the original what the chunk needs, stores what it has made only when
// all of it is there and fits, and then says so. When it dies nothing is left but
// segments that the next worker makes again.
//
// Lives on one io_context, which is the mirror's and the source copies', too.
class ChunkWorker {
 public:
  ChunkWorker(WorkerDependencies dependencies, WorkerOptions options)
      : with_(std::move(dependencies)),
        options_(options),
        claimant_(with_.chunk_mirror, with_.clock, options.idle_time) {}

  // Until it is cancelled; a chunk under way is then given back.
  async::Task<void> Run();

 private:
  chunks::ChunkBoard::Choice Choose();
  async::Task<void> TryOne(chunks::ChunkBoard::Pick pick);
  async::Task<void> Work(chunks::ClaimedChunk claimed, chunks::ChunkBoard::Pick pick);
  async::Task<Result<chunks::ChunkMade>> Make(chunks::ClaimedChunk claimed,
                                              chunks::ChunkBoard::Pick pick,
                                              DoingList::Entry& doing);
  async::Task<Result<media::EncodeSummary>> Encode(const std::filesystem::path& source,
                                                   media::EncodePlan plan, ChunkSink& sink,
                                                   chunks::ChunkBoard::Pick pick,
                                                   DoingList::Entry& doing);
  async::Task<Result<ChunkOrder>> OrderOf(chunks::ChunkId id);
  async::Task<void> Settle(chunks::ClaimedChunk claimed, Result<chunks::ChunkMade> result);

  const WorkerDependencies with_;
  const WorkerOptions options_;
  Claimant<chunks::ChunkMirror> claimant_;
  // Of the set that the last chunk was of.
  std::optional<std::pair<UploadId, ChunkOrder>> order_;
};

}  // namespace tritontube::transcode
