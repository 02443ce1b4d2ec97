#include "transport/http/multipart.h"

#include <algorithm>

#include "transport/http/headers.h"
#include "transport/http/media_type.h"

namespace tritontube::http {

namespace {

constexpr std::size_t kBoundaryLengthMax = 70;  // RFC 2046, 5.1.1
constexpr std::size_t kPaddingMax = 64;         // Blanks behind a boundary.

void DropFront(blob::Bytes& rest, ByteCount count) {
  rest = rest.Slice(count, rest.size() - count);
}

std::string_view TextOf(const blob::Bytes& one_span) { return AsText(one_span.spans().front()); }

bool IsBoundaryCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("'()+_,-./:=? ").contains(c);
}

std::unexpected<Error> MalformedForm(std::string_view what) {
  return Fail(ErrorCode::kInvalidArgument, "the form is malformed: {}", what);
}

// Browsers send a quotation mark in a name as %22 (WHATWG HTML, 4.10.21.8).
std::string WithQuotes(std::string_view name) {
  std::string text(name);
  for (std::size_t at = text.find("%22"); at != std::string::npos; at = text.find("%22", at)) {
    text.replace(at++, 3, "\"");
  }
  return text;
}

bool HasControl(std::string_view text) {
  return std::ranges::any_of(text, [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F;
  });
}

Result<void> ReadDisposition(std::string_view value, PartBegin& part) {
  TT_ASSIGN_OR_RETURN(const ParameterizedValue disposition, ParseParameterizedValue(value));
  const auto name = disposition.Get("name");
  if (disposition.value != "form-data" || !name) return MalformedForm("a part has no field name");
  part.name = WithQuotes(*name);
  if (const auto file_name = disposition.Get("filename")) part.file_name = WithQuotes(*file_name);
  if (const auto extended = disposition.Get("filename*")) {
    std::optional<std::string> decoded = DecodeExtendedParameter(*extended);
    if (!decoded || HasControl(*decoded)) return MalformedForm("a file name cannot be decoded");
    part.file_name = *std::move(decoded);
  }
  return {};
}

Result<PartBegin> ParsePartHead(std::string_view head) {
  PartBegin part;
  bool has_disposition = false;
  while (!head.empty()) {
    const std::string_view line = head.substr(0, head.find("\r\n"));
    head.remove_prefix(std::min(line.size() + 2, head.size()));
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0 || HasControl(line)) {
      return MalformedForm("a part has a broken header");
    }
    const std::string_view name = line.substr(0, colon);
    const std::string_view value = TrimBlanks(line.substr(colon + 1));
    if (EqualsIgnoringCase(name, "Content-Disposition")) {
      if (std::exchange(has_disposition, true)) return MalformedForm("a part is named twice");
      TT_RETURN_IF_ERROR(ReadDisposition(value, part));
    } else if (EqualsIgnoringCase(name, "Content-Type")) {
      part.content_type = value;
    }
  }
  if (!has_disposition) return MalformedForm("a part has no Content-Disposition");
  return part;
}

}  // namespace

Result<MultipartParser> MultipartParser::ForContentType(std::string_view content_type,
                                                        MultipartLimits limits) {
  TT_ASSIGN_OR_RETURN(const ParameterizedValue type, ParseParameterizedValue(content_type));
  const std::string_view boundary = type.Get("boundary").value_or("");
  if (type.value != "multipart/form-data" || boundary.empty() ||
      boundary.size() > kBoundaryLengthMax || boundary.ends_with(' ') ||
      !std::ranges::all_of(boundary, IsBoundaryCharacter)) {
    return Fail(ErrorCode::kInvalidArgument,
                "the request must be multipart/form-data with a boundary");
  }
  return MultipartParser(boundary, limits);
}

MultipartParser::MultipartParser(std::string_view boundary, MultipartLimits limits)
    : delimiter_(fmt::format("\r\n--{}", boundary)), limits_(limits) {}

Result<std::vector<MultipartEvent>> MultipartParser::Push(const blob::Bytes& piece) {
  Events events;
  ByteCount offset = 0;
  for (const std::span<const std::byte> span : piece.spans()) {
    blob::Bytes rest = piece.Slice(offset, span.size());
    offset += span.size();
    while (!rest.empty()) TT_RETURN_IF_ERROR(Step(rest, events));
  }
  return events;
}

Result<void> MultipartParser::Finish() const {
  if (state_ != State::kEpilogue) return MalformedForm("it breaks off before its closing boundary");
  return {};
}

Result<void> MultipartParser::Step(blob::Bytes& rest, Events& events) {
  switch (state_) {
    case State::kPreamble:
    case State::kPartBody:
      return TakeContent(rest, events);
    case State::kAfterBoundary:
      return TakeAfterBoundary(rest, events);
    case State::kPartHead:
      return TakePartHead(rest, events);
    case State::kEpilogue:
      break;
  }
  rest = {};
  return {};
}

Result<void> MultipartParser::TakeContent(blob::Bytes& rest, Events& events) {
  if (!pending_.empty() && ContinueDelimiter(rest, events)) return {};
  const std::string_view text = TextOf(rest);
  const std::size_t found = text.find(delimiter_);
  if (found != std::string_view::npos) {
    EmitContent(rest.Slice(0, found), events);
    DropFront(rest, found + delimiter_.size());
    MeetDelimiter(events);
  } else {
    // The delimiter may begin in this piece's last bytes, with the last CR only.
    const std::size_t last = text.rfind('\r');
    const bool begins = last != std::string_view::npos && delimiter_.starts_with(text.substr(last));
    const std::size_t content_size = begins ? last : text.size();
    EmitContent(rest.Slice(0, content_size), events);
    pending_ = text.substr(content_size);
    rest = {};
  }
  if (preamble_bytes_ > limits_.part_head_bytes_max) {
    return MalformedForm("it does not begin with its boundary");
  }
  return {};
}

bool MultipartParser::ContinueDelimiter(blob::Bytes& rest, Events& events) {
  const std::string_view text = TextOf(rest);
  const std::string_view missing = std::string_view(delimiter_).substr(pending_.size());
  const std::size_t common = std::min(text.size(), missing.size());
  if (text.substr(0, common) != missing.substr(0, common)) {
    // Another delimiter cannot begin within what is pending: that has one CR.
    EmitContent(blob::Bytes(std::exchange(pending_, {})), events);
    return false;
  }
  if (common == missing.size()) {
    MeetDelimiter(events);
  } else {
    pending_ += text;
  }
  DropFront(rest, common);
  return true;
}

void MultipartParser::EmitContent(blob::Bytes bytes, Events& events) {
  if (state_ == State::kPreamble) {
    preamble_bytes_ += bytes.size();
  } else if (!bytes.empty()) {
    events.emplace_back(PartData{std::move(bytes)});
  }
}

void MultipartParser::MeetDelimiter(Events& events) {
  if (state_ == State::kPartBody) events.emplace_back(PartEnd{});
  state_ = State::kAfterBoundary;
  pending_.clear();
}

Result<void> MultipartParser::TakeAfterBoundary(blob::Bytes& rest, Events& events) {
  pending_ += TextOf(rest).front();
  DropFront(rest, 1);
  if (pending_ == "--") {
    state_ = State::kEpilogue;
    events.emplace_back(MultipartEnd{});
  } else if (pending_.ends_with("\r\n")) {
    if (!TrimBlanks(std::string_view(pending_).substr(0, pending_.size() - 2)).empty()) {
      return MalformedForm("text follows a boundary");
    }
    state_ = State::kPartHead;
    // As if a line had just ended, so that an empty head ends like any other.
    pending_ = "\r\n";
  } else if (pending_.size() > kPaddingMax) {
    return MalformedForm("text follows a boundary");
  }
  return {};
}

Result<void> MultipartParser::TakePartHead(blob::Bytes& rest, Events& events) {
  constexpr std::string_view kEnd = "\r\n\r\n";
  const std::size_t known = pending_.size();
  const std::size_t room = static_cast<std::size_t>(limits_.part_head_bytes_max) + kEnd.size();
  pending_ += TextOf(rest).substr(0, room - std::min(room, known));
  const std::size_t end = pending_.find(kEnd, known < kEnd.size() ? 0 : known - kEnd.size() + 1);
  if (end == std::string::npos) {
    if (pending_.size() >= room) {
      return Fail(ErrorCode::kResourceExhausted, "the headers of a form part exceed {} bytes",
                  limits_.part_head_bytes_max);
    }
    rest = {};
    return {};
  }
  DropFront(rest, end + kEnd.size() - known);
  TT_RETURN_IF_ERROR(BeginPart(std::string_view(pending_).substr(0, end), events));
  pending_.clear();
  state_ = State::kPartBody;
  return {};
}

Result<void> MultipartParser::BeginPart(std::string_view head, Events& events) {
  if (++part_count_ > limits_.part_count_max) {
    return Fail(ErrorCode::kResourceExhausted, "the form has more than {} parts",
                limits_.part_count_max);
  }
  // The head begins with the line end that pending_ was seeded with.
  TT_ASSIGN_OR_RETURN(PartBegin part,
                      ParsePartHead(head.substr(std::min<std::size_t>(2, head.size()))));
  events.emplace_back(std::move(part));
  return {};
}

}  // namespace tritontube::http
