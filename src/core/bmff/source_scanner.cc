#include "core/bmff/source_scanner.h"

#include <algorithm>
#include <utility>

namespace tritontube::bmff {

namespace {

// Enough for the small boxes around an mdat, and for most moofs.
constexpr ByteCount kWindowBytes = 16 << 10U;
// Before the moov stand a handful of boxes, around each fragment two or three.
constexpr std::size_t kBoxesBeforeMoovMax = 1000;
constexpr std::size_t kBoxesMax = 5 * kFragmentsMax;

constexpr FourCc kMoov = MakeFourCc("moov");
constexpr FourCc kMoof = MakeFourCc("moof");

}  // namespace

std::optional<ByteRange> SourceScanner::wanted() const {
  if (done_) return std::nullopt;
  const ByteCount wished = whole_ ? whole_->size : kWindowBytes;
  return ByteRange{.offset = position_, .length = std::min(wished, file_size_ - position_)};
}

Result<void> SourceScanner::Feed(std::span<const std::byte> bytes) {
  TT_ASSERT(wanted() && wanted()->length == bytes.size(), "not the bytes that were wanted");
  Result<void> fed;
  if (whole_) {
    const Header header = *std::exchange(whole_, std::nullopt);
    fed = Visit(header, bytes);
  } else {
    fed = FeedHeaders(bytes);
  }
  if (fed && !done_ && !whole_ && position_ == file_size_) fed = Finish();
  if (!fed) done_ = true;
  return fed;
}

// Visits box after box, as far as the window reaches.
Result<void> SourceScanner::FeedHeaders(std::span<const std::byte> window) {
  const ByteCount begin = position_;
  while (!done_ && position_ < begin + window.size()) {
    const auto rest = window.subspan(position_ - begin);
    TT_ASSIGN_OR_RETURN(const std::optional<Header> header, ReadHeader(rest));
    if (!header) break;
    const bool kept = header->type == kMoov || header->type == kMoof;
    if (kept && header->size > rest.size()) {
      TT_RETURN_IF_ERROR(CheckLimits(*header));
      whole_ = header;
      break;
    }
    TT_RETURN_IF_ERROR(Visit(*header, rest.first(std::min<ByteCount>(header->size, rest.size()))));
  }
  return {};
}

// Nothing when the window ends within the header.
Result<std::optional<SourceScanner::Header>> SourceScanner::ReadHeader(
    std::span<const std::byte> bytes) const {
  const ByteCount left = file_size_ - position_;
  ByteReader reader(bytes);
  ByteCount size = reader.U32();
  Header header{.type = reader.U32(), .header_size = kShortHeader};
  if (reader.ok() && size == 1) {
    size = reader.U64();
    header.header_size = kLongHeader;
  }
  if (!reader.ok()) {
    if (bytes.size() < left) return std::nullopt;
    return Fail(ErrorCode::kInvalidArgument, "the file ends within a box header");
  }
  // Only at the top of a file may a box reach to its end by saying 0 (4.2).
  header.size = size == 0 ? left : size;
  if (header.size < header.header_size || header.size > left) {
    return Fail(ErrorCode::kInvalidArgument, "box '{}' claims {} bytes of a file that has {} more",
                ToString(header.type), header.size, left);
  }
  return header;
}

Result<void> SourceScanner::Visit(const Header& header, std::span<const std::byte> bytes) {
  if (++boxes_visited_ > (has_moov_ ? kBoxesMax : kBoxesBeforeMoovMax)) {
    return Fail(ErrorCode::kInvalidArgument, "the file has too many boxes");
  }
  position_ += header.size;
  if (header.type != kMoov && header.type != kMoof) return {};
  TT_RETURN_IF_ERROR(CheckLimits(header));
  return Keep(header, bytes.subspan(header.header_size));
}

Result<void> SourceScanner::CheckLimits(const Header& header) const {
  const ByteCount room =
      header.type == kMoov ? kMoovBytesMax : kFragmentBytesMax - boxes_.moof_bytes.size();
  if (header.size <= room && boxes_.moofs.size() < kFragmentsMax) return {};
  return Fail(ErrorCode::kInvalidArgument, "the file's '{}' boxes are larger than we take",
              ToString(header.type));
}

Result<void> SourceScanner::Keep(const Header& header, std::span<const std::byte> payload) {
  if (header.type == kMoof) {
    if (!has_moov_) return Fail(ErrorCode::kInvalidArgument, "a 'moof' box before the 'moov'");
    boxes_.moofs.push_back({.offset = position_ - header.size,
                            .begin = boxes_.moof_bytes.size(),
                            .size = payload.size()});
    boxes_.moof_bytes += AsText(payload);
    return {};
  }
  if (has_moov_) return Fail(ErrorCode::kInvalidArgument, "two 'moov' boxes");
  TT_ASSIGN_OR_RETURN(const std::optional<Box> mvex, FindOptional(payload, MakeFourCc("mvex")));
  boxes_.moov = AsText(payload);
  has_moov_ = true;
  fragmented_ = mvex.has_value();
  done_ = !fragmented_;
  return {};
}

Result<void> SourceScanner::Finish() {
  if (!has_moov_) return Fail(ErrorCode::kInvalidArgument, "no 'moov' box");
  done_ = true;
  return {};
}

SourceBoxes SourceScanner::Take() && {
  TT_ASSERT(done_ && has_moov_, "nothing was found");
  return std::move(boxes_);
}

}  // namespace tritontube::bmff
