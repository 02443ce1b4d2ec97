#include "endpoints/http_api/routes.h"
#include "transport/http/attachment.h"
#include "transport/http/range.h"

namespace tritontube::http_api {

namespace {

constexpr std::string_view kImmutable = "public, max-age=31536000, immutable";
// Of the whole original, whatever range is asked for: who saves it can check it.
constexpr std::string_view kDigestHeader = "TritonTube-Digest";

http::Headers HeadersOf(const delivery::Content& content) {
  http::Headers headers = {
      {"Content-Type", std::string(content.content_type)},
      {"Cache-Control", std::string(content.immutable ? kImmutable : "no-cache")}};
  if (!content.save_as.empty()) {
    headers.Add("Content-Disposition", http::Attachment(content.save_as));
  }
  return headers;
}

// One connection holds so much of what is read while it is sent.
constexpr ByteCount kPieceBytes = ByteCount{1} << 20U;

using ReadPiece = std::function<async::Task<Result<blob::Bytes>>(blob::ByteRange)>;

// A stretch of something large, read while it is sent.
class PiecewiseBody final : public http::BodySource {
 public:
  PiecewiseBody(ReadPiece read, http::ByteSlice slice)
      : read_(std::move(read)), left_(slice), length_(slice.length) {}

  async::Task<Result<std::optional<blob::Bytes>>> Next() override {
    if (left_.length == 0) co_return std::nullopt;
    const ByteCount size = std::min(left_.length, kPieceBytes);
    TT_CO_ASSIGN_OR_RETURN(blob::Bytes piece, co_await read_({left_.offset, size}));
    left_ = {.offset = left_.offset + size, .length = left_.length - size};
    co_return piece;
  }
  std::optional<ByteCount> length() const override { return length_; }

 private:
  const ReadPiece read_;
  http::ByteSlice left_;
  const ByteCount length_;
};

async::Task<Result<http::Body>> BodyOf(ReadPiece read, http::ByteSlice slice) {
  co_return std::make_unique<PiecewiseBody>(std::move(read), slice);
}

http::SliceBody PiecewiseSlices(ReadPiece read) {
  return [read = std::move(read)](http::ByteSlice slice) { return BodyOf(read, slice); };
}

http::SliceBody OriginalSlices(delivery::Delivery& delivery, sources::SourceKey key) {
  return PiecewiseSlices([&delivery, key = std::move(key)](blob::ByteRange range) {
    return delivery.ReadOriginal(key, range, RequestDeadline());
  });
}

async::Task<Result<http::Response>> GetOriginal(delivery::Delivery& delivery,
                                                http::Request& request, VideoId id) {
  TT_CO_ASSIGN_OR_RETURN(const delivery::Original original,
                         co_await delivery.FindOriginal(
                             std::move(id), request.parameters.Get("file"), RequestDeadline()));
  http::Representation representation{
      .size = original.key.size,
      .etag = "\"" + original.key.upload.text() + "\"",
      .headers = {{"Content-Type", std::string(original.content_type)},
                  {"Content-Disposition", http::Attachment(original.file_name)},
                  {"Cache-Control", std::string(kImmutable)}}};
  if (original.digest) {
    representation.headers.Add(kDigestHeader, "xxh3-128=" + original.digest->ToHex());
  }
  co_return co_await http::RangeResponse(request, std::move(representation),
                                         OriginalSlices(delivery, original.key));
}

// Small ones are read at once, and kept for the next who asks.
async::Task<Result<http::Body>> SegmentBody(delivery::Delivery& delivery,
                                            std::shared_ptr<const delivery::SourceSegment> segment,
                                            http::ByteSlice slice) {
  co_return co_await delivery.ReadSegment(std::move(segment), {slice.offset, slice.length},
                                          RequestDeadline());
}

http::SliceBody SlicesOfContent(delivery::Delivery& delivery, const delivery::Content& content) {
  if (content.download) {
    return PiecewiseSlices([&delivery, download = *content.download](blob::ByteRange range) {
      return delivery.ReadDownload(download, range, RequestDeadline());
    });
  }
  if (!content.segment) return SlicesOf(content.bytes);
  if (!content.segment->is_small()) {
    return PiecewiseSlices([&delivery, segment = content.segment](blob::ByteRange range) {
      return delivery.ReadSegment(segment, range, RequestDeadline());
    });
  }
  return [&delivery, segment = content.segment](http::ByteSlice slice) {
    return SegmentBody(delivery, segment, slice);
  };
}

// The tables of a download of many hours cost some ten thousand reads.
Deadline DeadlineFor(std::string_view file) {
  constexpr std::chrono::seconds kDownloadTimeout{60};
  return delivery::IsDownloadName(file) ? Deadline::After(kDownloadTimeout) : RequestDeadline();
}

async::Task<Result<http::Response>> GetContent(delivery::Delivery& delivery,
                                               http::Request& request) {
  TT_CO_ASSIGN_OR_RETURN(VideoId id, VideoIdOf(request));
  if (request.parameters.Get("file").starts_with(delivery::kOriginalPrefix)) {
    co_return co_await GetOriginal(delivery, request, std::move(id));
  }
  std::string file = request.parameters.Get("file");
  const Deadline deadline = DeadlineFor(file);
  TT_CO_ASSIGN_OR_RETURN(const delivery::Content content,
                         co_await delivery.Open(std::move(id), std::move(file), deadline));
  http::Representation representation{
      .size = content.size(), .etag = content.etag, .headers = HeadersOf(content)};
  co_return co_await http::RangeResponse(request, std::move(representation),
                                         SlicesOfContent(delivery, content));
}

}  // namespace

void AddContentRoute(http::Router& router, const Services& services) {
  router.Add(http::Method::kGet, "/content/{id}/{file}",
             [&delivery = services.delivery](http::Request& request) {
               return GetContent(delivery, request);
             },
             {.cors = http::Cors::kAny});
}

}  // namespace tritontube::http_api
