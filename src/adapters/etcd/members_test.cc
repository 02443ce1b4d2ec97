#include "adapters/etcd/members.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "adapters/etcd/etcd_coordination.h"
#include "etcd/etcd.pb.h"
#include "foundation/async/event.h"
#include "foundation/async/io_pool.h"
#include "support/must.h"
#include "transport/rpc/payload_message.h"
#include "transport/rpc/server.h"

namespace tritontube::etcd {
namespace {

using namespace std::chrono_literals;
using blob::Bytes;
using coordination::Operation;
using coordination::Txn;
using support::CodeOf;
using support::Must;
using testing::HasSubstr;

constexpr auto kLong = 30s;

// A member that says what a test tells it to.
class FakeMember {
 public:
  explicit FakeMember(async::IoPool& io) {
    rpc::Methods methods;
    methods.unary["/etcdserverpb.Maintenance/Status"] = std::bind_front(Status, this);
    methods.unary["/etcdserverpb.KV/Txn"] = std::bind_front(Answer, this);
    methods.unary["/etcdserverpb.KV/Range"] = std::bind_front(Answer, this);
    server_ = Must(rpc::Server::Start(io, std::move(methods), {.listen_host = "127.0.0.1"}));
    endpoint_ = fmt::format("127.0.0.1:{}", server_->port());
  }

  const std::string& endpoint() const { return endpoint_; }
  void Die() { server_.reset(); }

  std::string version = "3.4.23";
  std::uint64_t cluster = 7;
  std::optional<Error> error = {};  // What KV answers with.
  bool hangs = false;               // KV does not answer.
  std::atomic<int> asked = 0;

 private:
  static async::Task<Result<Bytes>> Status(FakeMember* self, Bytes /*request*/,
                                           Deadline /*deadline*/) {
    etcdserverpb::StatusResponse status;
    status.set_version(self->version);
    status.mutable_header()->set_cluster_id(self->cluster);
    co_return rpc::ToBytes(status);
  }

  static async::Task<Result<Bytes>> Answer(FakeMember* self, Bytes /*request*/,
                                           Deadline /*deadline*/) {
    ++self->asked;
    if (self->hangs) {
      co_await self->never_.WaitBeyond(0, Deadline::Never());
      co_return Fail(ErrorCode::kCancelled, "nobody waits any more");
    }
    if (self->error) co_return std::unexpected(*self->error);
    // The same fields as those of a RangeResponse.
    etcdserverpb::TxnResponse response;
    response.mutable_header()->set_revision(42);
    co_return rpc::ToBytes(response);
  }

  std::string endpoint_;
  async::Event never_;
  std::unique_ptr<rpc::Server> server_;
};

class EtcdMembers : public testing::Test {
 protected:
  Result<std::unique_ptr<EtcdCoordination>> TryOpen(Deadline deadline = Deadline::After(kLong)) {
    return async::BlockOn(
        io_.executor(0),
        EtcdCoordination::Open({.endpoints = {first_.endpoint(), second_.endpoint()},
                                .attempt_time = 300ms,
                                .commit_time = 500ms},
                               deadline));
  }

  Result<coordination::TxnAnswer> Commit(EtcdCoordination& engine, Txn txn) {
    return async::BlockOn(io_.executor(0), engine.Commit(std::move(txn), Deadline::After(kLong)));
  }
  Result<coordination::TxnAnswer> Put(EtcdCoordination& engine) {
    return Commit(engine, {.compares = {}, .then = {Operation::Put("a", "1")}});
  }
  Result<coordination::GetAnswer> Get(EtcdCoordination& engine,
                                      Deadline deadline = Deadline::After(kLong)) {
    return async::BlockOn(io_.executor(0), engine.Get("a", deadline));
  }

  async::IoPool servers_{1};
  async::IoPool io_{1};
  FakeMember first_{servers_};
  FakeMember second_{servers_};
};

TEST_F(EtcdMembers, AVersionThatLosesDataIsRefusedByName) {
  second_.version = "3.5.2";
  const auto refused = TryOpen();
  ASSERT_EQ(CodeOf(refused), ErrorCode::kFailedPrecondition);
  EXPECT_THAT(refused.error().message(), HasSubstr(second_.endpoint()));
  EXPECT_THAT(refused.error().message(), HasSubstr("3.5.2"));
}

TEST_F(EtcdMembers, AMemberOfAnotherClusterIsRefusedByName) {
  second_.cluster = 8;
  const auto refused = TryOpen();
  ASSERT_EQ(CodeOf(refused), ErrorCode::kFailedPrecondition);
  EXPECT_THAT(refused.error().message(), HasSubstr(second_.endpoint()));
}

TEST_F(EtcdMembers, OneMemberThatAnswersIsEnough) {
  first_.Die();
  const auto engine = Must(TryOpen());
  EXPECT_EQ(Must(Get(*engine)).revision, 42);
}

TEST_F(EtcdMembers, NoMemberAtAllIsUnavailable) {
  first_.Die();
  second_.Die();
  EXPECT_EQ(CodeOf(TryOpen(Deadline::After(300ms))), ErrorCode::kUnavailable);
}

TEST_F(EtcdMembers, AReadGoesOnToAMemberThatAnswers) {
  const auto engine = Must(TryOpen());
  first_.hangs = true;
  EXPECT_EQ(Must(Get(*engine)).revision, 42);
  EXPECT_EQ(first_.asked, 1);
  // And stays there.
  EXPECT_EQ(Must(Get(*engine)).revision, 42);
  EXPECT_EQ(first_.asked, 1);
}

TEST_F(EtcdMembers, AReadThatNobodyAnswersEndsAtItsDeadline) {
  const auto engine = Must(TryOpen());
  first_.hangs = second_.hangs = true;
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(CodeOf(Get(*engine, Deadline::After(700ms))), ErrorCode::kDeadlineExceeded);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 10s);
}

TEST_F(EtcdMembers, ACommitWhoseAnswerWasLostIsUnknownAndNotRepeated) {
  const auto engine = Must(TryOpen());
  for (const Error& error :
       {Error(ErrorCode::kUnavailable, "etcdserver: request timed out"),
        Error(ErrorCode::kUnavailable, "etcdserver: leader changed"),
        Error(ErrorCode::kUnavailable, "transport is closing"),
        Error(ErrorCode::kResourceExhausted, "grpc: received message larger than max")}) {
    first_.asked = second_.asked = 0;
    first_.error = second_.error = error;
    EXPECT_EQ(CodeOf(Put(*engine)), ErrorCode::kOutcomeUnknown) << error.message();
    EXPECT_EQ(first_.asked + second_.asked, 1) << error.message();
  }
}

TEST_F(EtcdMembers, ACommitOfASilentMemberIsUnknown) {
  const auto engine = Must(TryOpen());
  first_.hangs = true;
  EXPECT_EQ(CodeOf(Put(*engine)), ErrorCode::kOutcomeUnknown);
  EXPECT_EQ(second_.asked, 0);
  EXPECT_TRUE(Put(*engine).has_value());
}

TEST_F(EtcdMembers, ACommitThatCannotHaveHappenedGoesOnToTheNextMember) {
  const auto engine = Must(TryOpen());
  first_.error = Error(ErrorCode::kUnavailable, "etcdserver: no leader");
  EXPECT_EQ(Must(Put(*engine)).revision, 42);
  EXPECT_EQ(second_.asked, 1);
  first_.error = {};
  second_.Die();
  // Its connection may break under the first of these.
  const auto broken = Put(*engine);
  EXPECT_TRUE(broken || broken.error().code() == ErrorCode::kOutcomeUnknown);
  EXPECT_EQ(Must(Put(*engine)).revision, 42);
}

TEST_F(EtcdMembers, ACommitThatEtcdRefusesDidNotHappen) {
  const auto engine = Must(TryOpen());
  first_.error = Error(ErrorCode::kResourceExhausted, "etcdserver: mvcc: database space exceeded");
  EXPECT_EQ(CodeOf(Put(*engine)), ErrorCode::kResourceExhausted);
  first_.error = Error(ErrorCode::kNotFound, "etcdserver: requested lease not found");
  EXPECT_EQ(CodeOf(Put(*engine)), ErrorCode::kNotFound);
  first_.error = Error(ErrorCode::kDataLoss, "etcdserver: corrupt cluster");
  EXPECT_EQ(CodeOf(Put(*engine)), ErrorCode::kCorrupt);
  EXPECT_EQ(second_.asked, 0);
}

TEST_F(EtcdMembers, ATransactionThatOnlyReadsIsRepeated) {
  const auto engine = Must(TryOpen());
  first_.error = Error(ErrorCode::kUnavailable, "etcdserver: request timed out");
  const auto answer = Commit(*engine, {.compares = {}, .then = {Operation::Get("a")}});
  EXPECT_EQ(Must(answer).revision, 42);
}

}  // namespace
}  // namespace tritontube::etcd
