#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "base/error.h"
#include "core/bmff/source_scanner.h"
#include "services/scratch/records.h"

// What ffmpeg's demuxer reads of a file of the MP4 family that is not fragmented,
// to decode some of its pictures. Pure. What is no such file, or not as files of
// cameras and programs are, is kInvalidArgument: then all of it may be read.
namespace tritontube::scratch {

// The boxes at the top of a file, by asking for their headers: the moov may stand
// anywhere, and the demuxer looks at whatever stands behind it, too.
class BoxFinder {
 public:
  explicit BoxFinder(ByteCount file_size) : file_size_(file_size) {}

  // What to hand to Feed next, a header; nothing when all boxes are known.
  std::optional<bmff::ByteRange> wanted() const;
  // Requires: `bytes` are those of wanted().
  Result<void> Feed(std::span<const std::byte> bytes);
  // Requires: wanted() is empty. Whether there is one moov, and only one.
  Result<void> Check() const;

  // The payload of the moov.
  bmff::ByteRange moov() const { return *moov_; }
  // All boxes that the demuxer may look into, with the moov.
  const std::vector<bmff::ByteRange>& read_whole() const { return read_whole_; }

 private:
  Result<void> Keep(bmff::FourCc type, ByteCount header_bytes, bmff::ByteRange box);

  const ByteCount file_size_;
  ByteCount position_ = 0;
  std::size_t box_count_ = 0;
  ByteCount whole_bytes_ = 0;
  std::optional<bmff::ByteRange> moov_;
  std::vector<bmff::ByteRange> read_whole_;
};

// Pictures of a stream that are shown in [from, to), in the file's own time, as
// ffmpeg tells it. Streams count as ffmpeg counts them: every 'trak' is one.
struct PictureWindow {
  int stream_index = 0;
  double from_seconds = 0;
  double to_seconds = 0;
};

// The records with the samples that are read when ffmpeg has looked at the
// streams, is sent to at most a second before `from` (or to nowhere, when that is
// where the file begins) and stopped when it has shown all before `to`. `moov` is
// the payload. Walks over all samples of the tracks.
Result<RecordSet> RecordsOfPictures(std::span<const std::byte> moov, RecordedFile file,
                                    const PictureWindow& window);

}  // namespace tritontube::scratch
