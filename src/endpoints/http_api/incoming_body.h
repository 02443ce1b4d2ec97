#pragma once

#include <deque>
#include <string>

#include "core/media/container.h"
#include "services/upload/incoming.h"
#include "transport/http/message.h"
#include "transport/http/multipart.h"

namespace tritontube::http_api {

// Enough to tell the container, behind the headers of a form: a slow upload is
// listed with these, and not when a large piece is there.
inline constexpr ByteCount kFirstReadBytes = 2 * media::kSniffBytes;

// The whole body of a request is the file; its name and title come in the query.
class RawIncoming final : public upload::Incoming {
 public:
  explicit RawIncoming(http::Request& request) : request_(request) {}

  async::Task<Result<std::optional<blob::Bytes>>> Next() override;
  std::string FileName() const override;
  std::optional<std::string> Title() const override;
  std::optional<ByteCount> Length() const override { return request_.body.length(); }
  std::string RequestId() const override { return request_.id; }
  std::string RemoteAddress() const override { return request_.remote_address; }

 private:
  http::Request& request_;
  ByteCount next_read_bytes_ = kFirstReadBytes;
};

// The body of a request is a part of a file. A slow sender's bytes are handed on
// soon, in small pieces; a fast one's in large ones.
class RangeIncoming final : public upload::Incoming {
 public:
  explicit RangeIncoming(http::Request& request) : request_(request) {}

  async::Task<Result<std::optional<blob::Bytes>>> Next() override;
  std::string FileName() const override { return {}; }
  std::optional<std::string> Title() const override { return std::nullopt; }
  std::optional<ByteCount> Length() const override { return request_.body.length(); }
  std::string RequestId() const override { return request_.id; }
  std::string RemoteAddress() const override { return request_.remote_address; }

 private:
  http::Request& request_;
  ByteCount next_read_bytes_ = kFirstReadBytes;
};

// The `file` field of a multipart form; a `title` field may stand before or
// behind it. Other fields are passed over.
class FormIncoming final : public upload::Incoming {
 public:
  static Result<FormIncoming> ForRequest(http::Request& request);

  async::Task<Result<std::optional<blob::Bytes>>> Next() override;
  std::string FileName() const override { return file_name_; }
  std::optional<std::string> Title() const override { return title_; }
  // A form's length says little of its file's, but bounds it.
  std::optional<ByteCount> Length() const override { return request_->body.length(); }
  std::string RequestId() const override { return request_->id; }
  std::string RemoteAddress() const override { return request_->remote_address; }

  // False at the end of a form that had no file.
  bool found_file() const { return found_file_; }

 private:
  enum class Field : std::uint8_t { kOther, kFile, kTitle };

  FormIncoming(http::Request& request, http::MultipartParser parser)
      : request_(&request), parser_(std::move(parser)) {}
  async::Task<Result<bool>> ReadMore();
  Result<void> Take(http::MultipartEvent event);

  http::Request* request_;
  http::MultipartParser parser_;
  Field field_ = Field::kOther;
  std::string file_name_;
  std::optional<std::string> title_;
  std::deque<blob::Bytes> ready_;
  ByteCount next_read_bytes_ = kFirstReadBytes;
  bool found_file_ = false;
  bool ended_ = false;
};

}  // namespace tritontube::http_api
