#pragma once

#include <fcntl.h>
#include <grpcpp/grpcpp.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "base/assert.h"
#include "measuring.h"
#include "segments.grpc.pb.h"

namespace tritontube::measuring {

// The destination of the reference: appends what one stream brings to a file, and syncs it.
class RawCopy {
 public:
  RawCopy(const std::string& address, std::string file)
      : stub_(bench::Segments::NewStub(
            grpc::CreateChannel(address, grpc::InsecureChannelCredentials()))),
        file_(std::move(file)) {}

  // The seconds that so many segments take.
  double Measure(std::uint64_t segments) {
    const int file = open(file_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    TT_ASSERT(file >= 0, "{} cannot be written", file_);
    const auto began = Clock::now();
    grpc::ClientContext context;
    bench::ReadRequest request;
    request.set_count(segments);
    const auto reader = stub_->Read(&context, request);
    bench::GetResponse segment;
    while (reader->Read(&segment)) {
      const std::string& bytes = segment.payload();
      TT_ASSERT(write(file, bytes.data(), bytes.size()) == std::ssize(bytes), "a write failed");
    }
    TT_ASSERT(reader->Finish().ok(), "the stream failed");
    TT_ASSERT(fdatasync(file) == 0, "a sync failed");
    const double took = Seconds(began);
    close(file);
    return took;
  }

 private:
  std::unique_ptr<bench::Segments::Stub> stub_;
  std::string file_;
};

}  // namespace tritontube::measuring
