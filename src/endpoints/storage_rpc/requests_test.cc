#include "endpoints/storage_rpc/requests.h"

#include <gtest/gtest.h>

#include <limits>

#include "support/blocking_blob_store.h"
#include "support/must.h"
#include "transport/rpc/payload_message.h"
#include "tritontube/v1/storage.pb.h"

namespace tritontube::storage_rpc {
namespace {

using support::CodeOf;
using support::Must;
using support::TestKey;

constexpr const char* kCluster = "cluster-abc";
constexpr const char* kNode = "node-abcdef";

template <typename Message>
Message Addressed() {
  Message message;
  message.mutable_target()->set_cluster(kCluster);
  message.mutable_target()->set_node(kNode);
  message.mutable_target()->set_epoch(7);
  return message;
}

void SetKey(v1::BlobKey& key, const std::string& file) {
  key.set_video(TestKey(file).video.text());
  key.set_upload(TestKey(file).upload.text());
  key.set_file(file);
}

v1::PutRequest PutOf(const std::vector<std::pair<std::string, ByteCount>>& blobs) {
  auto message = Addressed<v1::PutRequest>();
  for (const auto& [file, size] : blobs) {
    v1::StoredBlob& blob = *message.add_blobs();
    SetKey(*blob.mutable_key(), file);
    blob.mutable_stat()->set_size(size);
    blob.mutable_stat()->mutable_digest()->set_high(1);
    blob.mutable_stat()->mutable_digest()->set_low(2);
  }
  return message;
}

Result<PutCall> Parse(const v1::PutRequest& message, std::string payload) {
  return ParsePut(rpc::WithPayload(message, blob::Bytes(std::move(payload))));
}

template <typename Message, typename Parser>
ErrorCode CodeOfParsing(const Message& message, Parser parse) {
  return CodeOf(parse(rpc::ToBytes(message)));
}

TEST(Requests, APutIsCutIntoItsBlobs) {
  const PutCall call = Must(Parse(PutOf({{"a", 3}, {"empty", 0}, {"b", 2}}), "aaabb"));
  EXPECT_EQ(call.target.cluster.text(), kCluster);
  EXPECT_EQ(call.target.node.text(), kNode);
  EXPECT_EQ(call.target.epoch, 7U);
  ASSERT_EQ(call.batch.size(), 3U);
  EXPECT_EQ(call.batch[0].key, TestKey("a"));
  EXPECT_EQ(call.batch[0].bytes.Flatten(), "aaa");
  EXPECT_EQ(call.batch[0].stat.digest, (blob::Digest{.high = 1, .low = 2}));
  EXPECT_TRUE(call.batch[1].bytes.empty());
  EXPECT_EQ(call.batch[2].bytes.Flatten(), "bb");
}

TEST(Requests, APutWhoseSizesDoNotAddUpIsRefused) {
  EXPECT_EQ(CodeOf(Parse(PutOf({{"a", 3}, {"b", 2}}), "aaab")), ErrorCode::kInvalidArgument);
  EXPECT_EQ(CodeOf(Parse(PutOf({{"a", 3}, {"b", 2}}), "aaabbb")), ErrorCode::kInvalidArgument);
  // Their sum is small only because it overflows.
  EXPECT_EQ(CodeOf(Parse(PutOf({{"a", 3}, {"b", ~ByteCount{0}}, {"c", 3}}), "aaabb")),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(CodeOf(Parse(PutOf({}), "a")), ErrorCode::kInvalidArgument);
  EXPECT_TRUE(Must(Parse(PutOf({}), "")).batch.empty());
}

TEST(Requests, APutOfTooManyBlobsIsRefused) {
  std::vector<std::pair<std::string, ByteCount>> blobs;
  blobs.reserve(kBlobsPerPutMax + 1);
  for (int i = 0; i < kBlobsPerPutMax; ++i) blobs.emplace_back(fmt::format("f{}", i), 0);
  Must(Parse(PutOf(blobs), ""));
  blobs.emplace_back("one-more", 0);
  EXPECT_EQ(CodeOf(Parse(PutOf(blobs), "")), ErrorCode::kInvalidArgument);
}

TEST(Requests, IdsAndNamesThatAreNoneAreRefused) {
  for (const char* id : {"", "short", "../../../etc", "cluster-abcd"}) {
    auto message = Addressed<v1::StatRequest>();
    SetKey(*message.mutable_key(), "a");
    Must(ParseStat(rpc::ToBytes(message)));
    message.mutable_target()->set_cluster(id);
    EXPECT_EQ(CodeOfParsing(message, ParseStat), ErrorCode::kInvalidArgument);
    message.mutable_target()->set_cluster(kCluster);
    message.mutable_target()->set_node(id);
    EXPECT_EQ(CodeOfParsing(message, ParseStat), ErrorCode::kInvalidArgument);
    message.mutable_target()->set_node(kNode);
    message.mutable_key()->set_upload(id);
    EXPECT_EQ(CodeOfParsing(message, ParseStat), ErrorCode::kInvalidArgument);
  }
  for (const std::string& file : {std::string(), std::string("a/b"), std::string(129, 'a')}) {
    auto message = Addressed<v1::GetRequest>();
    SetKey(*message.mutable_key(), file);
    EXPECT_EQ(CodeOfParsing(message, ParseGet), ErrorCode::kInvalidArgument);
  }
}

TEST(Requests, WhatIsNoMessageIsRefused) {
  const blob::Bytes noise(std::string("\xff\xff\xff\xff noise"));
  EXPECT_EQ(CodeOf(ParseJoin(noise)), ErrorCode::kInvalidArgument);
  EXPECT_EQ(CodeOf(ParsePut(noise)), ErrorCode::kInvalidArgument);
  EXPECT_EQ(CodeOf(ParseScan(noise)), ErrorCode::kInvalidArgument);
  EXPECT_EQ(CodeOf(ParseConfirm(blob::Bytes())), ErrorCode::kInvalidArgument);
}

TEST(Requests, AGetIsOfTheWholeBlobUnlessItNamesARange) {
  auto message = Addressed<v1::GetRequest>();
  SetKey(*message.mutable_key(), "a");
  EXPECT_EQ(Must(ParseGet(rpc::ToBytes(message))).range, std::nullopt);
  message.mutable_range()->set_offset(3);
  EXPECT_EQ(Must(ParseGet(rpc::ToBytes(message))).range,
            (blob::ByteRange{.offset = 3, .length = 0}));
}

TEST(Requests, AJoinNamesEndpointsThatCanBeOnes) {
  auto message = Addressed<v1::JoinRequest>();
  message.add_etcd("etcd-1:2379");
  message.add_etcd("[::1]:2379");
  EXPECT_EQ(Must(ParseJoin(rpc::ToBytes(message))).etcd,
            (std::vector<std::string>{"etcd-1:2379", "[::1]:2379"}));
  message.add_etcd("nonsense");
  EXPECT_EQ(CodeOfParsing(message, ParseJoin), ErrorCode::kInvalidArgument);
  message.clear_etcd();
  for (int i = 0; i <= kEndpointsMax; ++i) message.add_etcd("etcd-1:2379");
  EXPECT_EQ(CodeOfParsing(message, ParseJoin), ErrorCode::kInvalidArgument);
}

TEST(Requests, AScanIsOfAllOfAnUploadOrOfSomeSlots) {
  auto message = Addressed<v1::ScanRequest>();
  const ScanCall all = Must(ParseScan(rpc::ToBytes(message)));
  EXPECT_EQ(all.request.upload, std::nullopt);
  EXPECT_EQ(all.request.limit, 1000U);
  message.set_limit(~std::uint32_t{0});
  EXPECT_EQ(Must(ParseScan(rpc::ToBytes(message))).request.limit, kItemsPerPageMax);
  std::string slots(placement::kSlotCount / 8, '\0');
  slots.front() = 2;
  slots.back() = static_cast<char>(0x80);
  message.set_slots(slots);
  SetKey(*message.mutable_after(), "a");
  const ScanCall of_slots = Must(ParseScan(rpc::ToBytes(message)));
  EXPECT_EQ(of_slots.slots, placement::SlotSet().set(1).set(placement::kSlotCount - 1));
  EXPECT_EQ(of_slots.request.after, TestKey("a"));
  message.set_video(TestKey("a").video.text());
  EXPECT_EQ(CodeOfParsing(message, ParseScan), ErrorCode::kInvalidArgument);
  message.set_upload(TestKey("a").upload.text());
  EXPECT_EQ(CodeOfParsing(message, ParseScan), ErrorCode::kInvalidArgument);
  message.clear_slots();
  EXPECT_EQ(Must(ParseScan(rpc::ToBytes(message))).request.upload,
            std::pair(TestKey("a").video, TestKey("a").upload));
}

TEST(Requests, DigestsMayBeOfNowOrAsOldAsTheCallerTakesThem) {
  auto message = Addressed<v1::DigestsRequest>();
  EXPECT_EQ(Must(ParseDigests(rpc::ToBytes(message))).age_max, std::chrono::milliseconds(0));
  message.set_age_max_milliseconds(2500);
  EXPECT_EQ(Must(ParseDigests(rpc::ToBytes(message))).age_max, std::chrono::milliseconds(2500));
  message.set_age_max_milliseconds(std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(Must(ParseDigests(rpc::ToBytes(message))).age_max, std::chrono::hours(24));
}

TEST(Requests, SlotsThatDoNotExistAreRefused) {
  auto scan = Addressed<v1::ScanRequest>();
  scan.set_slots(std::string((placement::kSlotCount / 8) + 1, '\1'));
  EXPECT_EQ(CodeOfParsing(scan, ParseScan), ErrorCode::kInvalidArgument);
}

TEST(Requests, AConfirmationIsOfAsManyBlobsAsAreAllowed) {
  auto message = Addressed<v1::ConfirmRequest>();
  for (int i = 0; i < kConfirmationsMax; ++i) SetKey(*message.add_blobs()->mutable_key(), "a");
  EXPECT_EQ(Must(ParseConfirm(rpc::ToBytes(message))).request.items.size(), kConfirmationsMax);
  SetKey(*message.add_blobs()->mutable_key(), "../a");
  EXPECT_EQ(CodeOfParsing(message, ParseConfirm), ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace tritontube::storage_rpc
