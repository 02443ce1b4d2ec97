#include "transport/rpc/channel.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <set>

#include "base/assert.h"
#include "foundation/async/event.h"
#include "transport/rpc/callback_threads.h"
#include "transport/rpc/client_stream.h"
#include "transport/rpc/library_log.h"
#include "transport/rpc/wire.h"

namespace tritontube::rpc {

namespace {

// gRPC writes to it until it calls back; the caller may leave sooner.
struct UnderWay {
  grpc::ClientContext context;
  grpc::ByteBuffer request;
  grpc::ByteBuffer answer;
  grpc::Status status;
  async::Event done;
};

grpc::ChannelArguments ArgumentsFor(int connection, const ChannelOptions& options) {
  grpc::ChannelArguments arguments;
  // gRPC shares a connection between channels that have the same arguments.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt("tritontube.connection", connection);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
  arguments.SetInt(GRPC_ARG_DNS_MIN_TIME_BETWEEN_RESOLUTIONS_MS, 1'000);
  // What is sent twice, and when, is decided by those who know what it means.
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  arguments.SetMaxReceiveMessageSize(static_cast<int>(options.message_bytes_max));
  // A peer that died without a word is noticed within 15 seconds. Only while calls are under way:
  // an etcd refuses whoever asks when there is nothing to ask for.
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 10'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 5'000);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  // A node that comes back is found within about a second. The minimum is, whatever its name says,
  // how long an attempt to connect may take.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1'000);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 2'000);
  return arguments;
}

}  // namespace

struct Channel::State {
  State(std::string name, const ChannelOptions& options)
      : address(std::move(name)), metadata(options.metadata) {
    TT_ASSERT(options.connections > 0, "a channel without connections");
    HoldCallbackThreads();
    for (int i = 0; i < options.connections; ++i) {
      connections.push_back(std::make_unique<grpc::GenericStub>(grpc::CreateCustomChannel(
          address, grpc::InsecureChannelCredentials(), ArgumentsFor(i, options))));
    }
  }

  grpc::GenericStub& Next() { return *connections[turn++ % connections.size()]; }

  static void Begin(const std::shared_ptr<State>& self, const std::string& method,
                    const std::shared_ptr<UnderWay>& call) {
    {
      const std::lock_guard lock(self->mutex);
      self->under_way.insert(call);
    }
    self->Next().UnaryCall(&call->context, method, {}, &call->request, &call->answer,
                           [self, call](grpc::Status status) {
                             call->status = std::move(status);
                             call->done.Notify();
                             self->End(call);
                           });
  }

  void End(const std::shared_ptr<UnderWay>& call) {
    const std::lock_guard lock(mutex);
    under_way.erase(call);
    ended.notify_all();
  }

  void CancelAll() {
    const auto none_under_way = [this] { return under_way.empty(); };
    std::unique_lock lock(mutex);
    for (const auto& call : under_way) call->context.TryCancel();
    ended.wait(lock, none_under_way);
  }

  const std::string address;
  const std::map<std::string, std::string> metadata;
  std::vector<std::unique_ptr<grpc::GenericStub>> connections;
  std::atomic<std::size_t> turn = 0;

  std::mutex mutex;
  std::condition_variable ended;
  std::set<std::shared_ptr<UnderWay>> under_way;
};

Channel::Channel(std::string address, const ChannelOptions& options)
    : state_(std::make_shared<State>(std::move(address), options)) {
  TakeLibraryLog();
}

Channel::~Channel() { state_->CancelAll(); }

const std::string& Channel::address() const { return state_->address; }

async::Task<Result<blob::Bytes>> Channel::Call(std::string method, blob::Bytes request,
                                               Deadline deadline) {
  const std::shared_ptr<State> state = state_;  // The channel may go while we wait.
  const auto call = std::make_shared<UnderWay>();
  call->context.set_deadline(ToWallTime(deadline));
  call->context.AddMetadata(kRequestBytesMetadata, std::to_string(request.size()));
  for (const auto& [name, value] : state->metadata) call->context.AddMetadata(name, value);
  call->request = ToByteBuffer(request);
  const bool cancelled_before = co_await async::IsCancelled();
  if (!cancelled_before && !deadline.HasPassed()) {
    State::Begin(state, method, call);
    co_await call->done.WaitBeyond(0, deadline);
  }
  if (call->done.count() == 0) {
    call->context.TryCancel();
    const bool cancelled = co_await async::IsCancelled();
    if (cancelled) co_return Fail(ErrorCode::kCancelled, "the work was stopped");
    co_return Fail(ErrorCode::kDeadlineExceeded, "{}: no answer within the time allowed",
                   state->address);
  }
  if (!call->status.ok())
    co_return std::unexpected(ErrorOf(call->context, call->status, state->address));
  co_return ToBytes(call->answer);
}

async::Task<Result<std::unique_ptr<Stream>>> Channel::Open(std::string method, Deadline deadline) {
  if (deadline.HasPassed())
    co_return Fail(ErrorCode::kDeadlineExceeded, "no time to open a stream");
  co_return OpenStream(state_->Next(), method, state_->address, state_->metadata);
}

}  // namespace tritontube::rpc
