#pragma once

#include <grpcpp/generic/async_generic_service.h>

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "foundation/async/event.h"
#include "foundation/async/task_group.h"
#include "transport/rpc/admission.h"
#include "transport/rpc/server.h"

namespace tritontube::rpc {

// A thread of the pool and the handlers that run there. `tasks` is touched on that thread only.
struct Worker {
  explicit Worker(async::Executor home) : executor(home), tasks(home) {}

  async::Executor executor;
  async::TaskGroup tasks;
};

// What a call is answered with; one of the two is set.
struct MethodHandler {
  const UnaryHandler* unary = nullptr;
  const StreamHandler* streaming = nullptr;
};

// Answers with the error, without reading anything.
grpc::ServerGenericBidiReactor* Refuse(grpc::CallbackServerContext& context, const Error& error);

// One call, from its acceptance until gRPC is done with it: reads the message, runs the handler on
// the worker's thread, and sends what it says. gRPC calls back on its own threads.
class ServerCall final : public grpc::ServerGenericBidiReactor, public MessageSink {
 public:
  // Requires: it was let in with `announced_bytes`.
  static ServerCall* Begin(grpc::CallbackServerContext& context, MethodHandler handler,
                           Worker& worker, Admission& admission, ByteCount announced_bytes,
                           std::chrono::milliseconds time_max);

  async::Task<Result<void>> Send(blob::Bytes message) override;

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  ServerCall(grpc::CallbackServerContext& context, MethodHandler handler, Worker& worker,
             Admission& admission, ByteCount announced_bytes, std::chrono::milliseconds time_max);

  async::Task<void> Run(std::shared_ptr<ServerCall> self);
  async::Task<void> AnswerOnce(Deadline deadline);
  async::Task<void> AnswerMany(Deadline deadline);
  template <typename T>
  async::Task<Result<T>> UntilGone(async::Task<Result<T>> handling, Deadline deadline);
  Deadline CallerDeadline(Deadline without) const;
  void FinishWith(const Result<void>& result);

  grpc::CallbackServerContext& context_;
  const MethodHandler handler_;
  Worker& worker_;
  Admission& admission_;
  const std::chrono::milliseconds time_max_;
  ByteCount counted_bytes_;
  std::shared_ptr<ServerCall> used_by_grpc_;

  grpc::ByteBuffer incoming_;
  grpc::ByteBuffer outgoing_;
  blob::Bytes request_;
  async::Event gone_;     // The caller does not listen any more.
  async::Event written_;  // gRPC took a message, or never will.

  std::mutex mutex_;
  bool writing_ = false;
  bool write_failed_ = false;
  std::optional<grpc::Status> status_behind_write_;
};

}  // namespace tritontube::rpc
