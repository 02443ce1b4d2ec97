#include "raw_copy.h"

#include <fcntl.h>
#include <grpcpp/grpcpp.h>
#include <unistd.h>

#include "base/assert.h"
#include "measuring.h"
#include "segments.grpc.pb.h"

namespace tritontube::measuring {

double MeasureRawCopy(const std::string& address, const std::string& file, std::uint64_t segments) {
  const auto stub =
      bench::Segments::NewStub(grpc::CreateChannel(address, grpc::InsecureChannelCredentials()));
  const int copy = open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  TT_ASSERT(copy >= 0, "{} cannot be written", file);
  const auto began = Clock::now();
  grpc::ClientContext context;
  bench::ReadRequest request;
  request.set_count(segments);
  const auto reader = stub->Read(&context, request);
  bench::GetResponse segment;
  while (reader->Read(&segment)) {
    const std::string& bytes = segment.payload();
    TT_ASSERT(write(copy, bytes.data(), bytes.size()) == std::ssize(bytes), "a write failed");
  }
  TT_ASSERT(reader->Finish().ok(), "the stream failed");
  TT_ASSERT(fdatasync(copy) == 0, "a sync failed");
  const double took = Seconds(began);
  close(copy);
  return took;
}

}  // namespace tritontube::measuring
