#pragma once

#include <optional>
#include <string>
#include <utility>

#include "services/upload/incoming.h"

namespace tritontube::upload {

// Bytes in pieces, then an end or an error.
class FakeIncoming final : public Incoming {
 public:
  explicit FakeIncoming(std::string bytes, std::size_t piece_bytes = 100'000)
      : bytes_(std::move(bytes)), piece_bytes_(piece_bytes) {}

  std::string file_name = "holiday.mp4";
  std::optional<std::string> title;
  std::optional<ByteCount> length;
  std::optional<Error> ends_with;
  int call_count = 0;
  std::optional<async::Task<void>> at_end;  // Runs when every byte was taken.

  async::Task<Result<std::optional<blob::Bytes>>> Next() override {
    ++call_count;
    if (at_ < bytes_.size()) {
      const std::string piece = bytes_.substr(at_, piece_bytes_);
      at_ += piece.size();
      co_return blob::Bytes(piece);
    }
    if (at_end) co_await *std::exchange(at_end, std::nullopt);
    if (ends_with) co_return std::unexpected(*ends_with);
    co_return std::nullopt;
  }
  std::string FileName() const override { return file_name; }
  std::optional<std::string> Title() const override { return title; }
  std::optional<ByteCount> Length() const override { return length; }
  std::string RequestId() const override { return "request-1"; }
  std::string RemoteAddress() const override { return "10.0.0.1"; }

 private:
  std::string bytes_;
  std::size_t piece_bytes_;
  std::size_t at_ = 0;
};

}  // namespace tritontube::upload
