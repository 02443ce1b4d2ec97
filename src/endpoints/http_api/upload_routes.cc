#include <fmt/format.h>

#include "endpoints/http_api/incoming_body.h"
#include "endpoints/http_api/routes.h"
#include "transport/http/problem.h"
#include "transport/http/upload_headers.h"

// Uploads in parts: created as tus 1.0 has it, the bytes sent by PUT with
// Content-Range in any order.
namespace tritontube::http_api {

namespace {

constexpr std::string_view kTusVersion = "1.0.0";

// A client that says what version it speaks must speak ours; others need not
// know that there are versions.
bool SpeaksOurTus(const http::Request& request) {
  return request.headers.Get("Tus-Resumable").value_or(kTusVersion) == kTusVersion;
}

http::Response OtherTus() {
  http::Response response = http::ProblemResponse(412, "This server speaks tus 1.0.0.");
  response.headers.Set("Tus-Version", kTusVersion);
  return response;
}

http::Response UploadResponse(int status, const upload::UploadState& upload) {
  std::vector<http::ByteSlice> slices;
  slices.reserve(upload.stored.size());
  for (const blob::ByteRange& range : upload.stored) {
    slices.push_back({.offset = range.offset, .length = range.length});
  }
  http::Response response = http::EmptyResponse(status);
  response.headers.Set("Tus-Resumable", kTusVersion);
  response.headers.Set("TritonTube-Video", upload.video.text());
  response.headers.Set("Upload-Ranges", http::FormatByteSlices(slices));
  response.headers.Set("Cache-Control", "no-store");
  return response;
}

Result<upload::NewUpload> NewUploadOf(const http::Request& request) {
  upload::NewUpload upload{.request_id = request.id, .remote_address = request.remote_address};
  const auto length = request.headers.Get("Upload-Length");
  if (!length) {
    return Fail(ErrorCode::kInvalidArgument,
                "say how large the file is: Upload-Length: 1234; lengths that come later are not "
                "taken");
  }
  TT_ASSIGN_OR_RETURN(upload.size, http::ParseByteCount(*length));
  TT_ASSIGN_OR_RETURN(
      const http::UploadMetadata metadata,
      http::ParseUploadMetadata(request.headers.Get("Upload-Metadata").value_or("")));
  for (const auto& [key, value] : metadata) {
    if (key == "filename") upload.file_name = value;
    if (key == "title") upload.title = value;
  }
  return upload;
}

async::Task<Result<http::Response>> PostUpload(Services services, http::Request& request) {
  if (!SpeaksOurTus(request)) co_return OtherTus();
  TT_CO_ASSIGN_OR_RETURN(upload::NewUpload upload, NewUploadOf(request));
  TT_CO_ASSIGN_OR_RETURN(const auto created, co_await services.resumable.Create(std::move(upload)));
  if (const auto* const refused = std::get_if<upload::Refused>(&created)) {
    co_return RefusalResponse(*refused);
  }
  const auto& state = std::get<upload::UploadState>(created);
  http::Response response = UploadResponse(201, state);
  response.headers.Set("Location", "/api/v1/uploads/" + state.video.text());
  co_return response;
}

http::Response FailedResponse(int status, const upload::UploadState& upload) {
  http::Response response = http::ProblemResponse(status, upload.failure);
  response.headers.Set("TritonTube-Video", upload.video.text());
  response.headers.Set("Cache-Control", "no-store");
  return response;
}

// Also answers HEAD.
async::Task<Result<http::Response>> GetUpload(Services services, http::Request& request) {
  if (!SpeaksOurTus(request)) co_return OtherTus();
  TT_CO_ASSIGN_OR_RETURN(VideoId id, VideoIdOf(request));
  TT_CO_ASSIGN_OR_RETURN(const upload::UploadState upload,
                         co_await services.resumable.Find(std::move(id)));
  if (upload.phase == upload::UploadState::Phase::kFailed) co_return FailedResponse(410, upload);
  http::Response response = UploadResponse(204, upload);
  response.headers.Set("Upload-Offset", std::to_string(upload.offset()));
  response.headers.Set("Upload-Length", std::to_string(upload.size));
  co_return response;
}

async::Task<Result<http::Response>> PutRange(Services services, http::Request& request) {
  TT_CO_ASSIGN_OR_RETURN(VideoId id, VideoIdOf(request));
  TT_CO_ASSIGN_OR_RETURN(
      const http::ContentRange range,
      http::ParseContentRange(request.headers.Get("Content-Range").value_or("")));
  const std::optional<ByteCount> length = request.body.length();
  if (length && *length != range.slice.length) {
    co_return http::ProblemResponse(
        400, fmt::format("Content-Range says {} bytes and Content-Length {}.", range.slice.length,
                         *length));
  }
  RangeIncoming incoming(request);
  TT_CO_ASSIGN_OR_RETURN(
      const auto received,
      co_await services.resumable.Receive(std::move(id), {range.slice.offset, range.slice.length},
                                          range.total, incoming));
  if (const auto* const refused = std::get_if<upload::Refused>(&received)) {
    co_return RefusalResponse(*refused);
  }
  // What failed by these bytes has taken them; who sends more of them is told.
  co_return UploadResponse(204, std::get<upload::UploadState>(received));
}

async::Task<Result<http::Response>> DeleteUpload(Services services, http::Request& request) {
  if (!SpeaksOurTus(request)) co_return OtherTus();
  TT_CO_ASSIGN_OR_RETURN(VideoId id, VideoIdOf(request));
  TT_CO_RETURN_IF_ERROR(co_await services.resumable.Remove(std::move(id)));
  http::Response response = http::EmptyResponse(204);
  response.headers.Set("Tus-Resumable", kTusVersion);
  co_return response;
}

}  // namespace

void AddUploadRoutes(http::Router& router, const Services& services, const ApiOptions& options) {
  using http::Method;
  const http::Headers about{{"Tus-Resumable", std::string(kTusVersion)},
                            {"Tus-Version", std::string(kTusVersion)},
                            {"Tus-Extension", "creation,termination"},
                            {"Tus-Max-Size", std::to_string(options.upload_bytes_max)}};
  constexpr std::string_view kUploads = "/api/v1/uploads";
  constexpr std::string_view kUpload = "/api/v1/uploads/{id}";
  router.Add(Method::kPost, kUploads, With(services, PostUpload), {.about = about});
  router.Add(Method::kGet, kUpload, With(services, GetUpload), {.about = about});
  router.Add(Method::kPut, kUpload, With(services, PutRange),
             {.body_bytes_max = options.upload_bytes_max});
  router.Add(Method::kDelete, kUpload, With(services, DeleteUpload));
}

}  // namespace tritontube::http_api
