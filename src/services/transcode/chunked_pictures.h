#pragma once

#include <memory>
#include <vector>

#include "domain/planning/chunks.h"
#include "services/transcode/chunk_order.h"
#include "services/transcode/worker_dependencies.h"

namespace tritontube::transcode {

// The pictures of one video, made in chunks by whoever has time: posts them, hears
// what they become, and joins them.
//
// What an attempt before has posted, and workers have made of it, stands.
//
// Lives on one io_context.
class ChunkedPictures {
 public:
  // What is made lies under `output`.
  ChunkedPictures(const WorkerDependencies& with, const catalog::VideoRow& video, UploadId output,
                  ChunkOrder order);

  // kAlreadyExists when other chunks lie under the same output.
  async::Task<Result<void>> Begin(const std::vector<planning::Chunk>& chunks);
  // Until something has changed, or the deadline. Any other error than those of
  // Coordination is the last word: a chunk cannot be made, or what was made does not
  // fit together.
  async::Task<Result<void>> Wait(Deadline deadline);

  // A chunk cannot be made, or does not fit: there is no going on with them.
  bool has_failed() const { return has_failed_; }
  bool is_done() const { return joined_ == rows_.size(); }
  // The segments that can be played: of the chunks from the first on, up to the
  // first that is missing.
  const std::vector<media::Rendition>& made() const { return made_; }
  // Of the work, with what workers say of the chunks that they are making.
  double fraction() const;
  ByteCount stored_bytes() const { return stored_bytes_; }

 private:
  async::Task<Result<void>> StoreOrder();
  async::Task<Result<void>> Read();
  async::Task<void> LookAtWorkers();
  Result<void> TakeAll(std::vector<Result<chunks::ChunkRow>> rows);
  Result<void> Take(chunks::ChunkRow row);
  template <typename... Args>
  std::unexpected<Error> Failed(fmt::format_string<Args...> format, Args&&... args) {
    has_failed_ = true;
    return Fail(ErrorCode::kInternal, format, std::forward<Args>(args)...);
  }
  Result<void> Join();

  const WorkerDependencies& with_;
  const VideoId video_;
  const WallTime created_;
  const UploadId output_;
  const ChunkOrder order_;

  std::vector<chunks::ChunkRow> rows_;
  std::unique_ptr<coordination::Watch> watch_;
  Deadline next_read_ = Deadline::Never();
  Deadline next_look_ = Deadline::Never();
  std::vector<double> fractions_;  // Of each row, as far as its worker says.
  bool has_failed_ = false;
  std::size_t joined_ = 0;  // So many chunks are in made_.
  std::vector<media::Rendition> made_;
  ByteCount stored_bytes_ = 0;
};

}  // namespace tritontube::transcode
