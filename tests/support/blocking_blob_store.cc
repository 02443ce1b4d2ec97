#include "support/blocking_blob_store.h"

#include <cstring>

namespace tritontube::support {

// SplitMix64 (Steele, Lea, Flood 2014): fast enough to fill megabytes in a debug build.
std::string Noise(ByteCount size, std::uint64_t seed) {
  std::string bytes(size + sizeof(std::uint64_t), '\0');
  // Not a multiple of the step below: else one seed's noise would be another's,
  // some words later.
  std::uint64_t state = seed * 0xD1342543DE82EF95U;
  for (ByteCount at = 0; at < size; at += sizeof(std::uint64_t)) {
    state += 0x9E3779B97F4A7C15U;
    std::uint64_t word = state;
    word = (word ^ (word >> 30U)) * 0xBF58476D1CE4E5B9U;
    word = (word ^ (word >> 27U)) * 0x94D049BB133111EBU;
    word ^= word >> 31U;
    std::memcpy(bytes.data() + at, &word, sizeof(word));
  }
  bytes.resize(size);
  return bytes;
}

blob::BlobKey TestKey(std::string file, int video, int upload) {
  return {.video = *VideoId::Parse(fmt::format("video-{:05}", video)),
          .upload = *UploadId::Parse(fmt::format("uplod-{:05}", upload)),
          .file = std::move(file)};
}

}  // namespace tritontube::support
