#include "adapters/ffmpeg/segment_cutter.h"

#include "core/bmff/box.h"

namespace tritontube::ffmpeg {

namespace {

using bmff::MakeFourCc;

// Far beyond four seconds at any rate that a plan asks for.
constexpr ByteCount kBoxBytesMax = ByteCount{128} << 20U;

std::unexpected<Error> OutOfOrder(bmff::FourCc type) {
  return Fail(ErrorCode::kInternal, "ffmpeg wrote its output out of order, at box '{}'",
              bmff::ToString(type));
}

blob::Bytes Joined(blob::Bytes head, blob::Bytes tail) {
  head.Append(std::move(tail));
  return head;
}

}  // namespace

SegmentCutter::SegmentCutter() : splitter_(kBoxBytesMax) {}

Result<std::vector<SegmentCutter::Piece>> SegmentCutter::Push(const blob::Bytes& bytes) {
  std::vector<Piece> pieces;
  for (const std::span<const std::byte> span : bytes.spans()) {
    auto boxes = splitter_.Push(span);
    if (!boxes) {
      return Fail(ErrorCode::kInternal, "ffmpeg's output: {}", boxes.error().message());
    }
    for (bmff::TopLevelBox& box : *boxes) {
      TT_ASSIGN_OR_RETURN(std::optional<Piece> piece, Take(std::move(box)));
      if (piece) pieces.push_back(*std::move(piece));
    }
  }
  return pieces;
}

Result<std::optional<SegmentCutter::Piece>> SegmentCutter::Take(bmff::TopLevelBox box) {
  switch (box.type) {
    case MakeFourCc("ftyp"):
      waiting_ftyp_ = std::move(box.bytes);
      return std::nullopt;
    case MakeFourCc("moov"):
      if (!waiting_ftyp_ || has_init_) return OutOfOrder(box.type);
      has_init_ = true;
      return Piece{.is_init = true, .bytes = Joined(*waiting_ftyp_, std::move(box.bytes))};
    case MakeFourCc("moof"):
      if (!has_init_ || waiting_moof_) return OutOfOrder(box.type);
      waiting_moof_ = std::move(box.bytes);
      return std::nullopt;
    case MakeFourCc("mdat"): {
      if (!waiting_moof_) return OutOfOrder(box.type);
      blob::Bytes moof = *std::exchange(waiting_moof_, std::nullopt);
      ++segment_count_;
      return Piece{.is_init = false, .bytes = Joined(std::move(moof), std::move(box.bytes))};
    }
    default:
      return std::nullopt;
  }
}

Result<void> SegmentCutter::Finish() const {
  const Result<void> finished = splitter_.Finish();
  if (!finished || waiting_moof_) {
    return Fail(ErrorCode::kInternal, "ffmpeg's output ended within a segment");
  }
  return {};
}

}  // namespace tritontube::ffmpeg
