#include "domain/archive/record_reader.h"

#include <array>
#include <charconv>
#include <ranges>
#include <vector>

namespace tritontube::archive {

namespace {

using Words = std::vector<std::string_view>;

std::unexpected<Error> Damaged(std::string_view what) {
  return Fail(ErrorCode::kCorrupt, "the backup is damaged: {}", what);
}

Words Split(std::string_view line) {
  Words words;
  for (const auto word : std::views::split(line, ' ')) words.emplace_back(word.begin(), word.end());
  return words;
}

// Only as it is written: without leading zeros.
template <typename Number>
std::optional<Number> NumberOf(std::string_view text) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (fmt::format("{}", number) != text) return std::nullopt;
  return number;
}

std::optional<Record> VideoOf(const Words& words, const blob::Bytes& payload) {
  const auto id = VideoId::Parse(words[0]);
  if (!id) return std::nullopt;
  return Video{*id, payload.Flatten()};
}

std::optional<Record> GoneOf(const Words& words, const blob::Bytes& payload) {
  const auto id = VideoId::Parse(words[0]);
  if (!id) return std::nullopt;
  return Gone{*id, payload.Flatten()};
}

std::optional<Record> UploadOf(const Words& words, const blob::Bytes& payload) {
  const auto video = VideoId::Parse(words[0]);
  const auto upload = UploadId::Parse(words[1]);
  if (!video || !upload || !payload.empty()) return std::nullopt;
  return Upload{*video, *upload};
}

std::optional<Record> BlobOf(const Words& words, const blob::Bytes& payload) {
  if (!blob::IsWellFormedFileName(words[0])) return std::nullopt;
  return Blob{std::string(words[0]), payload};
}

std::optional<Record> StoredOf(const Words& words, const blob::Bytes& payload) {
  const auto blob_count = NumberOf<std::uint64_t>(words[0]);
  const auto byte_count = NumberOf<ByteCount>(words[1]);
  if (!blob_count || !byte_count || !payload.empty()) return std::nullopt;
  return Stored{*blob_count, *byte_count};
}

std::optional<Record> EndOf(const Words& words, const blob::Bytes& payload) {
  const auto revision = NumberOf<std::int64_t>(words[0]);
  const auto video_count = NumberOf<std::uint64_t>(words[1]);
  if (!revision || !video_count || !payload.empty()) return std::nullopt;
  return End{*revision, *video_count};
}

struct Kind {
  std::string_view name;
  std::size_t word_count;  // Between the name and the payload's size.
  std::optional<Record> (*read)(const Words&, const blob::Bytes&);
};

constexpr std::array kKinds = {Kind{"video", 1, VideoOf},   Kind{"gone", 1, GoneOf},
                               Kind{"upload", 2, UploadOf}, Kind{"blob", 1, BlobOf},
                               Kind{"stored", 2, StoredOf}, Kind{"end", 2, EndOf}};

Result<Record> RecordOf(std::string_view text, const blob::Bytes& payload) {
  Words words = Split(text);
  for (const Kind& kind : kKinds) {
    if (words.front() != kind.name || words.size() != kind.word_count + 2) continue;
    words.erase(words.begin());
    std::optional<Record> record = kind.read(words, payload);
    if (!record) break;
    return *std::move(record);
  }
  return Damaged("it has a record of an unknown kind");
}

}  // namespace

void RecordReader::Feed(std::string_view bytes) {
  buffer_.erase(0, std::exchange(at_, 0));
  buffer_.append(bytes);
}

Result<std::optional<std::string_view>> RecordReader::TakeLine() {
  const std::string_view rest = std::string_view(buffer_).substr(at_);
  const std::size_t end = rest.substr(0, kLineBytesMax).find('\n');
  if (end == std::string_view::npos) {
    if (rest.size() >= kLineBytesMax) return Damaged("a record does not begin where it should");
    return std::nullopt;
  }
  at_ += end + 1;
  return rest.substr(0, end);
}

Result<bool> RecordReader::TakeBeginning() {
  TT_ASSIGN_OR_RETURN(const std::optional<std::string_view> line, TakeLine());
  if (!line) return false;
  const std::string_view expected = kBeginning.substr(0, kBeginning.size() - 1);
  const std::string_view name = expected.substr(0, expected.rfind(' ') + 1);
  if (*line == expected) return begun_ = true;
  if (line->starts_with(name)) {
    return Fail(
        ErrorCode::kFailedPrecondition,
        "the backup has format {}: a newer TritonTube wrote it, and only such a one reads it",
        line->substr(name.size()));
  }
  return Damaged("this is not a backup of TritonTube");
}

Result<bool> RecordReader::TakeHead() {
  TT_ASSIGN_OR_RETURN(const std::optional<std::string_view> line, TakeLine());
  if (!line) return false;
  const std::size_t digest_at = line->rfind(' ');
  if (digest_at == std::string_view::npos) return Damaged("a record has no digest");
  const std::string_view words = line->substr(0, digest_at);
  const auto digest = blob::Digest::FromHex(line->substr(digest_at + 1));
  const auto size = NumberOf<ByteCount>(words.substr(words.rfind(' ') + 1));
  if (!digest || !size || *size > kPayloadBytesMax)
    return Damaged("a record has no size or digest");
  head_ = Head{.words = std::string(words), .digest = *digest, .payload_size = *size};
  return true;
}

Result<std::optional<Record>> RecordReader::Next() {
  if (!begun_) {
    TT_ASSIGN_OR_RETURN(const bool taken, TakeBeginning());
    if (!taken) return std::nullopt;
  }
  if (!head_) {
    TT_ASSIGN_OR_RETURN(const bool taken, TakeHead());
    if (!taken) return std::nullopt;
  }
  if (buffer_.size() - at_ < head_->payload_size) return std::nullopt;
  const Head head = *std::exchange(head_, std::nullopt);
  const blob::Bytes payload(buffer_.substr(at_, head.payload_size));
  at_ += head.payload_size;
  if (DigestOfRecord(head.words, payload) != head.digest) {
    return Damaged("a record does not match its digest");
  }
  TT_ASSIGN_OR_RETURN(Record record, RecordOf(head.words, payload));
  return record;
}

}  // namespace tritontube::archive
