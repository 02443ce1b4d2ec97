#include "domain/archive/record.h"

#include <fmt/format.h>

namespace tritontube::archive {

namespace {

struct Parts {
  std::string words;
  blob::Bytes payload = {};
};

Parts PartsOf(const Video& video) {
  return {fmt::format("video {}", video.id.text()), blob::Bytes(video.row)};
}
Parts PartsOf(const Gone& gone) {
  return {fmt::format("gone {}", gone.id.text()), blob::Bytes(gone.problem)};
}
Parts PartsOf(const Upload& upload) {
  return {fmt::format("upload {} {}", upload.video.text(), upload.upload.text())};
}
Parts PartsOf(const Blob& blob) { return {fmt::format("blob {}", blob.file), blob.bytes}; }
Parts PartsOf(const Stored& stored) {
  return {fmt::format("stored {} {}", stored.blob_count, stored.byte_count)};
}
Parts PartsOf(const End& end) { return {fmt::format("end {} {}", end.revision, end.video_count)}; }

}  // namespace

blob::Digest DigestOfRecord(std::string_view words, const blob::Bytes& payload) {
  blob::Bytes covered{std::string(words)};
  covered.Append(payload);
  return blob::DigestOf(covered);
}

blob::Bytes Write(const Record& record) {
  Parts parts = std::visit([](const auto& kind) { return PartsOf(kind); }, record);
  const std::string words = fmt::format("{} {}", parts.words, parts.payload.size());
  const blob::Digest digest = DigestOfRecord(words, parts.payload);
  blob::Bytes bytes(fmt::format("{} {}\n", words, digest.ToHex()));
  bytes.Append(std::move(parts.payload));
  return bytes;
}

}  // namespace tritontube::archive
