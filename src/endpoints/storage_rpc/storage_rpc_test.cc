#include <gtest/gtest.h>

#include "endpoints/storage_rpc/methods.h"
#include "endpoints/storage_rpc/wire_values.h"
#include "support/node_world.h"
#include "transport/rpc/channel.h"
#include "transport/rpc/payload_message.h"

namespace tritontube::storage_rpc {
namespace {

using blob::Bytes;
using support::CodeOf;
using support::Must;
using support::NodeWorld;
using support::Soon;
using support::TestKey;

// A node behind a real server, and a connection to it.
class StorageRpcTest : public testing::Test {
 protected:
  StorageRpcTest()
      : server_(Must(rpc::Server::Start(io_, StorageMethods(world_.node, "1.2.3"), {}))),
        channel_(fmt::format("localhost:{}", server_->port())) {}
  ~StorageRpcTest() override {
    async::BlockOn(io_.executor(0), server_->Stop(Deadline::After(std::chrono::seconds(5))));
  }

  Result<Bytes> CallRaw(const std::string& method, Bytes request) {
    return async::BlockOn(world_.pool.executor(0), channel_.Call("/tritontube.v1.Storage/" + method,
                                                                 std::move(request), Soon()));
  }
  template <typename Response, typename Request>
  Result<Response> Call(const std::string& method, const Request& request) {
    TT_ASSIGN_OR_RETURN(const Bytes answer, CallRaw(method, rpc::ToBytes(request)));
    return rpc::ParseMessage<Response>(answer);
  }
  template <typename Request>
  Request Addressed(topology::Epoch epoch = 1) {
    Request request;
    request.mutable_target()->set_cluster(world_.cluster.text());
    request.mutable_target()->set_node(world_.node.state()->node.text());
    request.mutable_target()->set_epoch(epoch);
    return request;
  }
  void Join() {
    auto request = Addressed<v1::JoinRequest>();
    request.add_etcd("localhost:2379");
    EXPECT_EQ(Must(Call<v1::JoinResponse>("Join", request)).epoch(), 1U);
    world_.node.SetRegistered();
  }
  Result<Bytes> Put(const std::vector<std::pair<std::string, std::string>>& blobs,
                    topology::Epoch epoch = 1) {
    auto request = Addressed<v1::PutRequest>(epoch);
    Bytes payload;
    for (const auto& [file, text] : blobs) {
      const storage_node::IncomingBlob blob = NodeWorld::Incoming(file, text);
      Write({.key = blob.key, .stat = blob.stat}, *request.add_blobs());
      payload.Append(blob.bytes);
    }
    return CallRaw("Put", rpc::WithPayload(request, std::move(payload)));
  }
  Result<std::string> Get(const std::string& file, topology::Epoch epoch = 1) {
    auto request = Addressed<v1::GetRequest>(epoch);
    Write(TestKey(file), *request.mutable_key());
    TT_ASSIGN_OR_RETURN(const Bytes answer, CallRaw("Get", rpc::ToBytes(request)));
    const auto [message, payload] = Must(rpc::ParseWithPayload<v1::GetResponse>(answer));
    EXPECT_EQ(message.xxh3(), ChecksumOf(payload));
    return payload.Flatten();
  }

  NodeWorld world_;
  async::IoPool io_{2};
  std::unique_ptr<rpc::Server> server_;
  rpc::Channel channel_;
};

TEST_F(StorageRpcTest, GivesBackWhatWasPut) {
  Join();
  const std::string large = support::Noise(ByteCount{20} << 20U, 1);
  Must(Put({{"a", "bytes"}, {"empty", ""}, {"large", large}}));
  EXPECT_EQ(Must(Get("a")), "bytes");
  EXPECT_EQ(Must(Get("empty")), "");
  EXPECT_TRUE(Must(Get("large")) == large);

  auto stat = Addressed<v1::StatRequest>();
  Write(TestKey("a"), *stat.mutable_key());
  const auto answer = Must(Call<v1::StatResponse>("Stat", stat));
  EXPECT_EQ(ReadStat(answer.stat()).size, 5U);
  EXPECT_EQ(ReadStat(answer.stat()).digest, blob::DigestOf(Bytes(std::string("bytes"))));
}

TEST_F(StorageRpcTest, ErrorsArriveAsTheyAre) {
  EXPECT_EQ(CodeOf(Get("a")), ErrorCode::kFailedPrecondition);
  Join();
  EXPECT_EQ(CodeOf(Get("a")), ErrorCode::kNotFound);
  Must(Put({{"a", "bytes"}}, 2));
  EXPECT_EQ(CodeOf(Put({{"b", "bytes"}}, 1)), ErrorCode::kAborted);
  EXPECT_EQ(CodeOf(Put({{"a", "other"}}, 2)), ErrorCode::kAlreadyExists);
  world_.store.Corrupt(TestKey("a"));
  EXPECT_EQ(CodeOf(Get("a", 2)), ErrorCode::kCorrupt);
  EXPECT_EQ(CodeOf(CallRaw("Put", Bytes(std::string("\xff")))), ErrorCode::kInvalidArgument);
  EXPECT_EQ(CodeOf(CallRaw("Burn", Bytes())), ErrorCode::kUnimplemented);
}

TEST_F(StorageRpcTest, GivesARange) {
  Join();
  Must(Put({{"a", "0123456789"}}));
  auto request = Addressed<v1::GetRequest>();
  Write(TestKey("a"), *request.mutable_key());
  request.mutable_range()->set_offset(2);
  request.mutable_range()->set_length(3);
  const Bytes answer = Must(CallRaw("Get", rpc::ToBytes(request)));
  EXPECT_EQ(Must(rpc::ParseWithPayload<v1::GetResponse>(answer)).second.Flatten(), "234");
}

TEST_F(StorageRpcTest, RemovesAnUploadAndScans) {
  Join();
  Must(Put({{"a", "1"}, {"b", "2"}}));
  auto scan = Addressed<v1::ScanRequest>();
  scan.set_limit(1);
  const auto page = Must(Call<v1::ScanResponse>("Scan", scan));
  ASSERT_EQ(page.items_size(), 1);
  EXPECT_TRUE(page.more());
  EXPECT_EQ(Must(ReadKey(page.last())), TestKey("a"));
  std::string slots(placement::kSlotCount / 8, '\0');
  const placement::Slot slot = placement::SlotOf(TestKey("b"));
  slots[slot / 8U] = static_cast<char>(1U << slot % 8U);
  scan.set_slots(slots);
  const auto of_slot = Must(Call<v1::ScanResponse>("Scan", scan));
  ASSERT_EQ(of_slot.items_size(), 1);
  EXPECT_EQ(Must(ReadKey(of_slot.items(0).key())), TestKey("b"));

  auto remove = Addressed<v1::RemoveUploadRequest>();
  remove.set_video(TestKey("a").video.text());
  remove.set_upload(TestKey("a").upload.text());
  Must(Call<v1::RemoveUploadResponse>("RemoveUpload", remove));
  EXPECT_EQ(world_.store.blob_count(), 0U);
}

TEST_F(StorageRpcTest, GivesDigests) {
  Join();
  Must(Put({{"a", "1"}}));
  const auto answer = Must(Call<v1::DigestsResponse>("Digests", Addressed<v1::DigestsRequest>()));
  ASSERT_EQ(answer.digests_size(), static_cast<int>(placement::kSlotCount));
  const v1::SlotDigest& digest = answer.digests(placement::SlotOf(TestKey("a")));
  EXPECT_EQ(digest.slot(), placement::SlotOf(TestKey("a")));
  EXPECT_EQ(digest.blobs(), 1U);
  EXPECT_NE(digest.sum().low(), 0U);
}

TEST_F(StorageRpcTest, ConfirmsWhatItHas) {
  Join();
  Must(Put({{"a", "1"}}));
  auto request = Addressed<v1::ConfirmRequest>();
  const blob::Bytes bytes(std::string("1"));
  const blob::BlobStat stat{.size = 1, .digest = blob::DigestOf(bytes)};
  Write(blob::ScanItem{.key = TestKey("a"), .stat = stat}, *request.add_blobs());
  Write(blob::ScanItem{.key = TestKey("b"), .stat = stat}, *request.add_blobs());
  const auto answer = Must(Call<v1::ConfirmResponse>("Confirm", request));
  ASSERT_EQ(answer.confirmed_size(), 2);
  EXPECT_TRUE(answer.confirmed(0));
  EXPECT_FALSE(answer.confirmed(1));
}

TEST_F(StorageRpcTest, TellsItsStatusToAnybody) {
  const auto before = Must(Call<v1::StatusResponse>("Status", v1::StatusRequest()));
  EXPECT_EQ(before.cluster(), "");
  EXPECT_EQ(before.node(), world_.node.state()->node.text());
  EXPECT_EQ(before.version(), "1.2.3");
  EXPECT_GT(before.capacity_bytes(), 0U);
  Join();
  const auto after = Must(Call<v1::StatusResponse>("Status", v1::StatusRequest()));
  EXPECT_EQ(after.cluster(), world_.cluster.text());
  EXPECT_EQ(after.epoch(), 1U);
  EXPECT_FALSE(after.incomplete());
  EXPECT_FALSE(after.has_pulling());
  world_.node.SetPulling(replication::PullProgress{
      .plan = 7, .slots = 4, .slots_done = 1, .moved = {.files = 2, .bytes = 3}});
  const auto pulling = Must(Call<v1::StatusResponse>("Status", v1::StatusRequest())).pulling();
  EXPECT_EQ(pulling.plan(), 7U);
  EXPECT_EQ(pulling.slots(), 4U);
  EXPECT_EQ(pulling.slots_done(), 1U);
  EXPECT_EQ(pulling.files(), 2U);
  EXPECT_EQ(pulling.bytes(), 3U);
}

}  // namespace
}  // namespace tritontube::storage_rpc
