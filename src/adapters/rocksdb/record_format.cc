#include "adapters/rocksdb/record_format.h"

#include <isa-l/crc.h>

#include <array>
#include <bit>
#include <cstring>

#include "base/ids.h"

namespace tritontube::rocksdb {

namespace {

static_assert(std::endian::native == std::endian::little, "values are stored little-endian");

constexpr std::size_t kNamesLength = 2 * std::size_t{kIdLength};
constexpr char kEndOfName = '\0';
constexpr char kHeadVersion = 1;
// Version, size, digest, record size, checksum.
constexpr std::size_t kHeadLength = 1 + 8 + 16 + 8 + kChecksumBytes;

class Crc32c {
 public:
  void Add(std::span<const std::byte> bytes) {
    // The library takes a length of type int and does not write.
    constexpr std::size_t kPieceMax = std::size_t{1} << 30U;
    while (!bytes.empty()) {
      const auto piece = bytes.first(std::min(bytes.size(), kPieceMax));
      auto* const begin =
          const_cast<unsigned char*>(reinterpret_cast<const unsigned char*>(piece.data()));
      state_ = crc32_iscsi(begin, static_cast<int>(piece.size()), state_);
      bytes = bytes.subspan(piece.size());
    }
  }
  std::uint32_t value() const { return ~state_; }

 private:
  std::uint32_t state_ = ~std::uint32_t{0};
};

template <typename T>
void AppendNumber(std::string& text, T number) {
  text.append(reinterpret_cast<const char*>(&number), sizeof(number));
}

template <typename T>
T TakeNumber(std::string_view& text) {
  T number{};
  std::memcpy(&number, text.data(), sizeof(number));
  text.remove_prefix(sizeof(number));
  return number;
}

std::uint32_t ChecksumOf(std::string_view key, std::span<const std::byte> bytes) {
  Crc32c checksum;
  checksum.Add(AsBytes(key));
  checksum.Add(bytes);
  return checksum.value();
}

}  // namespace

std::string HeadKey(const blob::BlobKey& key) {
  return fmt::format("{}{}{}{}", key.video.text(), key.upload.text(), key.file, kEndOfName);
}

std::string RecordKey(std::string_view head_key, std::uint32_t number) {
  std::string key(head_key);
  for (const unsigned shift : {24U, 16U, 8U, 0U}) {
    key += static_cast<char>(static_cast<unsigned char>(number >> shift));
  }
  return key;
}

std::string KeyBehind(const blob::BlobKey& key) {
  std::string behind = HeadKey(key);
  behind.back() = kEndOfName + 1;
  return behind;
}

std::optional<blob::BlobKey> ParseHeadKey(std::string_view key) {
  if (key.size() < kNamesLength + 2 || key.find(kEndOfName) != key.size() - 1) return std::nullopt;
  const auto video = VideoId::Parse(key.substr(0, kIdLength));
  const auto upload = UploadId::Parse(key.substr(kIdLength, kIdLength));
  const std::string_view file = key.substr(kNamesLength, key.size() - kNamesLength - 1);
  if (!video || !upload || !blob::IsWellFormedFileName(file)) return std::nullopt;
  return blob::BlobKey{.video = *video, .upload = *upload, .file = std::string(file)};
}

KeyRange KeysOf(const VideoId& video, const UploadId& upload) {
  const std::string prefix = video.text() + upload.text();
  return {.begin = prefix, .end = prefix + '\x7f'};
}

std::string EncodeHead(std::string_view head_key, const Head& head) {
  std::string value(1, kHeadVersion);
  AppendNumber(value, std::uint64_t{head.size});
  AppendNumber(value, head.digest.high);
  AppendNumber(value, head.digest.low);
  AppendNumber(value, std::uint64_t{head.record_bytes});
  AppendNumber(value, ChecksumOf(head_key, AsBytes(value)));
  return value;
}

std::optional<Head> DecodeHead(std::string_view head_key, std::string_view value) {
  if (value.size() != kHeadLength || value.front() != kHeadVersion) return std::nullopt;
  const std::string_view covered = value.substr(0, kHeadLength - kChecksumBytes);
  std::string_view rest = value.substr(1);
  Head head;
  head.size = TakeNumber<std::uint64_t>(rest);
  head.digest.high = TakeNumber<std::uint64_t>(rest);
  head.digest.low = TakeNumber<std::uint64_t>(rest);
  head.record_bytes = TakeNumber<std::uint64_t>(rest);
  const bool matches = TakeNumber<std::uint32_t>(rest) == ChecksumOf(head_key, AsBytes(covered));
  if (!matches || head.record_bytes == 0) return std::nullopt;
  return head;
}

std::string RecordChecksum(std::string_view record_key,
                           const std::vector<std::span<const std::byte>>& bytes) {
  Crc32c checksum;
  checksum.Add(AsBytes(record_key));
  for (const std::span<const std::byte> span : bytes) checksum.Add(span);
  std::string text;
  AppendNumber(text, checksum.value());
  return text;
}

std::optional<std::span<const std::byte>> VerifyRecord(std::string_view record_key,
                                                       std::string_view value) {
  if (value.size() <= kChecksumBytes) return std::nullopt;
  const auto stored = TakeNumber<std::uint32_t>(value);
  if (stored != ChecksumOf(record_key, AsBytes(value))) return std::nullopt;
  return AsBytes(value);
}

}  // namespace tritontube::rocksdb
