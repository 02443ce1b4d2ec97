#include "endpoints/http_api/incoming_body.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/deadline.h"

namespace tritontube::http_api {

namespace {

constexpr ByteCount kReadBytes = ByteCount{256} << 10U;
constexpr std::chrono::milliseconds kQuickRead{50};
constexpr std::chrono::milliseconds kSlowRead{200};
constexpr std::size_t kTitleBytesMax = 4096;

}  // namespace

async::Task<Result<std::optional<blob::Bytes>>> RawIncoming::Next() {
  co_return co_await request_.body.Read(std::exchange(next_read_bytes_, kReadBytes));
}

std::string RawIncoming::FileName() const {
  return std::string(request_.query.Get("filename").value_or(""));
}

std::optional<std::string> RawIncoming::Title() const {
  const auto title = request_.query.Get("title");
  if (!title) return std::nullopt;
  return std::string(*title);
}

async::Task<Result<std::optional<blob::Bytes>>> RangeIncoming::Next() {
  const auto begin = Deadline::Clock::now();
  auto bytes = co_await request_.body.Read(next_read_bytes_);
  const auto took = Deadline::Clock::now() - begin;
  if (took < kQuickRead) next_read_bytes_ = std::min(2 * next_read_bytes_, kReadBytes);
  if (took > kSlowRead) next_read_bytes_ = std::max(next_read_bytes_ / 2, kFirstReadBytes);
  co_return bytes;
}

Result<FormIncoming> FormIncoming::ForRequest(http::Request& request) {
  TT_ASSIGN_OR_RETURN(
      http::MultipartParser parser,
      http::MultipartParser::ForContentType(request.headers.Get("Content-Type").value_or("")));
  return FormIncoming(request, std::move(parser));
}

async::Task<Result<std::optional<blob::Bytes>>> FormIncoming::Next() {
  while (ready_.empty() && !ended_) {
    TT_CO_ASSIGN_OR_RETURN(const bool more, co_await ReadMore());
    ended_ = !more;
  }
  if (ready_.empty()) co_return std::nullopt;
  blob::Bytes bytes = std::move(ready_.front());
  ready_.pop_front();
  co_return bytes;
}

// False when the body is over.
async::Task<Result<bool>> FormIncoming::ReadMore() {
  TT_CO_ASSIGN_OR_RETURN(const std::optional<blob::Bytes> piece,
                         co_await request_->body.Read(std::exchange(next_read_bytes_, kReadBytes)));
  if (!piece) {
    TT_CO_RETURN_IF_ERROR(parser_.Finish());
    co_return false;
  }
  TT_CO_ASSIGN_OR_RETURN(std::vector<http::MultipartEvent> events, parser_.Push(*piece));
  for (http::MultipartEvent& event : events) TT_CO_RETURN_IF_ERROR(Take(std::move(event)));
  co_return true;
}

Result<void> FormIncoming::Take(http::MultipartEvent event) {
  if (auto* const begin = std::get_if<http::PartBegin>(&event)) {
    field_ = Field::kOther;
    if (begin->name == "title") {
      field_ = Field::kTitle;
      title_.emplace();
    } else if (begin->name == "file" && begin->file_name) {
      if (found_file_) {
        return Fail(ErrorCode::kInvalidArgument,
                    "the form has more than one file: send one request per video");
      }
      field_ = Field::kFile;
      found_file_ = true;
      file_name_ = *begin->file_name;
    }
  } else if (auto* const data = std::get_if<http::PartData>(&event)) {
    if (field_ == Field::kFile) ready_.push_back(std::move(data->bytes));
    if (field_ == Field::kTitle) {
      if (title_->size() + data->bytes.size() > kTitleBytesMax) {
        return Fail(ErrorCode::kInvalidArgument, "the title is longer than {} bytes",
                    kTitleBytesMax);
      }
      *title_ += data->bytes.Flatten();
    }
  } else if (std::holds_alternative<http::PartEnd>(event)) {
    field_ = Field::kOther;
  }
  return {};
}

}  // namespace tritontube::http_api
