#include "transport/rpc/server_call.h"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/post.hpp>

#include "transport/rpc/wire.h"

namespace tritontube::rpc {

namespace {

// Only says no.
class Refusal final : public grpc::ServerGenericBidiReactor {
 public:
  explicit Refusal(grpc::Status status) { Finish(std::move(status)); }
  void OnDone() override { delete this; }
};

grpc::Status StatusFor(grpc::CallbackServerContext& context, const Error& error) {
  const std::string code = MetadataCode(error.code());
  if (!code.empty()) context.AddTrailingMetadata(kCodeMetadata, code);
  return ToStatus(error);
}

// A cancelled task sees errors from its operations, not exceptions.
async::Task<void> WithoutThrowing(async::Task<void> task) {
  co_await async::asio::this_coro::throw_if_cancelled(false);
  co_await std::move(task);
}

Error StoppedBy(Deadline deadline) {
  if (deadline.HasPassed()) return {ErrorCode::kDeadlineExceeded, "no time is left for the call"};
  return {ErrorCode::kCancelled, "the call was cancelled"};
}

}  // namespace

grpc::ServerGenericBidiReactor* Refuse(grpc::CallbackServerContext& context, const Error& error) {
  return new Refusal(StatusFor(context, error));
}

ServerCall* ServerCall::Begin(grpc::CallbackServerContext& context, MethodHandler handler,
                              Worker& worker, Admission& admission, ByteCount announced_bytes,
                              std::chrono::milliseconds time_max) {
  const std::shared_ptr<ServerCall> call(
      new ServerCall(context, handler, worker, admission, announced_bytes, time_max));
  call->used_by_grpc_ = call;
  call->StartRead(&call->incoming_);
  return call.get();
}

ServerCall::ServerCall(grpc::CallbackServerContext& context, MethodHandler handler, Worker& worker,
                       Admission& admission, ByteCount announced_bytes,
                       std::chrono::milliseconds time_max)
    : context_(context),
      handler_(handler),
      worker_(worker),
      admission_(admission),
      time_max_(time_max),
      counted_bytes_(announced_bytes) {}

void ServerCall::OnReadDone(bool ok) {
  if (!ok) return FinishWith(Fail(ErrorCode::kInvalidArgument, "the call has no message"));
  request_ = ToBytes(incoming_);
  incoming_.Clear();
  const Result<void> room = admission_.Correct(counted_bytes_, request_.size());
  counted_bytes_ = request_.size();
  if (!room) return FinishWith(room);
  async::asio::post(worker_.executor, [this, self = used_by_grpc_] {
    if (!worker_.tasks.Spawn(Run(self))) {
      FinishWith(Fail(ErrorCode::kUnavailable, "the server is stopping"));
    }
  });
}

// `self` keeps the call alive to the end of the task.
async::Task<void> ServerCall::Run(std::shared_ptr<ServerCall> self) {
  if (handler_.unary != nullptr) {
    co_await AnswerOnce(CallerDeadline(Deadline::After(time_max_)));
  } else {
    // A stream may be long; each of its messages may not.
    co_await AnswerMany(CallerDeadline(Deadline::Never()));
  }
  self.reset();
}

async::Task<void> ServerCall::AnswerOnce(Deadline deadline) {
  const Result<blob::Bytes> answer =
      co_await UntilGone((*handler_.unary)(std::move(request_), deadline), deadline);
  if (!answer) {
    FinishWith(std::unexpected(answer.error()));
    co_return;
  }
  outgoing_ = ToByteBuffer(*answer);
  StartWriteAndFinish(&outgoing_, {}, grpc::Status::OK);
}

async::Task<void> ServerCall::AnswerMany(Deadline deadline) {
  FinishWith(
      co_await UntilGone((*handler_.streaming)(std::move(request_), *this, deadline), deadline));
}

// Runs the handler to its end, cancelling it when nobody waits for it any more.
template <typename T>
async::Task<Result<T>> ServerCall::UntilGone(async::Task<Result<T>> handling, Deadline deadline) {
  using namespace async::asio::experimental::awaitable_operators;
  std::optional<Result<T>> result;
  co_await (WithoutThrowing(async::KeepResult(std::move(handling), result)) ||
            WithoutThrowing(gone_.WaitBeyond(0, deadline)));
  const bool stopped = !result || (!*result && result->error().code() == ErrorCode::kCancelled);
  if (stopped) co_return std::unexpected(StoppedBy(deadline));
  co_return *std::move(result);
}

Deadline ServerCall::CallerDeadline(Deadline without) const {
  const auto time = context_.deadline();
  if (time == std::chrono::system_clock::time_point::max()) return without;
  return Deadline::After(time - std::chrono::system_clock::now());
}

async::Task<Result<void>> ServerCall::Send(blob::Bytes message) {
  const auto seen = written_.count();
  {
    const std::lock_guard lock(mutex_);
    if (write_failed_) co_return std::unexpected(StoppedBy(Deadline::Never()));
    writing_ = true;
    outgoing_ = ToByteBuffer(message);
    StartWrite(&outgoing_);
  }
  const Deadline deadline = Deadline::After(time_max_);
  co_await written_.WaitBeyond(seen, deadline);
  const std::lock_guard lock(mutex_);
  if (!writing_ && !write_failed_) co_return Result<void>();
  write_failed_ = true;
  co_return std::unexpected(StoppedBy(deadline));
}

void ServerCall::OnWriteDone(bool ok) {
  std::optional<grpc::Status> last;
  {
    const std::lock_guard lock(mutex_);
    writing_ = false;
    write_failed_ = write_failed_ || !ok;
    last.swap(status_behind_write_);
  }
  written_.Notify();
  if (last) Finish(*std::move(last));
}

void ServerCall::FinishWith(const Result<void>& result) {
  grpc::Status status = result ? grpc::Status::OK : StatusFor(context_, result.error());
  {
    const std::lock_guard lock(mutex_);
    if (writing_) {
      // The handler left in the middle of a message, which may wait for the caller for ever.
      status_behind_write_ = std::move(status);
      context_.TryCancel();
      return;
    }
  }
  Finish(std::move(status));
}

void ServerCall::OnCancel() { gone_.Notify(); }

void ServerCall::OnDone() {
  admission_.Leave(counted_bytes_);
  const std::shared_ptr<ServerCall> last_use = std::move(used_by_grpc_);
}

}  // namespace tritontube::rpc
