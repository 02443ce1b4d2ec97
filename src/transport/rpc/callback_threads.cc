#include "transport/rpc/callback_threads.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>

#include <future>

#include "transport/rpc/wire.h"

namespace tritontube::rpc {

namespace {

// A channel that is connected with nothing, and has asked for the threads by a call that failed.
std::shared_ptr<grpc::Channel> ChannelThatHolds() {
  std::shared_ptr<grpc::Channel> channel = grpc::CreateChannel("nowhere", nullptr);
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  const grpc::ByteBuffer request = ToByteBuffer({});
  grpc::ByteBuffer answer;
  std::promise<void> ended;
  stub.UnaryCall(&context, "/no/call", {}, &request, &answer,
                 [&ended](const grpc::Status& /*status*/) { ended.set_value(); });
  ended.get_future().wait();
  return channel;
}

}  // namespace

// gRPC 1.51 ends these threads with the last channel and makes new ones for the next. One in some
// thousand times an ending thread takes a reference to its queue too many back, and gRPC aborts the
// process ("ref_counted.h: assertion failed: prior > 0"). So one channel is never destroyed.
void HoldCallbackThreads() {
  static const auto* const kHeld = new std::shared_ptr<grpc::Channel>(ChannelThatHolds());
  static_cast<void>(kHeld);
}

}  // namespace tritontube::rpc
