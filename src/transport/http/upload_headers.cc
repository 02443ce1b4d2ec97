#include "transport/http/upload_headers.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "transport/http/headers.h"

namespace tritontube::http {

namespace {

constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::size_t kMetadataKeysMax = 32;

std::optional<ByteCount> ParseDigits(std::string_view text) {
  ByteCount value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) {
    return std::nullopt;
  }
  return value;
}

std::pair<std::string_view, std::string_view> Cut(std::string_view text, char at) {
  const std::size_t position = text.find(at);
  if (position == std::string_view::npos) return {text, {}};
  return {text.substr(0, position), text.substr(position + 1)};
}

bool IsVisibleAscii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; });
}

}  // namespace

Result<ContentRange> ParseContentRange(std::string_view field) {
  constexpr std::string_view kUnit = "bytes ";
  const std::string_view text = TrimBlanks(field);
  const bool has_unit =
      text.size() > kUnit.size() && EqualsIgnoringCase(text.substr(0, kUnit.size()), kUnit);
  const auto [range, total_text] = Cut(has_unit ? text.substr(kUnit.size()) : "", '/');
  const auto [first_text, last_text] = Cut(range, '-');
  const auto first = ParseDigits(first_text);
  const auto last = ParseDigits(last_text);
  const auto total = ParseDigits(total_text);
  if (!first || !last || !total || *first > *last) {
    return Fail(ErrorCode::kInvalidArgument,
                "say which bytes these are: Content-Range: bytes 0-99/1000");
  }
  if (*last >= *total) {
    return Fail(ErrorCode::kOutOfRange, "byte {} of a file of {}", *last, *total);
  }
  return ContentRange{.slice = {.offset = *first, .length = *last - *first + 1}, .total = *total};
}

Result<ByteCount> ParseByteCount(std::string_view field) {
  const auto count = ParseDigits(TrimBlanks(field));
  if (count) return *count;
  return Fail(ErrorCode::kInvalidArgument, "'{}' is no number of bytes", field.substr(0, 100));
}

Result<std::string> DecodeBase64(std::string_view text) {
  const auto malformed = [] {
    return Fail(ErrorCode::kInvalidArgument, "a value is not Base64 with padding");
  };
  if (text.size() % 4 != 0) return malformed();
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  std::string decoded;
  std::uint32_t bits = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_padding = i >= text.size() - padding;
    const std::size_t value = is_padding ? 0 : kBase64.find(text[i]);
    if (value == std::string_view::npos) return malformed();
    bits = bits << 6U | static_cast<std::uint32_t>(value);
    if (i % 4 != 3) continue;
    for (const unsigned shift : {16U, 8U, 0U}) decoded += static_cast<char>(bits >> shift & 0xffU);
    bits = 0;
  }
  decoded.resize(decoded.size() - padding);
  return decoded;
}

std::string EncodeBase64(std::string_view text) {
  std::string encoded;
  for (std::size_t i = 0; i < text.size(); i += 3) {
    const std::string_view group = text.substr(i, 3);
    std::uint32_t bits = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      bits = bits << 8U | (k < group.size() ? static_cast<unsigned char>(group[k]) : 0U);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      encoded += k <= group.size() ? kBase64[bits >> (18U - 6U * k) & 0x3fU] : '=';
    }
  }
  return encoded;
}

Result<UploadMetadata> ParseUploadMetadata(std::string_view field) {
  UploadMetadata metadata;
  std::string_view rest = TrimBlanks(field);
  while (!rest.empty()) {
    const auto [pair, behind] = Cut(rest, ',');
    rest = behind;
    const auto [key, value] = Cut(TrimBlanks(pair), ' ');
    const bool repeated =
        std::ranges::find(metadata, key, &UploadMetadata::value_type::first) != metadata.end();
    if (key.empty() || !IsVisibleAscii(key) || repeated || metadata.size() == kMetadataKeysMax) {
      return Fail(ErrorCode::kInvalidArgument, "Upload-Metadata is malformed");
    }
    TT_ASSIGN_OR_RETURN(std::string text, DecodeBase64(TrimBlanks(value)));
    metadata.emplace_back(key, std::move(text));
  }
  return metadata;
}

std::string FormatByteSlices(const std::vector<ByteSlice>& slices) {
  std::string text;
  for (const ByteSlice& slice : slices) {
    text += fmt::format("{}{}-{}", text.empty() ? "" : ",", slice.offset,
                        slice.offset + slice.length - 1);
  }
  return text;
}

}  // namespace tritontube::http
