// A message with its payload behind it, as another process sends it: nothing of it is believed,
// and protobuf reads the same in it as we do.
#include <cstdint>
#include <string>

#include "base/assert.h"
#include "transport/rpc/payload_message.h"
#include "tritontube/v1/storage.pb.h"

namespace tritontube::rpc {
namespace {

blob::Bytes InPieces(const std::string& text, std::size_t size) {
  blob::Bytes bytes;
  for (std::size_t i = 0; i < text.size(); i += size) {
    bytes.Append(blob::Bytes(text.substr(i, size)));
  }
  return bytes;
}

void CheckAgainstProtobuf(const blob::Bytes& bytes, const std::string& text) {
  const auto parsed = ParseWithPayload<v1::PutRequest>(bytes);
  if (!parsed) return;
  v1::PutRequest whole;
  TT_ASSERT(whole.ParseFromString(text), "protobuf refuses what we take");
  TT_ASSERT(parsed->first.payload().empty(), "a payload in the header");
  TT_ASSERT(whole.payload() == parsed->second.Flatten(), "protobuf finds another payload");
  TT_ASSERT(whole.blobs_size() == parsed->first.blobs_size(), "protobuf finds other fields");
}

void Check(const std::string& text, std::size_t piece_size) {
  const blob::Bytes bytes = InPieces(text, piece_size);
  const auto split = SplitPayload(bytes);
  const auto in_one_piece = SplitPayload(blob::Bytes(text));
  TT_ASSERT(split.has_value() == in_one_piece.has_value(), "the pieces make a difference");
  if (!split) return;
  TT_ASSERT(split->header == in_one_piece->header, "the pieces make a difference");
  TT_ASSERT(text.starts_with(split->header), "the header is not from the message");
  TT_ASSERT(text.ends_with(split->payload.Flatten()), "the payload is not from the message");
  const auto again = SplitPayload(JoinPayload(split->header, split->payload));
  TT_ASSERT(again && again->header == split->header, "what was joined comes apart otherwise");
  CheckAgainstProtobuf(bytes, text);
}

}  // namespace
}  // namespace tritontube::rpc

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  // The first byte says how long the pieces are in which the message arrives.
  const std::string text(reinterpret_cast<const char*>(data + 1), size - 1);
  tritontube::rpc::Check(text, data[0] % 16 + 1U);
  return 0;
}
