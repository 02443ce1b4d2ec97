#include "transport/http/response_writer.h"

#include <fmt/chrono.h>

#include <algorithm>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <charconv>
#include <iterator>

#include "transport/http/problem.h"

namespace tritontube::http {

namespace asio = async::asio;

namespace {

constexpr ByteCount kUnbounded = ~ByteCount{0};

std::unexpected<Error> WrongLength(ByteCount declared) {
  return Fail(ErrorCode::kInternal, "a body did not have the {} bytes it declared", declared);
}

// Formatted once a second for each thread.
std::string_view Date() {
  thread_local std::time_t formatted_at = 0;
  thread_local std::string text;
  const std::time_t now = std::time(nullptr);
  if (now != formatted_at) {
    text = fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT", fmt::gmtime(now));
    formatted_at = now;
  }
  return text;
}

bool IsWrittenByUs(std::string_view name) {
  return EqualsIgnoringCase(name, "Content-Length") ||
         EqualsIgnoringCase(name, "Transfer-Encoding") || EqualsIgnoringCase(name, "Connection") ||
         EqualsIgnoringCase(name, "Date");
}

bool MayHaveBody(int status) { return status >= 200 && status != 204 && status != 304; }

void AppendField(std::string& head, std::string_view name, std::string_view value) {
  head += name;
  head += ": ";
  const std::size_t begin = head.size();
  head += value;
  // A line end would begin a header of somebody else's choice.
  std::ranges::replace_if(
      head.begin() + static_cast<std::ptrdiff_t>(begin), head.end(),
      [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F; }, ' ');
  head += "\r\n";
}

std::optional<ByteCount> DeclaredLength(const Response& response) {
  const std::optional<std::string_view> text = response.headers.Get("Content-Length");
  if (!text) return std::nullopt;
  ByteCount length = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), length);
  if (error != std::errc() || end != text->data() + text->size()) return std::nullopt;
  return length;
}

std::optional<ByteCount> LengthOf(const Response& response, const ResponseStyle& style) {
  // A HEAD handler may know the length without having the body.
  if (const auto declared = DeclaredLength(response); declared && style.is_head_request) {
    return declared;
  }
  if (const auto* const bytes = std::get_if<blob::Bytes>(&response.body)) return bytes->size();
  return std::get<std::unique_ptr<BodySource>>(response.body)->length();
}

}  // namespace

std::string FormatHead(const Response& response, std::optional<ByteCount> length,
                       const ResponseStyle& style) {
  std::string head;
  head.reserve(512);
  fmt::format_to(std::back_inserter(head), "HTTP/1.1 {} {}\r\n", response.status,
                 ReasonPhrase(response.status));
  AppendField(head, "Date", Date());
  for (const Header& header : response.headers.all()) {
    if (!IsWrittenByUs(header.name)) AppendField(head, header.name, header.value);
  }
  if (!response.headers.Has("X-Content-Type-Options")) {
    head += "X-Content-Type-Options: nosniff\r\n";
  }
  if (MayHaveBody(response.status)) {
    if (length) {
      fmt::format_to(std::back_inserter(head), "Content-Length: {}\r\n", *length);
    } else if (style.minor_version >= 1) {
      head += "Transfer-Encoding: chunked\r\n";
    }
  }
  if (!style.keep_alive) {
    head += "Connection: close\r\n";
  } else if (style.minor_version == 0) {
    head += "Connection: keep-alive\r\n";
  }
  return head += "\r\n";
}

async::Task<Result<void>> ResponseWriter::Write(Response& response, ResponseStyle& style) {
  if (style.is_head_request || !MayHaveBody(response.status)) {
    const std::string head = FormatHead(response, LengthOf(response, style), style);
    co_return co_await Send(head, {}, {});
  }
  if (std::holds_alternative<blob::Bytes>(response.body)) {
    co_return co_await WriteBytes(response, style);
  }
  co_return co_await WriteSource(response, style);
}

async::Task<Result<void>> ResponseWriter::WriteBytes(const Response& response,
                                                     const ResponseStyle& style) {
  const auto& bytes = std::get<blob::Bytes>(response.body);
  const std::string head = FormatHead(response, bytes.size(), style);
  co_return co_await Send(head, bytes, {});
}

async::Task<Result<void>> ResponseWriter::WriteSource(Response& response, ResponseStyle& style) {
  const std::unique_ptr<BodySource> source =
      std::move(std::get<std::unique_ptr<BodySource>>(response.body));
  source_ = source.get();
  if (stopping_) source->OnServerStopping();
  const std::optional<ByteCount> length = source->length();
  const Result<void> written = length ? co_await WriteKnownLength(response, *source, *length, style)
                                      : co_await WriteUnknownLength(response, *source, style);
  source_ = nullptr;
  co_return written;
}

async::Task<Result<void>> ResponseWriter::WriteKnownLength(Response& response, BodySource& source,
                                                           ByteCount length, ResponseStyle& style) {
  const Result<std::optional<blob::Bytes>> first = co_await source.Next();
  if (!first) {
    const Response problem = ProblemFor(first.error());
    co_return co_await WriteBytes(problem, style);
  }
  const blob::Bytes bytes = first->value_or(blob::Bytes());
  if (bytes.size() > length) co_return WrongLength(length);
  const std::string head = FormatHead(response, length, style);
  TT_CO_RETURN_IF_ERROR(co_await Send(head, bytes, {}));
  if (*first) {
    TT_CO_RETURN_IF_ERROR(co_await SendPieces(source, Coding::kPlain, length - bytes.size()));
  }
  if (body_bytes_sent_ != length) co_return WrongLength(length);
  co_return Result<void>();
}

async::Task<Result<void>> ResponseWriter::WriteUnknownLength(const Response& response,
                                                             BodySource& source,
                                                             ResponseStyle& style) {
  if (style.minor_version == 0) style.keep_alive = false;
  const std::string head = FormatHead(response, std::nullopt, style);
  TT_CO_RETURN_IF_ERROR(co_await Send(head, {}, {}));
  const Coding coding = style.minor_version == 0 ? Coding::kPlain : Coding::kChunked;
  const Result<void> sent = style.watch_for_hang_up
                                ? co_await SendWatching(source, coding)
                                : co_await SendPieces(source, coding, kUnbounded);
  if (!sent || coding == Coding::kPlain) co_return sent;
  co_return co_await Send("0\r\n\r\n", {}, {});
}

async::Task<Result<void>> ResponseWriter::SendPieces(BodySource& source, Coding coding,
                                                     ByteCount bytes_max) {
  for (;;) {
    const bool cancelled = co_await async::IsCancelled();
    if (cancelled) co_return Fail(ErrorCode::kCancelled, "the client went away");
    TT_CO_ASSIGN_OR_RETURN(const std::optional<blob::Bytes> piece, co_await source.Next());
    if (!piece) co_return Result<void>();
    if (piece->empty()) continue;
    if (piece->size() > bytes_max) co_return WrongLength(body_bytes_sent_ + bytes_max);
    bytes_max -= piece->size();
    if (coding == Coding::kPlain) {
      TT_CO_RETURN_IF_ERROR(co_await Send({}, *piece, {}));
    } else {
      const std::string size = fmt::format("{:x}\r\n", piece->size());
      TT_CO_RETURN_IF_ERROR(co_await Send(size, *piece, "\r\n"));
    }
  }
}

async::Task<Result<void>> ResponseWriter::SendWatching(BodySource& source, Coding coding) {
  using namespace asio::experimental::awaitable_operators;
  Result<void> sent = Fail(ErrorCode::kCancelled, "the client went away");
  // Named locals that outlive their await: their captures are safe.
  // NOLINTBEGIN(cppcoreguidelines-avoid-capturing-lambda-coroutines)
  auto send = [&]() -> async::Task<void> {
    co_await asio::this_coro::throw_if_cancelled(false);
    sent = co_await SendPieces(source, coding, kUnbounded);
  };
  auto watch = [&]() -> async::Task<void> {
    co_await asio::this_coro::throw_if_cancelled(false);
    co_await socket_.WaitForHangUp();
  };
  // NOLINTEND(cppcoreguidelines-avoid-capturing-lambda-coroutines)
  Ignore(co_await (send() || watch()), "the first to end cancels the other");
  co_return sent;
}

async::Task<Result<void>> ResponseWriter::Send(std::string_view before, const blob::Bytes& bytes,
                                               std::string_view after) {
  std::vector<asio::const_buffer> buffers;
  buffers.reserve(bytes.spans().size() + 2);
  buffers.push_back(asio::buffer(before));
  for (const std::span<const std::byte> span : bytes.spans()) {
    buffers.emplace_back(span.data(), span.size());
  }
  buffers.push_back(asio::buffer(after));
  TT_CO_RETURN_IF_ERROR(co_await socket_.Write(std::move(buffers), limits_.write_stall_time));
  body_bytes_sent_ += bytes.size();
  co_return Result<void>();
}

void ResponseWriter::OnServerStopping() {
  stopping_ = true;
  if (source_ != nullptr) source_->OnServerStopping();
}

}  // namespace tritontube::http
