#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "core/blob/bytes.h"

namespace tritontube::http {

struct PartBegin {
  std::string name;                      // Of the form's field.
  std::optional<std::string> file_name;  // As sent: data, never a path. Any bytes but control.
  std::string content_type;              // Empty when not given.
};
struct PartData {
  blob::Bytes bytes;  // Shares the buffer that was pushed.
};
struct PartEnd {};
struct MultipartEnd {};
using MultipartEvent = std::variant<PartBegin, PartData, PartEnd, MultipartEnd>;

struct MultipartLimits {
  ByteCount part_head_bytes_max = ByteCount{8} << 10U;
  std::size_t part_count_max = 64;
};

// Takes a multipart/form-data body (RFC 7578) apart while it arrives, in pieces
// of any size. Pure; holds at most one part's headers and one boundary. After
// an error it is of no more use.
class MultipartParser {
 public:
  // From the Content-Type of the request; kInvalidArgument when that is not
  // multipart/form-data with a boundary of 1 to 70 characters.
  static Result<MultipartParser> ForContentType(std::string_view content_type,
                                                MultipartLimits limits = {});

  // What the next piece of the body brings. kInvalidArgument when the body is
  // malformed, kResourceExhausted beyond a limit.
  Result<std::vector<MultipartEvent>> Push(const blob::Bytes& piece);
  // To be called where the body ends: kInvalidArgument when it broke off.
  Result<void> Finish() const;

 private:
  enum class State : std::uint8_t { kPreamble, kAfterBoundary, kPartHead, kPartBody, kEpilogue };
  using Events = std::vector<MultipartEvent>;

  MultipartParser(std::string_view boundary, MultipartLimits limits);
  // Each takes from the front of `rest`, which is one span, at least a byte.
  Result<void> Step(blob::Bytes& rest, Events& events);
  Result<void> TakeContent(blob::Bytes& rest, Events& events);
  Result<void> TakeAfterBoundary(blob::Bytes& rest, Events& events);
  Result<void> TakePartHead(blob::Bytes& rest, Events& events);
  // True when what was pending became the delimiter, or may still.
  bool ContinueDelimiter(blob::Bytes& rest, Events& events);
  Result<void> BeginPart(std::string_view head, Events& events);
  void EmitContent(blob::Bytes bytes, Events& events);
  void MeetDelimiter(Events& events);

  std::string delimiter_;  // CR LF -- boundary; its only CR is the first byte.
  MultipartLimits limits_;
  State state_ = State::kPreamble;
  // Bytes whose meaning is not known yet: the beginning of a delimiter, or of a
  // part's head. A body begins as if a line had just ended.
  std::string pending_ = "\r\n";
  ByteCount preamble_bytes_ = 0;
  std::size_t part_count_ = 0;
};

}  // namespace tritontube::http
