#include "transport/rpc/payload_message.h"

#include <gtest/gtest.h>

#include "support/must.h"
#include "tritontube/v1/storage.pb.h"

namespace tritontube::rpc {
namespace {

using blob::Bytes;
using support::CodeOf;
using support::Must;
using v1::GetResponse;
using v1::PutRequest;

// The same bytes in spans of `size`.
Bytes InPieces(const std::string& text, std::size_t size) {
  Bytes bytes;
  for (std::size_t i = 0; i < text.size(); i += size) bytes.Append(Bytes(text.substr(i, size)));
  return bytes;
}

PutRequest RequestFor(const std::string& file) {
  PutRequest request;
  request.mutable_target()->set_node("node-a");
  request.add_blobs()->mutable_key()->set_file(file);
  return request;
}

TEST(PayloadMessage, IsWhatProtobufWritesAndReads) {
  PutRequest whole = RequestFor("a");
  const Bytes joined = WithPayload(whole, InPieces(std::string(300, 'x'), 7));
  whole.set_payload(std::string(300, 'x'));
  EXPECT_EQ(joined.Flatten(), whole.SerializeAsString());
}

TEST(PayloadMessage, ComesApartWhereverItsPiecesEnd) {
  PutRequest whole = RequestFor("some/file");
  whole.set_payload("0123456789");
  const std::string text = whole.SerializeAsString();
  for (std::size_t size = 1; size <= text.size(); ++size) {
    const auto [message, payload] = Must(ParseWithPayload<PutRequest>(InPieces(text, size)));
    EXPECT_EQ(message.blobs(0).key().file(), "some/file");
    EXPECT_EQ(message.payload(), "");
    EXPECT_EQ(payload.Flatten(), "0123456789");
  }
}

TEST(PayloadMessage, GivesThePayloadWithoutCopyingIt) {
  const Bytes payload(std::string(1000, 'p'));
  GetResponse header;
  header.set_xxh3(7);
  const auto split = Must(SplitPayload(WithPayload(header, payload)));
  EXPECT_EQ(split.payload.spans().at(0).data(), payload.spans().at(0).data());
}

TEST(PayloadMessage, MayHaveNoPayload) {
  GetResponse header;
  header.set_xxh3(7);
  const auto [message, payload] = Must(ParseWithPayload<GetResponse>(WithPayload(header, {})));
  EXPECT_EQ(message.xxh3(), 7U);
  EXPECT_TRUE(payload.empty());
  EXPECT_TRUE(Must(SplitPayload(Bytes())).header.empty());
}

TEST(PayloadMessage, RefusesWhatIsNotAMessage) {
  PutRequest whole = RequestFor("a");
  whole.set_payload("0123456789");
  const std::string text = whole.SerializeAsString();
  const std::vector<std::string> wrong{
      text.substr(0, text.size() - 1),                        // The payload is cut short.
      text + "x",                                             // Something stands behind it.
      text + text,                                            // Two of them.
      "{",                                                    // The tag of a group 15.
      "\x08",                                                 // A number without digits.
      std::string("\x00\x01", 2),                             // There is no field 0.
      "\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",         // A length near 2^64.
      "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f",         // More than 64 bits.
      "\x7a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01payload",  // The same for the payload.
  };
  for (const std::string& bytes : wrong) {
    EXPECT_EQ(CodeOf(SplitPayload(Bytes(bytes))), ErrorCode::kInvalidArgument) << bytes;
  }
}

TEST(PayloadMessage, RefusesAHeaderThatIsTooLarge) {
  const PutRequest request = RequestFor(std::string(kHeaderBytesMax, 'f'));
  EXPECT_EQ(CodeOf(SplitPayload(WithPayload(request, Bytes(std::string("p"))))),
            ErrorCode::kInvalidArgument);
}

TEST(PayloadMessage, RefusesAHeaderThatProtobufCannotRead) {
  const Bytes bytes = JoinPayload("\x0a\x02\x0a\x05", Bytes(std::string("p")));
  EXPECT_EQ(CodeOf(SplitPayload(bytes)), ErrorCode{});
  EXPECT_EQ(CodeOf(ParseWithPayload<PutRequest>(bytes)), ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace tritontube::rpc
