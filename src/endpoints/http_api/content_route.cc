#include "endpoints/http_api/routes.h"
#include "transport/http/attachment.h"
#include "transport/http/range.h"

namespace tritontube::http_api {

namespace {

constexpr std::string_view kImmutable = "public, max-age=31536000, immutable";
// Of the whole original, whatever range is asked for: who saves it can check it.
constexpr std::string_view kDigestHeader = "TritonTube-Digest";

http::Headers HeadersOf(const delivery::Content& content) {
  return {{"Content-Type", std::string(content.content_type)},
          {"Cache-Control", std::string(content.immutable ? kImmutable : "no-cache")}};
}

// One connection holds so much of an original at a time.
constexpr ByteCount kOriginalPieceBytes = ByteCount{1} << 20U;

// A stretch of an original, read while it is sent.
class OriginalBody final : public http::BodySource {
 public:
  OriginalBody(delivery::Delivery& delivery, sources::SourceKey key, http::ByteSlice slice)
      : delivery_(delivery), key_(std::move(key)), left_(slice), length_(slice.length) {}

  async::Task<Result<std::optional<blob::Bytes>>> Next() override {
    if (left_.length == 0) co_return std::nullopt;
    const ByteCount size = std::min(left_.length, kOriginalPieceBytes);
    TT_CO_ASSIGN_OR_RETURN(blob::Bytes piece, co_await delivery_.ReadOriginal(
                                                  key_, {left_.offset, size}, RequestDeadline()));
    left_ = {.offset = left_.offset + size, .length = left_.length - size};
    co_return piece;
  }
  std::optional<ByteCount> length() const override { return length_; }

 private:
  delivery::Delivery& delivery_;
  const sources::SourceKey key_;
  http::ByteSlice left_;
  const ByteCount length_;
};

async::Task<Result<http::Body>> BodyOf(delivery::Delivery& delivery, sources::SourceKey key,
                                       http::ByteSlice slice) {
  co_return std::make_unique<OriginalBody>(delivery, std::move(key), slice);
}

http::SliceBody OriginalSlices(delivery::Delivery& delivery, sources::SourceKey key) {
  return [&delivery, key = std::move(key)](http::ByteSlice slice) {
    return BodyOf(delivery, key, slice);
  };
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

// A stretch of a segment of the original, read while it is sent.
class SegmentBody final : public http::BodySource {
 public:
  SegmentBody(delivery::Delivery& delivery, std::shared_ptr<const delivery::SourceSegment> segment,
              http::ByteSlice slice)
      : delivery_(delivery), segment_(std::move(segment)), left_(slice), length_(slice.length) {}

  async::Task<Result<std::optional<blob::Bytes>>> Next() override {
    if (left_.length == 0) co_return std::nullopt;
    const ByteCount size = std::min(left_.length, kOriginalPieceBytes);
    TT_CO_ASSIGN_OR_RETURN(
        blob::Bytes piece,
        co_await delivery_.ReadSegment(segment_, {left_.offset, size}, RequestDeadline()));
    left_ = {.offset = left_.offset + size, .length = left_.length - size};
    co_return piece;
  }
  std::optional<ByteCount> length() const override { return length_; }

 private:
  delivery::Delivery& delivery_;
  const std::shared_ptr<const delivery::SourceSegment> segment_;
  http::ByteSlice left_;
  const ByteCount length_;
};

async::Task<Result<http::Body>> BodyOf(delivery::Delivery& delivery,
                                       std::shared_ptr<const delivery::SourceSegment> segment,
                                       http::ByteSlice slice) {
  if (!segment->is_small()) {
    co_return std::make_unique<SegmentBody>(delivery, std::move(segment), slice);
  }
  co_return co_await delivery.ReadSegment(std::move(segment), {slice.offset, slice.length},
                                          RequestDeadline());
}

http::SliceBody SlicesOfContent(delivery::Delivery& delivery, const delivery::Content& content) {
  if (!content.segment) return SlicesOf(content.bytes);
  return [&delivery, segment = content.segment](http::ByteSlice slice) {
    return BodyOf(delivery, segment, slice);
  };
}

async::Task<Result<http::Response>> GetContent(delivery::Delivery& delivery,
                                               http::Request& request) {
  TT_CO_ASSIGN_OR_RETURN(VideoId id, VideoIdOf(request));
  if (request.parameters.Get("file").starts_with(delivery::kOriginalPrefix)) {
    co_return co_await GetOriginal(delivery, request, std::move(id));
  }
  TT_CO_ASSIGN_OR_RETURN(
      const delivery::Content content,
      co_await delivery.Open(std::move(id), request.parameters.Get("file"), RequestDeadline()));
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
