#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <chrono>
#include <thread>
#include <vector>

#include "base/assert.h"
#include "foundation/async/io_pool.h"
#include "foundation/async/task_group.h"
#include "segments.grpc.pb.h"
#include "support/blocking_blob_store.h"
#include "transport/rpc/channel.h"
#include "transport/rpc/payload_message.h"
#include "transport/rpc/server.h"

// How fast 1 MiB comes over our RPC, against gRPC's synchronous API. See ../README.md.
namespace tritontube {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kBytes = std::size_t{1} << 20U;
constexpr int kCalls = 1500;
constexpr int kAtOnce = 16;
constexpr int kRounds = 5;

double PerSecond(Clock::time_point since) {
  return kCalls / std::chrono::duration<double>(Clock::now() - since).count();
}

class SynchronousService final : public bench::Segments::Service {
 public:
  explicit SynchronousService(std::string bytes) : bytes_(std::move(bytes)) {}
  grpc::Status Get(grpc::ServerContext* /*context*/, const bench::GetRequest* /*request*/,
                   bench::GetResponse* response) override {
    response->set_payload(bytes_);
    return grpc::Status::OK;
  }

 private:
  const std::string bytes_;
};

class Synchronous {
 public:
  explicit Synchronous(const std::string& bytes) : service_(bytes) {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    stub_ = bench::Segments::NewStub(
        grpc::CreateChannel(fmt::format("127.0.0.1:{}", port), grpc::InsecureChannelCredentials()));
  }

  double Measure() {
    std::atomic<int> left = kCalls;
    const auto began = Clock::now();
    {
      std::vector<std::jthread> callers;
      for (int i = 0; i < kAtOnce; ++i) callers.emplace_back([&] { Call(left); });
    }
    return PerSecond(began);
  }

 private:
  void Call(std::atomic<int>& left) {
    while (left.fetch_sub(1) > 0) {
      grpc::ClientContext context;
      bench::GetRequest request;
      bench::GetResponse response;
      const grpc::Status status = stub_->Get(&context, request, &response);
      TT_ASSERT(status.ok() && response.payload().size() == kBytes, "a call failed");
    }
  }

  SynchronousService service_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<bench::Segments::Stub> stub_;
};

class Ours {
 public:
  explicit Ours(const std::string& bytes) : bytes_(bytes) {
    rpc::Methods methods;
    methods.unary["/bench.Segments/Get"] = [this](const blob::Bytes& /*request*/,
                                                  Deadline /*deadline*/) { return Answer(); };
    server_ = rpc::Server::Start(io_, std::move(methods), {.listen_host = "127.0.0.1"}).value();
    channel_ = std::make_unique<rpc::Channel>(fmt::format("127.0.0.1:{}", server_->port()),
                                              rpc::ChannelOptions{.connections = 4});
  }
  ~Ours() {
    channel_.reset();
    async::BlockOn(io_.executor(0), server_->Stop(Deadline::After(std::chrono::seconds(1))));
  }
  Ours(const Ours&) = delete;
  Ours& operator=(const Ours&) = delete;

  double Measure() {
    int left = kCalls;
    const auto began = Clock::now();
    async::BlockOn(io_.executor(1), CallAll(left));
    return PerSecond(began);
  }

 private:
  async::Task<Result<blob::Bytes>> Answer() {
    co_return rpc::WithPayload(bench::GetResponse(), bytes_);
  }
  async::Task<void> CallAll(int& left) {
    std::vector<async::Task<void>> callers;
    for (int i = 0; i < kAtOnce; ++i) callers.push_back(Call(left));
    co_await async::RunAll(std::move(callers));
  }
  async::Task<void> Call(int& left) {
    while (left-- > 0) {
      const auto answer = co_await channel_->Call("/bench.Segments/Get", {},
                                                  Deadline::After(std::chrono::seconds(60)));
      TT_ASSERT(answer.has_value(), "{}", answer.error().message());
      const auto split = rpc::SplitPayload(*answer);
      TT_ASSERT(split.has_value() && split->payload.size() == kBytes, "a call failed");
    }
  }

  const blob::Bytes bytes_;
  async::IoPool io_{2};
  std::unique_ptr<rpc::Server> server_;
  std::unique_ptr<rpc::Channel> channel_;
};

double Median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

}  // namespace
}  // namespace tritontube

int main() {
  using namespace tritontube;
  const std::string bytes = support::Noise(kBytes, 1);
  Synchronous synchronous(bytes);
  Ours ours(bytes);
  std::vector<double> theirs_per_second;
  std::vector<double> ours_per_second;
  for (int round = 0; round < kRounds; ++round) {
    ours_per_second.push_back(ours.Measure());
    theirs_per_second.push_back(synchronous.Measure());
  }
  const double median = Median(ours_per_second);
  const double reference = Median(theirs_per_second);
  fmt::print(
      "get of 1 MiB, {} in flight: {:.0f}/s; gRPC's synchronous API {:.0f}/s; ratio {:.2f}\n",
      kAtOnce, median, reference, median / reference);
  return 0;
}
