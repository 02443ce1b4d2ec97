#include "transport/rpc/server.h"

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <atomic>
#include <charconv>

#include "foundation/async/blocking_pool.h"
#include "transport/rpc/admission.h"
#include "transport/rpc/callback_threads.h"
#include "transport/rpc/library_log.h"
#include "transport/rpc/server_call.h"
#include "transport/rpc/wire.h"

namespace tritontube::rpc {

namespace {

std::string ListenAddress(const ServerOptions& options) {
  const bool is_ipv6 = options.listen_host.contains(':') && !options.listen_host.starts_with('[');
  return is_ipv6 ? fmt::format("[{}]:{}", options.listen_host, options.port)
                 : fmt::format("{}:{}", options.listen_host, options.port);
}

// What the caller says that its message has; 0 when it says nothing that could be.
ByteCount AnnouncedBytes(const grpc::CallbackServerContext& context, ByteCount bytes_max) {
  const auto found = context.client_metadata().find(kRequestBytesMetadata);
  if (found == context.client_metadata().end()) return 0;
  const grpc::string_ref text = found->second;
  ByteCount bytes = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), bytes);
  return parsed.ec == std::errc() && bytes <= bytes_max ? bytes : 0;
}

void SetArguments(grpc::ServerBuilder& builder, const ServerOptions& options) {
  builder.SetMaxReceiveMessageSize(static_cast<int>(options.message_bytes_max));
  // Else two servers share a port and each gets some of the calls.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  // Callers ask every 10 seconds whether we live; gRPC takes more than two in 5 minutes for abuse.
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 5'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 10'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 5'000);
}

}  // namespace

struct Server::State final : grpc::CallbackGenericService {
  State(async::IoPool& io, Methods served, ServerOptions how)
      : methods(std::move(served)),
        options(std::move(how)),
        admission(options.calls_max, options.bytes_in_flight_max) {
    for (std::size_t i = 0; i < io.size(); ++i) {
      workers.push_back(std::make_unique<Worker>(io.executor(i)));
    }
  }

  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override {
    const MethodHandler handler = Find(context->method());
    if (handler.unary == nullptr && handler.streaming == nullptr) {
      return Refuse(*context, Error(ErrorCode::kUnimplemented,
                                    fmt::format("{} is not known here", context->method())));
    }
    const ByteCount announced = AnnouncedBytes(*context, options.message_bytes_max);
    if (const Result<void> entered = admission.Enter(announced); !entered) {
      return Refuse(*context, entered.error());
    }
    return ServerCall::Begin(*context, handler, *workers[turn++ % workers.size()], admission,
                             announced, options.call_time_max);
  }

  MethodHandler Find(const std::string& method) const {
    const auto unary = methods.unary.find(method);
    if (unary != methods.unary.end()) return {.unary = &unary->second};
    const auto streaming = methods.streaming.find(method);
    if (streaming != methods.streaming.end()) return {.streaming = &streaming->second};
    return {};
  }

  Result<void> Listen() {
    HoldCallbackThreads();
    grpc::ServerBuilder builder;
    SetArguments(builder, options);
    builder.AddListeningPort(ListenAddress(options), grpc::InsecureServerCredentials(), &port);
    builder.RegisterCallbackGenericService(this);
    server = builder.BuildAndStart();
    if (server != nullptr && port != 0) return {};
    return Fail(ErrorCode::kUnavailable,
                "cannot listen on {}: the port is taken, or the host is not this machine; stop "
                "who has it, or name another one",
                ListenAddress(options));
  }

  // Blocks; not on a thread of the pool. gRPC cancels at the deadline what is still under way, and
  // returns when all calls have ended.
  void Shutdown(Deadline deadline) {
    admission.Close();
    server->Shutdown(ToWallTime(deadline));
    for (const auto& worker : workers) async::BlockOn(worker->executor, worker->tasks.Stop());
    stopped = true;
  }

  const Methods methods;
  const ServerOptions options;
  Admission admission;
  std::vector<std::unique_ptr<Worker>> workers;
  std::atomic<std::size_t> turn = 0;
  int port = 0;
  std::unique_ptr<grpc::Server> server;
  std::atomic<bool> stopped = false;
  async::BlockingPool stopping{1, 16};
};

Result<std::unique_ptr<Server>> Server::Start(async::IoPool& io, Methods methods,
                                              ServerOptions options) {
  TakeLibraryLog();
  auto state = std::make_shared<State>(io, std::move(methods), std::move(options));
  TT_RETURN_IF_ERROR(state->Listen());
  return std::unique_ptr<Server>(new Server(std::move(state)));
}

Server::Server(std::shared_ptr<State> state) : state_(std::move(state)) {}

Server::~Server() {
  if (!state_->stopped) state_->Shutdown(Deadline::After({}));
}

std::uint16_t Server::port() const { return static_cast<std::uint16_t>(state_->port); }

Server::Load Server::load() const { return state_->admission.load(); }

async::Task<void> Server::Stop(Deadline deadline) {
  const std::shared_ptr<State> state = state_;
  // A shutdown cannot be interrupted, also not by a cancelled caller.
  Ignore(co_await state->stopping.Run([&] {
    if (!state->stopped) state->Shutdown(deadline);
    return Result<void>();
  }),
         "it is only refused behind sixteen others that stop the same server");
}

}  // namespace tritontube::rpc
