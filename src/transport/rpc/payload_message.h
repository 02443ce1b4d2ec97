#pragma once

#include <limits>
#include <string>
#include <utility>

#include "base/error.h"
#include "core/blob/bytes.h"

// Protobuf messages whose payload is not copied: it is field 15, `bytes payload`, and the last on
// the wire. Any protobuf library reads and writes the same bytes.
//
// Templates, so that this module does not depend on protobuf.
namespace tritontube::rpc {

// Fields beside the payload: a batch's worth of names and digests.
inline constexpr std::size_t kHeaderBytesMax = std::size_t{4} << 20U;

// The serialised fields beside the payload, and the payload.
struct SplitMessage {
  std::string header;
  blob::Bytes payload = {};
};

// Requires: `header` has no field 15.
blob::Bytes JoinPayload(std::string header, blob::Bytes payload);
// kInvalidArgument when the bytes are no message, or anything follows the payload. The header is
// only walked through: protobuf parses it.
Result<SplitMessage> SplitPayload(const blob::Bytes& bytes);

template <typename Message>
blob::Bytes ToBytes(const Message& message) {
  return blob::Bytes(message.SerializeAsString());
}

// Requires: the message's own payload is not set.
template <typename Message>
blob::Bytes WithPayload(const Message& message, blob::Bytes payload) {
  return JoinPayload(message.SerializeAsString(), std::move(payload));
}

// For messages without payload.
template <typename Message>
Result<Message> ParseMessage(const blob::Bytes& bytes) {
  std::string scratch;
  const auto text = bytes.Contiguous(scratch);
  Message message;
  if (bytes.size() > std::numeric_limits<int>::max() ||
      !message.ParseFromArray(text.data(), static_cast<int>(text.size()))) {
    return Fail(ErrorCode::kInvalidArgument, "{} bytes are not a {}", bytes.size(),
                message.GetTypeName());
  }
  return message;
}

// The message without its payload, and the payload.
template <typename Message>
Result<std::pair<Message, blob::Bytes>> ParseWithPayload(const blob::Bytes& bytes) {
  TT_ASSIGN_OR_RETURN(SplitMessage split, SplitPayload(bytes));
  TT_ASSIGN_OR_RETURN(Message message, ParseMessage<Message>(blob::Bytes(std::move(split.header))));
  return std::pair(std::move(message), std::move(split.payload));
}

}  // namespace tritontube::rpc
