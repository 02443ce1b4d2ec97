#include "transport/http/body_reader.h"

#include <algorithm>
#include <cstring>

#include "base/assert.h"

namespace tritontube::http {

namespace {

constexpr std::size_t kChunkLineMax = 1024;
// A buffer for a body of unknown length is not larger than this, because the
// reader keeps all of it however little came.
constexpr ByteCount kUnknownPieceBytes = ByteCount{256} << 10U;

std::unexpected<Error> BrokenOff() {
  return Fail(ErrorCode::kCancelled, "the client went away before the body was complete");
}

}  // namespace

std::size_t InputBuffer::MoveTo(std::span<std::byte> into) {
  const std::size_t count = std::min(into.size(), size());
  std::memcpy(into.data(), storage_.get() + begin_, count);
  begin_ += count;
  return count;
}

async::Task<Result<std::size_t>> InputBuffer::Receive(Socket& socket) {
  TT_ASSERT(!full(), "the input buffer of {} bytes is full", capacity_);
  std::memmove(storage_.get(), storage_.get() + begin_, size());
  end_ -= std::exchange(begin_, 0);
  TT_CO_ASSIGN_OR_RETURN(const std::size_t count,
                         co_await socket.ReadSome({storage_.get() + end_, capacity_ - end_}));
  end_ += count;
  co_return count;
}

async::Task<Result<std::optional<blob::Bytes>>> BodyReader::Read(ByteCount max) {
  TT_ASSERT(max > 0, "a read of nothing");
  if (failure_) co_return std::unexpected(*failure_);
  if (at_end_) co_return std::nullopt;
  const ByteCount expected = framing_.length ? *framing_.length - received_ : kUnknownPieceBytes;
  const std::size_t size = std::min({max, kPieceBytesMax, expected});
  std::shared_ptr<std::byte[]> buffer = std::make_shared_for_overwrite<std::byte[]>(size);

  std::size_t filled = 0;
  BeginWindow();
  while (filled < size && !at_end_ && !failure_) {
    const Result<std::size_t> count =
        co_await ReceiveSome(std::span(buffer.get(), size).subspan(filled));
    if (!count) {
      failure_ = count.error();
    } else {
      filled += *count;
    }
  }
  socket_.SetDeadline(Deadline::Never());
  if (filled > 0) {
    const std::span<const std::byte> bytes(buffer.get(), filled);
    co_return blob::Bytes(std::move(buffer), bytes);
  }
  if (failure_) co_return std::unexpected(*failure_);
  co_return std::nullopt;
}

void BodyReader::BeginWindow() {
  window_bytes_ = 0;
  socket_.SetDeadline(Deadline::After(window_));
}

async::Task<Result<std::size_t>> BodyReader::ReceiveSome(std::span<std::byte> into) {
  if (framing_.expects_continue) TT_CO_RETURN_IF_ERROR(co_await InviteBody());
  if (!framing_.length && chunk_left_ == 0) TT_CO_RETURN_IF_ERROR(co_await BeginChunk());
  if (at_end_) co_return 0;
  const ByteCount left = framing_.length ? *framing_.length - received_ : chunk_left_;
  if (received_ >= bytes_max_) {
    co_return Fail(ErrorCode::kResourceExhausted, "the body is larger than the {} bytes allowed",
                   bytes_max_);
  }
  const std::size_t most = std::min({ByteCount{into.size()}, left, bytes_max_ - received_});
  TT_CO_ASSIGN_OR_RETURN(const std::size_t count, co_await ReceiveContent(into.first(most)));
  received_ += count;
  window_bytes_ += count;
  if (!framing_.length) {
    chunk_left_ -= count;
    between_chunks_ = chunk_left_ == 0;
  }
  at_end_ = framing_.length == received_;
  if (window_bytes_ >= limits_.body_window_bytes_min) BeginWindow();
  co_return count;
}

async::Task<Result<std::size_t>> BodyReader::ReceiveContent(std::span<std::byte> into) {
  if (input_.size() > 0) co_return input_.MoveTo(into);
  TT_CO_ASSIGN_OR_RETURN(const std::size_t count, co_await socket_.ReadSome(into));
  if (count == 0) co_return BrokenOff();
  co_return count;
}

async::Task<Result<void>> BodyReader::InviteBody() {
  framing_.expects_continue = false;
  if (input_.size() > 0) co_return Result<void>();  // It did not wait to be asked.
  constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  const Result<void> sent =
      co_await socket_.Write({async::asio::buffer(kContinue)}, limits_.write_stall_time);
  BeginWindow();
  co_return sent;
}

async::Task<Result<void>> BodyReader::BeginChunk() {
  if (between_chunks_) {
    TT_CO_ASSIGN_OR_RETURN(const std::string_view rest, co_await PeekLine());
    if (!rest.empty()) {
      co_return Fail(ErrorCode::kInvalidArgument, "a chunk of the body is longer than it says");
    }
    input_.Drop(2);
    between_chunks_ = false;
  }
  TT_CO_ASSIGN_OR_RETURN(const std::string_view line, co_await PeekLine());
  const std::optional<ByteCount> size = ParseChunkSize(line);
  if (!size) co_return Fail(ErrorCode::kInvalidArgument, "a chunk of the body has no valid size");
  input_.Drop(line.size() + 2);
  chunk_left_ = *size;
  if (*size == 0) TT_CO_RETURN_IF_ERROR(co_await SkipTrailers());
  co_return Result<void>();
}

async::Task<Result<void>> BodyReader::SkipTrailers() {
  ByteCount skipped = 0;
  for (;;) {
    TT_CO_ASSIGN_OR_RETURN(const std::string_view line, co_await PeekLine());
    const bool is_last = line.empty();
    skipped += line.size() + 2;
    input_.Drop(line.size() + 2);
    if (is_last) break;
    if (skipped > limits_.head_bytes_max) {
      co_return Fail(ErrorCode::kInvalidArgument, "the trailers of the body are too long");
    }
  }
  at_end_ = true;
  co_return Result<void>();
}

async::Task<Result<std::string_view>> BodyReader::PeekLine() {
  for (;;) {
    const std::string_view text = input_.text();
    const std::size_t end = text.find('\n');
    if (end != std::string_view::npos) {
      const std::string_view line = text.substr(0, end);
      if (line.find('\r') != line.size() - 1 || line.empty()) {
        co_return Fail(ErrorCode::kInvalidArgument, "a line of the body's coding is malformed");
      }
      co_return line.substr(0, line.size() - 1);
    }
    if (text.size() > kChunkLineMax || input_.full()) {
      co_return Fail(ErrorCode::kInvalidArgument, "a line of the body's coding is too long");
    }
    TT_CO_ASSIGN_OR_RETURN(const std::size_t count, co_await input_.Receive(socket_));
    if (count == 0) co_return BrokenOff();
  }
}

bool BodyReader::IsWorthDraining() const {
  if (at_end_) return true;
  if (failure_ || framing_.expects_continue) return false;
  return !framing_.length || *framing_.length - received_ <= limits_.drain_bytes_max;
}

async::Task<bool> BodyReader::Drain() {
  if (!IsWorthDraining()) co_return false;
  window_ = limits_.linger_time;
  bytes_max_ = received_ + limits_.drain_bytes_max;
  while (!at_end_) {
    const Result<std::optional<blob::Bytes>> piece = co_await Read(limits_.drain_bytes_max);
    if (!piece) co_return false;
  }
  co_return true;
}

}  // namespace tritontube::http
