#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "core/bmff/box.h"

namespace tritontube::bmff {

// Bytes of a file, [offset, offset + length).
struct ByteRange {
  ByteCount offset = 0;
  ByteCount length = 0;

  ByteCount end() const { return offset + length; }
  bool operator==(const ByteRange&) const = default;
};

// What is taken of a file's description; anything larger is refused.
inline constexpr ByteCount kMoovBytesMax = ByteCount{64} << 20U;
inline constexpr ByteCount kFragmentBytesMax = ByteCount{32} << 20U;  // All moofs together.
inline constexpr std::size_t kFragmentsMax = 200'000;

// The boxes of a file that say where its samples are.
struct SourceBoxes {
  struct Moof {
    ByteCount offset = 0;   // In the file: sample data is found relative to it.
    std::size_t begin = 0;  // Of its payload, in `moof_bytes`.
    std::size_t size = 0;
  };

  std::string moov;  // The payload.
  std::string moof_bytes;
  std::vector<Moof> moofs;  // Only of a file whose moov has an 'mvex'.

  std::span<const std::byte> moof_payload(const Moof& moof) const {
    return AsBytes(moof_bytes).subspan(moof.begin, moof.size);
  }
};

// Finds the moov of a file, and its moofs when it is fragmented, by asking for
// byte ranges instead of reading: the caller reads from wherever the bytes are,
// or waits until they have arrived. A file that is not fragmented takes about
// three reads, one header window for each end of a large box and the moov.
//
// It is done, and samples can be planned, as soon as wanted() is empty: for a
// file that begins with its moov that is long before its last byte is there.
class SourceScanner {
 public:
  explicit SourceScanner(ByteCount file_size) : file_size_(file_size) {}

  // What to hand to Feed next; it lies inside the file. Nothing when all is
  // found, or after an error.
  std::optional<ByteRange> wanted() const;

  // Requires: `bytes` are those of wanted(). Errors: kInvalidArgument when they
  // are not the boxes of a file with a moov, or too many or too large ones.
  Result<void> Feed(std::span<const std::byte> bytes);

  // Requires: wanted() is empty and nothing failed.
  SourceBoxes Take() &&;

 private:
  // A box at the top of the file whose header was read.
  struct Header {
    FourCc type = 0;
    ByteCount header_size = 0;
    ByteCount size = 0;
  };

  Result<void> FeedHeaders(std::span<const std::byte> window);
  Result<std::optional<Header>> ReadHeader(std::span<const std::byte> bytes) const;
  Result<void> Visit(const Header& header, std::span<const std::byte> bytes);
  Result<void> Keep(const Header& header, std::span<const std::byte> payload);
  Result<void> CheckLimits(const Header& header) const;
  Result<void> Finish();

  const ByteCount file_size_;
  ByteCount position_ = 0;       // Where the next box begins.
  std::optional<Header> whole_;  // The box at position_ that is wanted as a whole.
  std::size_t boxes_visited_ = 0;
  bool has_moov_ = false;
  bool fragmented_ = false;
  bool done_ = false;
  SourceBoxes boxes_;
};

}  // namespace tritontube::bmff
