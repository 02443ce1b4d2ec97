#include <fmt/format.h>
#include <grpcpp/grpcpp.h>

#include <csignal>

#include "base/assert.h"
#include "segments.grpc.pb.h"
#include "support/blocking_blob_store.h"

// The reference of cluster_migration: what one stream of gRPC's synchronous API gives, out of
// memory. See ../README.md.
namespace tritontube {
namespace {

class Service final : public bench::Segments::Service {
 public:
  explicit Service(std::size_t bytes) { segment_.set_payload(support::Noise(bytes, 1)); }

  grpc::Status Read(grpc::ServerContext* /*context*/, const bench::ReadRequest* request,
                    grpc::ServerWriter<bench::GetResponse>* writer) override {
    for (std::uint64_t i = 0; i < request->count(); ++i) {
      if (!writer->Write(segment_)) return grpc::Status::CANCELLED;
    }
    return grpc::Status::OK;
  }

 private:
  bench::GetResponse segment_;
};

int Main(int argc, char** argv) {
  TT_ASSERT(argc == 3, "usage: raw_stream PORT BYTES");
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  Service service(std::stoul(argv[2]));
  grpc::ServerBuilder builder;
  builder.AddListeningPort(fmt::format("127.0.0.1:{}", argv[1]), grpc::InsecureServerCredentials());
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  TT_ASSERT(server != nullptr, "port {} is taken", argv[1]);
  int signal = 0;
  sigwait(&signals, &signal);
  server->Shutdown();
  return 0;
}

}  // namespace
}  // namespace tritontube

int main(int argc, char** argv) { return tritontube::Main(argc, argv); }
