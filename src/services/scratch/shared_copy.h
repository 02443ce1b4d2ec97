#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "base/clock.h"
#include "core/media/container.h"
#include "domain/sources/source_parts.h"
#include "foundation/async/event.h"
#include "services/scratch/records.h"
#include "services/scratch/scratch_space.h"
#include "services/scratch/sparse_file.h"

namespace tritontube::scratch {

// What is read at once. A part is some of these.
inline constexpr ByteCount kStretchBytesMax = ByteCount{1} << 20U;
static_assert(sources::kPartBytes % kStretchBytesMax == 0);

// A file that holds some records of an original, and who brings which of the
// others. Lives on one io_context, but for what says otherwise.
class SharedCopy {
 public:
  class Claim;

  // Requires: a mebibyte is some whole records.
  SharedCopy(sources::SourceKey key, media::Container kind, ByteCount record_bytes,
             ScratchSpace& scratch, ScratchFolder in, SparseFile on_disk)
      : source(std::move(key)),
        container(kind),
        records{.file_bytes = source.size, .record_bytes = record_bytes},
        file(std::move(on_disk)),
        scratch_(scratch),
        folder_(std::move(in)),
        states_(records.count()) {
    TT_ASSERT(kStretchBytesMax % record_bytes == 0, "records of {} bytes", record_bytes);
  }
  SharedCopy(const SharedCopy&) = delete;
  SharedCopy& operator=(const SharedCopy&) = delete;

  RecordSet all() const;
  // The first that is wanted and not there, from `at` on.
  std::size_t FirstMissing(const RecordSet& wanted, std::size_t at) const;
  // Some wanted records behind one another that nobody brings yet, from `at` on,
  // with room for them; nothing when there are none.
  Result<std::optional<Claim>> TakeNext(const RecordSet& wanted, std::size_t& at);

  const sources::SourceKey source;
  const media::Container container;
  const RecordedFile records;
  const SparseFile file;
  async::Event changed;  // Whenever a record has come, or does not.
  std::optional<blob::Digest> digest;
  // Guarded by the mutex of the copies.
  std::size_t holder_count = 0;
  bool is_kept = false;  // When nobody holds it any more.
  SteadyTime idle_since;

 private:
  enum class State : std::uint8_t { kMissing, kComing, kThere };

  void Settle(std::size_t begin, std::size_t end, State state);

  ScratchSpace& scratch_;
  ScratchFolder folder_;
  std::vector<State> states_;
};

// Records that its holder brings. Others may when it ends without that, however
// it ends.
class SharedCopy::Claim {
 public:
  Claim(SharedCopy& copy, std::size_t begin, std::size_t end)
      : copy_(&copy), begin_(begin), end_(end) {}
  Claim(Claim&& other) noexcept
      : copy_(std::exchange(other.copy_, nullptr)), begin_(other.begin_), end_(other.end_) {}
  Claim& operator=(Claim&&) = delete;
  ~Claim();

  blob::ByteRange range() const {
    const bmff::ByteRange bytes = copy_->records.BytesOf(begin_, end_);
    return {.offset = bytes.offset, .length = bytes.length};
  }
  void Fulfil();

 private:
  SharedCopy* copy_;
  std::size_t begin_;
  std::size_t end_;
};

}  // namespace tritontube::scratch
