#include "adapters/storage_client/grpc_node_client.h"

#include <gtest/gtest.h>
#include <xxhash.h>

#include "adapters/storage_client/get_response_test.h"
#include "foundation/async/io_pool.h"
#include "foundation/async/sleep.h"
#include "support/blocking_blob_store.h"
#include "support/must.h"
#include "transport/rpc/payload_message.h"
#include "transport/rpc/server.h"
#include "tritontube/v1/storage.pb.h"

namespace tritontube::storage_client {
namespace {

using blob::Bytes;
using support::CodeOf;
using support::Must;
using support::TestKey;

// A server whose methods answer what they are told, and keep the last request.
class GrpcNodeClientTest : public testing::Test {
 protected:
  struct Method {
    Bytes request = {};
    std::vector<Result<Bytes>> answers = {};  // One after another; the last one stays.
    bool hangs = false;
  };

  void SetUp() override {
    rpc::Methods methods;
    for (const char* name : {"Put", "Get", "Stat", "RemoveUpload", "Scan", "Status", "Join"}) {
      Method& method = methods_[name];
      methods.unary[fmt::format("/tritontube.v1.Storage/{}", name)] = [&method](Bytes request,
                                                                                Deadline deadline) {
        return Answer(method, std::move(request), deadline);
      };
    }
    server_ = Must(rpc::Server::Start(pool_, std::move(methods), {}));
  }

  static async::Task<Result<Bytes>> Answer(Method& method, Bytes request, Deadline deadline) {
    method.request = std::move(request);
    if (method.hangs) co_await async::SleepUntil(deadline);
    if (method.answers.empty()) co_return Bytes();
    Result<Bytes> answer = method.answers.front();
    if (method.answers.size() > 1) method.answers.erase(method.answers.begin());
    co_return answer;
  }

  template <typename T>
  T Run(async::Task<T> task) {
    return async::BlockOn(pool_.executor(0), std::move(task));
  }
  static Deadline Soon() { return Deadline::After(std::chrono::seconds(20)); }
  replication::Target target() const {
    return {.cluster = *ClusterId::Parse("cluster-001"),
            .node = *NodeId::Parse("node-000001"),
            .address = fmt::format("localhost:{}", server_->port()),
            .epoch = 7};
  }
  template <typename Message>
  Message RequestOf(const char* method) {
    return Must(rpc::ParseWithPayload<Message>(methods_[method].request)).first;
  }

  std::map<std::string, Method> methods_;
  async::IoPool pool_{1};
  std::unique_ptr<rpc::Server> server_;
  GrpcNodeClient client_;
};

TEST_F(GrpcNodeClientTest, PutsABatchWithItsDigestsAndItsTarget) {
  std::vector<blob::Blob> batch;
  batch.push_back({.key = TestKey("a"), .bytes = Bytes(std::string(1U << 20U, 'a'))});
  batch.push_back({.key = TestKey("b"), .bytes = Bytes(std::string("bytes"))});
  const blob::Digest digest = blob::DigestOf(batch[1].bytes);
  ASSERT_TRUE(Run(client_.Put(target(), std::move(batch), Soon())).has_value());

  const auto [request, payload] =
      Must(rpc::ParseWithPayload<v1::PutRequest>(methods_["Put"].request));
  EXPECT_EQ(request.target().cluster(), "cluster-001");
  EXPECT_EQ(request.target().node(), "node-000001");
  EXPECT_EQ(request.target().epoch(), 7U);
  ASSERT_EQ(request.blobs_size(), 2);
  EXPECT_EQ(request.blobs(1).key().file(), "b");
  EXPECT_EQ(request.blobs(1).stat().size(), 5U);
  EXPECT_EQ(request.blobs(1).stat().digest().high(), digest.high);
  EXPECT_EQ(request.blobs(1).stat().digest().low(), digest.low);
  EXPECT_EQ(payload.Flatten(), std::string(1U << 20U, 'a') + "bytes");
}

TEST_F(GrpcNodeClientTest, GetsARangeAndChecksIt) {
  const auto get = [&] {
    return Run(
        client_.Get(target(), TestKey("a"), blob::ByteRange{.offset = 3, .length = 5}, Soon()));
  };
  methods_["Get"].answers = {GetResponseOf("bytes", XXH3_64bits("bytes", 5))};
  EXPECT_EQ(Must(get()).Flatten(), "bytes");
  const auto request = RequestOf<v1::GetRequest>("Get");
  EXPECT_EQ(request.key().file(), "a");
  EXPECT_EQ(request.range().offset(), 3U);
  EXPECT_EQ(request.range().length(), 5U);
  methods_["Get"].answers = {GetResponseOf("bytez", XXH3_64bits("bytes", 5))};
  EXPECT_EQ(CodeOf(get()), ErrorCode::kUnavailable);
}

TEST_F(GrpcNodeClientTest, GetsTheWholeBlobWithoutARange) {
  methods_["Get"].answers = {GetResponseOf("bytes", XXH3_64bits("bytes", 5))};
  EXPECT_EQ(Must(Run(client_.Get(target(), TestKey("a"), std::nullopt, Soon()))).Flatten(),
            "bytes");
  EXPECT_FALSE(RequestOf<v1::GetRequest>("Get").has_range());
}

TEST_F(GrpcNodeClientTest, PassesOnTheErrorsThatTheNodeGives) {
  for (const ErrorCode code :
       {ErrorCode::kNotFound, ErrorCode::kCorrupt, ErrorCode::kAborted, ErrorCode::kOutOfRange,
        ErrorCode::kAlreadyExists, ErrorCode::kResourceExhausted, ErrorCode::kUnavailable}) {
    methods_["Get"].answers = {Fail(code, "because")};
    methods_["Put"].answers = methods_["Get"].answers;
    EXPECT_EQ(CodeOf(Run(client_.Get(target(), TestKey("a"), std::nullopt, Soon()))), code);
    EXPECT_EQ(CodeOf(Run(client_.Put(target(), {}, Soon()))), code);
  }
}

TEST_F(GrpcNodeClientTest, ScansOnUntilSomethingIsFound) {
  v1::ScanResponse nothing_yet;
  nothing_yet.set_more(true);
  nothing_yet.mutable_last()->set_video(TestKey("m").video.text());
  nothing_yet.mutable_last()->set_upload(TestKey("m").upload.text());
  nothing_yet.mutable_last()->set_file("m");
  v1::ScanResponse found;
  *found.add_items()->mutable_key() = nothing_yet.last();
  found.mutable_items(0)->mutable_key()->set_file("z");
  methods_["Scan"].answers = {rpc::ToBytes(nothing_yet), rpc::ToBytes(found)};
  const auto upload = std::pair(TestKey("").video, TestKey("").upload);
  const blob::ScanPage page =
      Must(Run(client_.Scan(target(), {.upload = upload, .limit = 9}, Soon())));
  ASSERT_EQ(page.items.size(), 1U);
  EXPECT_EQ(page.items[0].key, TestKey("z"));
  const auto request = RequestOf<v1::ScanRequest>("Scan");
  EXPECT_EQ(request.after().file(), "m");
  EXPECT_EQ(request.upload(), upload.second.text());
  EXPECT_EQ(request.limit(), 9U);
}

TEST_F(GrpcNodeClientTest, RemovesJoinsAndAsksForStatAndStatus) {
  ASSERT_TRUE(Run(client_.RemoveUpload(target(), TestKey("").video, TestKey("").upload, Soon()))
                  .has_value());
  EXPECT_EQ(RequestOf<v1::RemoveUploadRequest>("RemoveUpload").video(), TestKey("").video.text());
  ASSERT_TRUE(Run(client_.Join(target(), {"etcd-1:2379"}, Soon())).has_value());
  EXPECT_EQ(RequestOf<v1::JoinRequest>("Join").etcd(0), "etcd-1:2379");

  v1::StatResponse stat;
  stat.mutable_stat()->set_size(5);
  stat.mutable_stat()->mutable_digest()->set_low(1);
  methods_["Stat"].answers = {rpc::ToBytes(stat)};
  EXPECT_EQ(Must(Run(client_.Stat(target(), TestKey("a"), Soon()))).size, 5U);
  EXPECT_EQ(RequestOf<v1::StatRequest>("Stat").key().file(), "a");

  v1::StatusResponse status;
  status.set_node("node-000001");
  status.set_free_bytes(9);
  methods_["Status"].answers = {rpc::ToBytes(status)};
  EXPECT_EQ(Must(Run(client_.Status(target().address, Soon()))).store.free_bytes, 9U);
}

TEST_F(GrpcNodeClientTest, EndsAtTheDeadlineWhenTheNodeHangs) {
  methods_["Get"].hangs = true;
  EXPECT_EQ(CodeOf(Run(client_.Get(target(), TestKey("a"), std::nullopt,
                                   Deadline::After(std::chrono::milliseconds(50))))),
            ErrorCode::kDeadlineExceeded);
}

TEST_F(GrpcNodeClientTest, IsUnavailableWhenNobodyAnswersThere) {
  replication::Target nobody = target();
  nobody.address = "localhost:1";
  EXPECT_EQ(CodeOf(Run(client_.Put(std::move(nobody), {}, Soon()))), ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace tritontube::storage_client
