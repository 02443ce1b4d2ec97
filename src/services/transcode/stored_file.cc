#include "services/transcode/stored_file.h"

#include <algorithm>
#include <fstream>
#include <string>
#include <utility>

#include "domain/sources/source_parts.h"
#include "services/transcode/first_stored.h"

namespace tritontube::transcode {

namespace {

Result<std::string> ReadPart(const std::filesystem::path& path, ByteCount offset,
                             ByteCount length) {
  std::ifstream file(path, std::ios::binary);
  std::string bytes(length, '\0');
  file.seekg(static_cast<std::streamoff>(offset));
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (file) return bytes;
  return Fail(ErrorCode::kUnavailable, "a file in the scratch space cannot be read");
}

}  // namespace

async::Task<Result<ByteCount>> StoreFile(scratch::ScratchSpace& scratch, blob::BlobStore& store,
                                         std::filesystem::path file, FilePlace place) {
  std::error_code error;
  const ByteCount size = std::filesystem::file_size(file, error);
  if (error) co_return Fail(ErrorCode::kUnavailable, "a file in the scratch space is gone");
  for (ByteCount part = 0; part < sources::PartCount(size); ++part) {
    const ByteCount offset = part * sources::kPartBytes;
    const ByteCount length = std::min(sources::kPartBytes, size - offset);
    TT_CO_ASSIGN_OR_RETURN(std::string bytes, co_await scratch.blocking().Run(
                                                  [&] { return ReadPart(file, offset, length); }));
    const blob::Bytes wanted(std::move(bytes));
    const std::string name = sources::PartFileName(part);
    TT_CO_ASSIGN_OR_RETURN(const blob::Bytes stored,
                           co_await PutFirst(store, {place.video, place.upload, name}, wanted));
    if (blob::DigestOf(stored) == blob::DigestOf(wanted)) continue;
    co_return IsAnotherOne(name);
  }
  co_return size;
}

}  // namespace tritontube::transcode
