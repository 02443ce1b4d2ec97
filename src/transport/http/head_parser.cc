#include "transport/http/head_parser.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <charconv>
#include <limits>

namespace tritontube::http {

namespace {

namespace beast = boost::beast::http;

std::unexpected<Refusal> Refuse(int status, std::string detail) {
  return std::unexpected(Refusal{.status = status, .detail = std::move(detail)});
}

Refusal RefusalFor(const boost::system::error_code& error, std::string_view head) {
  if (error == beast::error::bad_version) {
    const std::string_view line = head.substr(0, head.find('\r'));
    return line.contains(" HTTP/")
               ? Refusal{.status = 505, .detail = "this server speaks HTTP/1.1"}
               : Refusal{.status = 400, .detail = "the request line has no HTTP version"};
  }
  return {.status = 400, .detail = fmt::format("the request is malformed: {}", error.message())};
}

std::expected<Framing, Refusal> FramingOf(const RequestHead& head) {
  const Headers& headers = head.headers;
  Framing framing;
  framing.keep_alive = head.minor_version >= 1 ? !headers.HasToken("Connection", "close")
                                               : headers.HasToken("Connection", "keep-alive");
  const auto length = headers.Get("Content-Length");
  if (const auto coding = headers.Get("Transfer-Encoding")) {
    if (length || head.minor_version == 0) {
      return Refuse(400, "the request declares its length in two ways");
    }
    if (headers.Count("Transfer-Encoding") != 1 || !EqualsIgnoringCase(*coding, "chunked")) {
      return Refuse(501, "the only transfer coding understood here is chunked");
    }
    framing.length = std::nullopt;
  } else if (length) {
    ByteCount count = 0;
    const char* const text_end = length->data() + length->size();
    const auto [end, error] = std::from_chars(length->data(), text_end, count);
    if (headers.Count("Content-Length") != 1 || error != std::errc() || end != text_end) {
      return Refuse(400, "Content-Length is not one number");
    }
    framing.length = count;
  }
  if (const auto expectation = headers.Get("Expect"); expectation && head.minor_version >= 1) {
    if (!EqualsIgnoringCase(*expectation, "100-continue")) {
      return Refuse(417, "the only expectation understood here is 100-continue");
    }
    framing.expects_continue = framing.length != ByteCount{0};
  }
  return framing;
}

std::expected<std::string, Refusal> AuthorityOf(const RequestHead& head) {
  const std::size_t count = head.headers.Count("Host");
  if (count > 1 || (count == 0 && head.minor_version >= 1)) {
    return Refuse(400, "the request must have one Host field");
  }
  if (!head.target.authority.empty()) return head.target.authority;
  return std::string(head.headers.Get("Host").value_or(""));
}

}  // namespace

std::expected<std::optional<std::size_t>, Refusal> HeadScanner::Scan(std::string_view buffered) {
  for (;;) {
    const std::size_t line_end = buffered.find('\n', scanned_);
    const std::string_view line = buffered.substr(
        line_begin_, line_end == std::string_view::npos ? line_end : line_end - line_begin_);
    if (line.contains('\0')) return Refuse(400, "the request contains a NUL");
    if (line_end == std::string_view::npos) break;
    if (line.find('\r') != line.size() - 1 || line.empty()) {
      return Refuse(400, "a line of the request does not end with CR LF");
    }
    if (line.front() == ' ' || line.front() == '\t') {
      return Refuse(400, "a header is folded over several lines");
    }
    scanned_ = line_end + 1;
    line_begin_ = scanned_;
    if (line.size() == 1) return scanned_;
  }
  scanned_ = buffered.size();
  return std::nullopt;
}

std::expected<RequestHead, Refusal> ParseHead(std::string_view head, HeadLimits limits) {
  beast::request_parser<beast::empty_body> parser;
  parser.header_limit(std::numeric_limits<std::uint32_t>::max());
  parser.body_limit(boost::none);
  boost::system::error_code error;
  parser.put(boost::asio::buffer(head), error);
  if (error) return std::unexpected(RefusalFor(error, head));

  const auto& message = parser.get();
  if (message.target().size() > limits.target_bytes_max) {
    return Refuse(414, fmt::format("the address is longer than {} bytes", limits.target_bytes_max));
  }
  RequestHead parsed;
  parsed.method_text = std::string_view(message.method_string());
  parsed.method = ParseMethod(parsed.method_text);
  parsed.minor_version = static_cast<int>(message.version() % 10);
  for (const auto& field : message) {
    parsed.headers.Add(std::string_view(field.name_string()), std::string_view(field.value()));
  }
  if (parsed.headers.all().size() > limits.header_count_max) {
    return Refuse(431,
                  fmt::format("the request has more than {} headers", limits.header_count_max));
  }
  if (!parsed.method) {
    return Refuse(501, fmt::format("the method {} is not known here", parsed.method_text));
  }
  Result<Target> target = ParseTarget(std::string_view(message.target()));
  if (!target) return Refuse(400, target.error().message());
  parsed.target = *std::move(target);
  if (parsed.target.path == "*" && parsed.method != Method::kOptions) {
    return Refuse(400, "the request line names no path");
  }
  auto authority = AuthorityOf(parsed);
  if (!authority) return std::unexpected(std::move(authority).error());
  parsed.authority = *std::move(authority);
  const auto framing = FramingOf(parsed);
  if (!framing) return std::unexpected(framing.error());
  parsed.framing = *framing;
  return parsed;
}

std::optional<ByteCount> ParseChunkSize(std::string_view line) {
  const std::string_view digits = line.substr(0, line.find_first_of("; \t"));
  ByteCount size = 0;
  const char* const digits_end = digits.data() + digits.size();
  const auto [end, error] = std::from_chars(digits.data(), digits_end, size, 16);
  if (error != std::errc() || end != digits_end) return std::nullopt;
  const std::string_view rest = TrimBlanks(line.substr(digits.size()));
  if (!rest.empty() && rest.front() != ';') return std::nullopt;
  return size;
}

}  // namespace tritontube::http
