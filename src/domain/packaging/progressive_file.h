#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/blob/blob_store.h"
#include "core/bmff/fragment.h"
#include "core/bmff/init_segment.h"
#include "core/bmff/sample_table_writer.h"
#include "core/media/presentation.h"
#include "domain/packaging/init_writer.h"

namespace tritontube::packaging {

// Over all tracks of a file: 12 hours of 120 pictures per second, with sound.
inline constexpr std::uint32_t kProgressiveSamplesMax = 8'000'000;

// An MP4 that is not fragmented and can be played while it comes, put together
// of the segments of one or two renditions: ftyp, moov and the mdat's header,
// which we write, and behind them the data of every segment as it is stored.
//
// Immutable. Knows of the segments only where their data is.
class ProgressiveFile {
 public:
  // A stretch of the data: bytes of a segment (which counts from 1) of the
  // rendition at that place.
  struct Piece {
    std::size_t rendition = 0;
    std::size_t segment = 0;
    blob::ByteRange range;  // In the segment.

    bool operator==(const Piece&) const = default;
  };

  const blob::Bytes& header() const { return header_; }
  ByteCount size() const { return header_.size() + data_size_; }
  // What the bytes [offset, offset + length) behind the header are. Requires:
  // they exist.
  std::vector<Piece> Pieces(blob::ByteRange range) const;
  // What it keeps in memory, about.
  ByteCount memory_bytes() const;

 private:
  friend class ProgressiveFileBuilder;
  struct Chunk {
    ByteCount begin = 0;            // Behind the header.
    std::uint32_t data_offset = 0;  // In the segment.
    std::uint32_t segment = 0;
    std::uint8_t rendition = 0;
  };

  blob::Bytes header_;
  ByteCount data_size_ = 0;
  std::vector<Chunk> chunks_;
};

// Makes a ProgressiveFile of what stands before the data of each segment. The
// chunks of the tracks take turns: a segment of pictures, then the sound that
// begins before the next one. Everything is compared with what the presentation
// says, because stored bytes may be damaged.
//
// Not synchronized.
class ProgressiveFileBuilder {
 public:
  struct Input {
    const media::Rendition* rendition = nullptr;  // Outlives the builder.
    std::string init;                             // Its initialisation segment.
  };
  // The tracks in the order of the file, pictures first. Errors of every method:
  // kInvalidArgument when something is not as the presentation says, or there are
  // too many samples.
  static Result<ProgressiveFileBuilder> Make(const std::vector<Input>& inputs);

  struct Segment {
    std::uint8_t rendition = 0;  // Its place.
    std::uint32_t number = 0;    // From 1.
    ByteCount size = 0;
  };
  // In the order in which their data stands in the file, and in which they are added.
  const std::vector<Segment>& segments() const { return segments_; }

  // `beginning` is that of the next segment, of at least bmff::HeadSize() bytes.
  // Requires: not all were added.
  Result<void> Add(std::span<const std::byte> beginning);
  // Requires: all were added.
  Result<ProgressiveFile> Finish() &&;

 private:
  struct Track {
    const media::Rendition* rendition = nullptr;
    bmff::Track header;
    InitDescription description;
    bmff::SampleTableWriter table;
  };

  ProgressiveFileBuilder() = default;
  static Result<Track> ReadTrack(const Input& input);
  void PutInOrder();
  Result<void> Check(const Track& track, const bmff::FragmentHead& head,
                     const media::Segment& segment) const;
  std::string WriteHeader(std::uint32_t movie_timescale, ByteCount data_begin, bool wide) const;

  std::vector<Track> tracks_;
  std::vector<Segment> segments_;
  ProgressiveFile file_;
};

}  // namespace tritontube::packaging
