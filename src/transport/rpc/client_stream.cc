#include "transport/rpc/client_stream.h"

#include <grpcpp/client_context.h>

#include <condition_variable>
#include <mutex>
#include <utility>

#include "foundation/async/event.h"
#include "transport/rpc/wire.h"

namespace tritontube::rpc {

namespace {

// What gRPC's threads write to and a task reads from. gRPC uses it until OnDone().
//
// A hold keeps OnDone() away until no read or write can begin any more: until a read has found the
// end, or the stream is closed by us.
class Conversation final : public grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  explicit Conversation(std::string address) : address_(std::move(address)) {}

  static std::shared_ptr<Conversation> Begin(grpc::GenericStub& stub, const std::string& method,
                                             const std::string& address,
                                             const std::map<std::string, std::string>& metadata) {
    auto self = std::make_shared<Conversation>(address);
    self->used_by_grpc_ = self;
    for (const auto& [name, value] : metadata) self->context_.AddMetadata(name, value);
    stub.PrepareBidiStreamingCall(&self->context_, method, {}, self.get());
    self->AddHold();
    self->StartCall();
    return self;
  }

  async::Task<Result<void>> Write(blob::Bytes message, Deadline deadline) {
    TT_CO_RETURN_IF_ERROR(co_await WaitWhile(&Conversation::writing_, deadline));
    {
      const std::lock_guard lock(mutex_);
      if (ended_ || write_failed_) co_return EndedWhileWriting();
      writing_ = true;
      outgoing_ = ToByteBuffer(message);
      StartWrite(&outgoing_);
    }
    TT_CO_RETURN_IF_ERROR(co_await WaitWhile(&Conversation::writing_, deadline));
    const std::lock_guard lock(mutex_);
    if (write_failed_) co_return EndedWhileWriting();
    co_return Result<void>();
  }

  async::Task<Result<std::optional<blob::Bytes>>> Read(Deadline deadline) {
    BeginReading();
    TT_CO_RETURN_IF_ERROR(co_await WaitWhile(&Conversation::reading_, deadline));
    const std::lock_guard lock(mutex_);
    if (std::exchange(has_message_, false)) {
      const grpc::ByteBuffer message = std::exchange(incoming_, {});
      co_return ToBytes(message);
    }
    if (error_) co_return std::unexpected(*error_);
    co_return std::nullopt;
  }

  // Cancels what is under way; returns when gRPC is done with this object.
  void Close() {
    context_.TryCancel();
    EndHold();
    const auto done = [this] { return done_; };
    std::unique_lock lock(mutex_);
    done_changed_.wait(lock, done);
  }

  void OnReadDone(bool ok) override {
    if (!ok) return EndHold();  // Reading ends in OnDone(), with the status.
    {
      const std::lock_guard lock(mutex_);
      has_message_ = true;
      reading_ = false;
    }
    changed_.Notify();
  }

  void OnWriteDone(bool ok) override {
    {
      const std::lock_guard lock(mutex_);
      writing_ = false;
      write_failed_ = !ok;
    }
    changed_.Notify();
  }

  void OnDone(const grpc::Status& status) override {
    const std::shared_ptr<Conversation> alive = std::move(used_by_grpc_);
    {
      const std::lock_guard lock(mutex_);
      if (!status.ok()) error_ = ErrorOf(context_, status, address_);
      done_ = true;
      ended_ = true;
      reading_ = false;
    }
    changed_.Notify();
    done_changed_.notify_all();
  }

 private:
  void BeginReading() {
    const std::lock_guard lock(mutex_);
    if (reading_ || has_message_ || done_) return;
    reading_ = true;
    // Without the hold, the end is already on its way.
    if (!ended_) StartRead(&incoming_);
  }

  void EndHold() {
    {
      const std::lock_guard lock(mutex_);
      if (std::exchange(ended_, true)) return;
    }
    RemoveHold();
  }

  // Until gRPC has done what the flag stands for.
  async::Task<Result<void>> WaitWhile(bool Conversation::* flag, Deadline deadline) {
    for (;;) {
      const auto seen = changed_.count();
      if (!IsSet(flag)) co_return Result<void>();
      const bool cancelled = co_await async::IsCancelled();
      if (cancelled) co_return Fail(ErrorCode::kCancelled, "the work was stopped");
      if (deadline.HasPassed())
        co_return Fail(ErrorCode::kDeadlineExceeded, "the stream is silent");
      co_await changed_.WaitBeyond(seen, deadline);
    }
  }

  bool IsSet(bool Conversation::* flag) {
    const std::lock_guard lock(mutex_);
    return this->*flag;
  }

  // Under the mutex. The status comes only behind the messages that nobody has read yet.
  std::unexpected<Error> EndedWhileWriting() const {
    if (error_) return std::unexpected(*error_);
    return Fail(ErrorCode::kUnavailable, "the other side has ended the stream");
  }

  const std::string address_;
  grpc::ClientContext context_;
  std::shared_ptr<Conversation> used_by_grpc_;
  async::Event changed_;
  std::condition_variable done_changed_;

  std::mutex mutex_;
  grpc::ByteBuffer incoming_;  // gRPC's while reading.
  grpc::ByteBuffer outgoing_;  // gRPC's while writing.
  bool reading_ = false;
  bool writing_ = false;
  bool has_message_ = false;
  bool write_failed_ = false;
  bool ended_ = false;  // The hold is gone.
  bool done_ = false;
  std::optional<Error> error_;
};

class ClientStream final : public Stream {
 public:
  explicit ClientStream(std::shared_ptr<Conversation> conversation)
      : conversation_(std::move(conversation)) {}
  ~ClientStream() override { conversation_->Close(); }
  ClientStream(const ClientStream&) = delete;
  ClientStream& operator=(const ClientStream&) = delete;

  async::Task<Result<void>> Write(blob::Bytes message, Deadline deadline) override {
    return conversation_->Write(std::move(message), deadline);
  }
  async::Task<Result<std::optional<blob::Bytes>>> Read(Deadline deadline) override {
    return conversation_->Read(deadline);
  }

 private:
  const std::shared_ptr<Conversation> conversation_;
};

}  // namespace

std::unique_ptr<Stream> OpenStream(grpc::GenericStub& stub, const std::string& method,
                                   const std::string& address,
                                   const std::map<std::string, std::string>& metadata) {
  return std::make_unique<ClientStream>(Conversation::Begin(stub, method, address, metadata));
}

}  // namespace tritontube::rpc
