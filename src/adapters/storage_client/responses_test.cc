#include "adapters/storage_client/responses.h"

#include <gtest/gtest.h>
#include <xxhash.h>

#include "adapters/storage_client/get_response_test.h"
#include "adapters/storage_client/requests.h"
#include "support/blocking_blob_store.h"
#include "support/must.h"
#include "transport/rpc/payload_message.h"
#include "tritontube/v1/storage.pb.h"

namespace tritontube::storage_client {
namespace {

using support::CodeOf;
using support::Must;
using support::TestKey;

TEST(GetResponse, GivesTheBytesThatWereSent) {
  EXPECT_EQ(Must(ParseGet(GetResponseOf("bytes"), std::nullopt)).Flatten(), "bytes");
  EXPECT_EQ(
      Must(ParseGet(GetResponseOf("bytes"), blob::ByteRange{.offset = 9, .length = 5})).Flatten(),
      "bytes");
  EXPECT_TRUE(Must(ParseGet(GetResponseOf(""), std::nullopt)).empty());
}

TEST(GetResponse, IsRefusedWhenItsBytesWereChangedOnTheWay) {
  const auto sum = XXH3_64bits("bytes", 5);
  EXPECT_EQ(CodeOf(ParseGet(GetResponseOf("bytez", sum), std::nullopt)), ErrorCode::kUnavailable);
  EXPECT_EQ(CodeOf(ParseGet(GetResponseOf("", sum), std::nullopt)), ErrorCode::kUnavailable);
}

TEST(GetResponse, IsRefusedWhenItIsNotAsLongAsTheRange) {
  EXPECT_EQ(CodeOf(ParseGet(GetResponseOf("bytes"), blob::ByteRange{.offset = 0, .length = 4})),
            ErrorCode::kUnavailable);
  EXPECT_EQ(CodeOf(ParseGet(GetResponseOf("bytes"), blob::ByteRange{.offset = 0, .length = 6})),
            ErrorCode::kUnavailable);
}

TEST(StatResponse, NeedsAStat) {
  v1::StatResponse message;
  EXPECT_EQ(CodeOf(ParseStat(rpc::ToBytes(message))), ErrorCode::kUnavailable);
  message.mutable_stat()->set_size(5);
  message.mutable_stat()->mutable_digest()->set_high(1);
  message.mutable_stat()->mutable_digest()->set_low(2);
  const blob::BlobStat stat = Must(ParseStat(rpc::ToBytes(message)));
  EXPECT_EQ(stat.size, 5U);
  EXPECT_EQ(stat.digest, (blob::Digest{.high = 1, .low = 2}));
}

void Write(const blob::BlobKey& key, v1::BlobKey& message) {
  message.set_video(key.video.text());
  message.set_upload(key.upload.text());
  message.set_file(key.file);
}

v1::ScanResponse ScanResponseOf(const std::vector<blob::BlobKey>& keys, bool more = false) {
  v1::ScanResponse message;
  for (const blob::BlobKey& key : keys) Write(key, *message.add_items()->mutable_key());
  message.set_more(more);
  return message;
}

ErrorCode CodeOfScan(const v1::ScanResponse& message, const blob::ScanRequest& request) {
  return CodeOf(ParseScan(rpc::ToBytes(message), request));
}

TEST(ScanResponse, GivesItsItems) {
  const auto answer =
      Must(ParseScan(rpc::ToBytes(ScanResponseOf({TestKey("a"), TestKey("b")}, true)), {}));
  ASSERT_EQ(answer.page.items.size(), 2U);
  EXPECT_EQ(answer.page.items[1].key, TestKey("b"));
  EXPECT_TRUE(answer.page.more);
  EXPECT_FALSE(answer.last.has_value());
}

TEST(ScanResponse, IsRefusedWhenItIsNotWhatWasAskedFor) {
  const auto message = ScanResponseOf({TestKey("a"), TestKey("b")});
  EXPECT_EQ(CodeOfScan(message, {.limit = 2}), ErrorCode{});
  EXPECT_EQ(CodeOfScan(message, {.limit = 1}), ErrorCode::kUnavailable);
  EXPECT_EQ(CodeOfScan(message, {.after = TestKey("a")}), ErrorCode::kUnavailable);
  const auto other = std::pair(TestKey("", 2).video, TestKey("", 2).upload);
  EXPECT_EQ(CodeOfScan(message, {.upload = other}), ErrorCode::kUnavailable);
  EXPECT_EQ(CodeOfScan(ScanResponseOf({TestKey("b"), TestKey("a")}), {}), ErrorCode::kUnavailable);
  EXPECT_EQ(CodeOfScan(ScanResponseOf({TestKey("a"), TestKey("a")}), {}), ErrorCode::kUnavailable);
  EXPECT_EQ(CodeOfScan(ScanResponseOf({TestKey("a/b")}), {}), ErrorCode::kUnavailable);
}

TEST(ScanResponse, GoesForwardWhenItFoundNothingYet) {
  auto message = ScanResponseOf({}, true);
  EXPECT_EQ(CodeOfScan(message, {}), ErrorCode::kUnavailable);
  Write(TestKey("b"), *message.mutable_last());
  EXPECT_EQ(Must(ParseScan(rpc::ToBytes(message), {})).last, TestKey("b"));
  EXPECT_EQ(CodeOfScan(message, {.after = TestKey("b")}), ErrorCode::kUnavailable);
}

TEST(StatusResponse, NamesANodeAndPerhapsACluster) {
  v1::StatusResponse message;
  EXPECT_EQ(CodeOf(ParseStatus(rpc::ToBytes(message))), ErrorCode::kUnavailable);
  message.set_node("node-000001");
  EXPECT_FALSE(Must(ParseStatus(rpc::ToBytes(message))).cluster.has_value());
  message.set_cluster("no id");
  EXPECT_EQ(CodeOf(ParseStatus(rpc::ToBytes(message))), ErrorCode::kUnavailable);
  message.set_cluster("cluster-001");
  EXPECT_EQ(Must(ParseStatus(rpc::ToBytes(message))).cluster, ClusterId::Parse("cluster-001"));
}

TEST(EveryResponse, MayBeNoMessageAtAll) {
  const blob::Bytes bytes(std::string(20, '\xFF'));
  EXPECT_EQ(CodeOf(ParseGet(bytes, std::nullopt)), ErrorCode::kUnavailable);
  EXPECT_EQ(CodeOf(ParseStat(bytes)), ErrorCode::kUnavailable);
  EXPECT_EQ(CodeOf(ParseScan(bytes, {})), ErrorCode::kUnavailable);
  EXPECT_EQ(CodeOf(ParseStatus(bytes)), ErrorCode::kUnavailable);
}

TEST(PutRequest, SharesTheBytesOfTheBlobs) {
  const replication::Target target{.cluster = *ClusterId::Parse("cluster-001"),
                                   .node = *NodeId::Parse("node-000001"),
                                   .address = "a:1"};
  const blob::Bytes payload(std::string(1000, 'x'));
  const blob::Bytes request = PutRequest(target, {{.key = TestKey("a"), .bytes = payload}});
  EXPECT_EQ(request.spans().back().data(), payload.spans().front().data());
}

}  // namespace
}  // namespace tritontube::storage_client
