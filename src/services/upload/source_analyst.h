#pragma once

#include <functional>
#include <optional>
#include <variant>
#include <vector>

#include "core/bmff/source_scanner.h"
#include "core/media/container.h"
#include "domain/catalog/video.h"
#include "foundation/async/blocking_pool.h"
#include "foundation/async/semaphore.h"

namespace tritontube::upload {

// A file that may still be on its way. Lives as long as it is looked at.
class SourceReader {
 public:
  virtual ~SourceReader() = default;

  virtual ByteCount size() const = 0;
  virtual bool Holds(blob::ByteRange range) const = 0;
  // Requires: Holds(range).
  virtual async::Task<Result<blob::Bytes>> Read(blob::ByteRange range, Deadline deadline) = 0;
};

// What the boxes of a file have told.
struct Analysed {
  catalog::SourceAnalysis analysis;
  // What the first segment of every track that is shown is made of.
  std::vector<bmff::ByteRange> beginning = {};
};
// The boxes cannot be read before these bytes are there.
struct NotYet {
  bmff::ByteRange wanted;
};
using Analysis = std::variant<Analysed, NotYet>;

// Says from a file's boxes alone what of it can be shown as it is.
//
// One file at a time: its index may be 64 MiB large. What computes does so on the
// blocking pool. Safe to use from any thread.
class SourceAnalyst {
 public:
  explicit SourceAnalyst(async::BlockingPool& blocking) : blocking_(blocking) {}

  // A verdict about whatever file it is; an error only when it could not be read
  // or there was no time.
  async::Task<Result<Analysis>> Analyse(media::Container container, SourceReader& file,
                                        Deadline deadline);

 private:
  async::Task<Result<Analysis>> AnalyseMovie(SourceReader& file, Deadline deadline);

  async::BlockingPool& blocking_;
  async::Semaphore turn_{1};
};

}  // namespace tritontube::upload
