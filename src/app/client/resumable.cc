#include "app/client/resumable.h"

#include <algorithm>
#include <charconv>

#include "transport/http/upload_headers.h"

namespace tritontube::client {

using bmff::ByteRange;
using http_client::Answer;
using http_client::Transfer;

namespace {

constexpr std::chrono::milliseconds kFirstWait{250};
constexpr std::chrono::milliseconds kWaitMax{5000};
constexpr std::chrono::minutes kGiveUpAfter{5};

// What passes by itself: a connection that broke, a server that is started again,
// a disk on which somebody makes room.
bool IsPassing(const Error& error) {
  return error.code() == ErrorCode::kUnavailable || error.code() == ErrorCode::kDeadlineExceeded ||
         error.code() == ErrorCode::kResourceExhausted;
}

std::optional<ByteCount> ParseNumber(std::string_view text) {
  const Result<ByteCount> number = http::ParseByteCount(text);
  return number ? std::optional(*number) : std::nullopt;
}

}  // namespace

Result<std::vector<ByteRange>> ParseUploadRanges(std::string_view text) {
  std::vector<ByteRange> ranges;
  while (!text.empty()) {
    const std::string_view range = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), range.size() + 1));
    const std::size_t dash = range.find('-');
    const auto first = ParseNumber(range.substr(0, dash));
    const auto last =
        dash == std::string_view::npos ? std::nullopt : ParseNumber(range.substr(dash + 1));
    const ByteCount behind = ranges.empty() ? 0 : ranges.back().end();
    if (!first || !last || *last < *first || *first < behind) {
      return Fail(ErrorCode::kUnknown,
                  "the server does not say what it has; is it a TritonTube server?");
    }
    ranges.push_back({.offset = *first, .length = *last - *first + 1});
  }
  return ranges;
}

// Also when it is to stop meanwhile: only with the answer it can be ended again.
Result<std::string> ResumableSend::Create() {
  TT_ASSIGN_OR_RETURN(
      Answer answer,
      context_.http.Send(
          {.method = "POST",
           .path = "/api/v1/uploads",
           .headers = {{"Tus-Resumable", "1.0.0"},
                       {"Upload-Length", std::to_string(file_.size())},
                       {"Upload-Metadata", "filename " + http::EncodeBase64(file_.name())}},
           .stall_time = std::chrono::seconds(10),
           .although_stopped = true}));
  TT_ASSIGN_OR_RETURN(answer, http_client::Check(std::move(answer)));
  std::string id(answer.headers.Get("TritonTube-Video").value_or(""));
  address_ = answer.headers.Get("Location").value_or("");
  if (id.empty() || !address_.starts_with('/')) {
    return Fail(ErrorCode::kUnknown, "the server took it and did not say as what");
  }
  index_ = IndexBehind(file_);
  return id;
}

Result<void> ResumableSend::SendAll() {
  for (;;) {
    const Result<void> sent = SendMissing();
    if (sent) return {};
    if (sent.error().code() == ErrorCode::kCancelled) Abandon();
    if (!IsPassing(sent.error()) || waited_ >= kGiveUpAfter) return sent;
    if (!WaitBeforeRetry()) {
      Abandon();
      return Fail(ErrorCode::kCancelled, "stopped");
    }
    const Result<void> asked = AskWhatIsThere();
    if (!asked && !IsPassing(asked.error())) return asked;
  }
}

Result<void> ResumableSend::SendMissing() {
  for (auto missing = Missing(); !missing.empty(); missing = Missing()) {
    TT_RETURN_IF_ERROR(SendRange(Next(missing)));
  }
  return {};
}

Result<void> ResumableSend::SendRange(ByteRange range) {
  const ByteCount before = StoredBytes();
  TT_ASSIGN_OR_RETURN(
      Answer answer,
      context_.http.Send(
          {.method = "PUT",
           .path = address_,
           .headers = {{"Content-Range", fmt::format("bytes {}-{}/{}", range.offset,
                                                     range.end() - 1, file_.size())}},
           .file = file_.Outgoing(range),
           .progress = [&](const Transfer& transfer) { show_(before + transfer.sent); }}));
  TT_ASSIGN_OR_RETURN(answer, http_client::Check(std::move(answer)));
  return Learn(answer);
}

Result<void> ResumableSend::AskWhatIsThere() {
  TT_ASSIGN_OR_RETURN(Answer answer, context_.http.Send({.method = "HEAD",
                                                         .path = address_,
                                                         .headers = {{"Tus-Resumable", "1.0.0"}}}));
  if (answer.status == 404 || answer.status == 410) {
    return Fail(ErrorCode::kNotFound, "the server has given up this upload: begin it again");
  }
  TT_ASSIGN_OR_RETURN(answer, http_client::Check(std::move(answer)));
  return Learn(answer);
}

Result<void> ResumableSend::Learn(const Answer& answer) {
  const ByteCount before = StoredBytes();
  TT_ASSIGN_OR_RETURN(stored_, ParseUploadRanges(answer.headers.Get("Upload-Ranges").value_or("")));
  // A server that answers and takes nothing is not waited for without end.
  if (StoredBytes() > before) {
    waited_ = {};
    next_wait_ = {};
  }
  return {};
}

// False when everything shall stop.
bool ResumableSend::WaitBeforeRetry() {
  next_wait_ = std::clamp(2 * next_wait_, kFirstWait, kWaitMax);
  waited_ += next_wait_;
  return context_.wait(next_wait_);
}

void ResumableSend::Abandon() {
  Ignore(context_.http.Send({.method = "DELETE",
                             .path = address_,
                             .stall_time = std::chrono::seconds(5),
                             .although_stopped = true}),
         "what cannot be ended now expires");
}

std::vector<ByteRange> ResumableSend::Missing() const {
  std::vector<ByteRange> missing;
  ByteCount at = 0;
  for (const ByteRange& range : stored_) {
    if (range.offset > at) missing.push_back({.offset = at, .length = range.offset - at});
    at = range.end();
  }
  if (at < file_.size()) missing.push_back({.offset = at, .length = file_.size() - at});
  return missing;
}

// What is missing of the index, else the first.
ByteRange ResumableSend::Next(const std::vector<ByteRange>& missing) const {
  for (const ByteRange& range : missing) {
    const ByteCount begin = std::max(range.offset, index_.offset);
    const ByteCount end = std::min(range.end(), index_.end());
    if (begin < end) return {.offset = begin, .length = end - begin};
  }
  return missing.front();
}

ByteCount ResumableSend::StoredBytes() const {
  ByteCount bytes = 0;
  for (const ByteRange& range : stored_) bytes += range.length;
  return bytes;
}

}  // namespace tritontube::client
