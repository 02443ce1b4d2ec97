#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/assert.h"
#include "domain/archive/record_reader.h"

// Records are the same however their bytes are cut, and survive being written
// again. The digests keep a fuzzer out, so lines get a right one here.
namespace {

using namespace tritontube;

std::string WithDigest(std::string_view words) {
  const std::string digest = archive::DigestOfRecord(words, blob::Bytes()).ToHex();
  return fmt::format("{} {}\n", words, digest);
}

std::string ReadAndWrite(std::string_view text, std::size_t piece_bytes) {
  archive::RecordReader reader;
  std::string written;
  for (std::size_t at = 0; at < text.size(); at += piece_bytes) {
    reader.Feed(text.substr(at, piece_bytes));
    for (;;) {
      const auto record = reader.Next();
      if (!record) return written;
      if (!*record) break;
      written += archive::Write(**record).Flatten();
    }
  }
  return written;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  ReadAndWrite(input, size + 1);
  std::string text(archive::kBeginning);
  text += WithDigest(input.substr(0, input.find('\n')));
  text += input;
  const std::string whole = ReadAndWrite(text, text.size());
  TT_ASSERT(whole == ReadAndWrite(text, 3), "another cut, other records");
  TT_ASSERT(whole.empty() || text.find(whole) == archive::kBeginning.size(),
            "a record did not survive being written");
  return 0;
}
