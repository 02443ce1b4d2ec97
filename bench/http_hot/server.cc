// Serves bodies from memory through the product's Server, Router and
// RangeResponse: http_hot_server <port> <threads>. Stops when stdin ends.
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "foundation/async/io_pool.h"
#include "transport/http/range.h"
#include "transport/http/server.h"

namespace tritontube::http {
namespace {

constexpr std::size_t kFileCount = 256;
// The store keeps blobs as records of this size, so a body has several spans.
constexpr std::size_t kRecordBytes = std::size_t{256} << 10U;

blob::Bytes MakeBody(std::size_t size) {
  blob::Bytes body;
  for (std::size_t left = size; left > 0;) {
    const std::size_t record = std::min(left, kRecordBytes);
    body.Append(blob::Bytes(std::string(record, 'b')));
    left -= record;
  }
  return body;
}

async::Task<Result<Body>> Slice(const blob::Bytes& body, ByteSlice slice) {
  co_return body.Slice(slice.offset, slice.length);
}

async::Task<Result<Response>> Serve(Request& request, const std::vector<blob::Bytes>& bodies) {
  const std::size_t number = std::strtoul(request.parameters.Get("file").c_str(), nullptr, 10);
  const blob::Bytes& body = bodies[number % bodies.size()];
  Representation file{.size = body.size(),
                      .etag = "\"0123456789abcdef\"",
                      .headers = {{"Content-Type", "video/iso.segment"},
                                  {"Cache-Control", "public, max-age=31536000, immutable"}}};
  const SliceBody slice_body = [&body](ByteSlice slice) { return Slice(body, slice); };
  co_return co_await RangeResponse(request, std::move(file), slice_body);
}

int Run(std::uint16_t port, std::size_t thread_count) {
  std::vector<blob::Bytes> large;
  std::vector<blob::Bytes> small;
  for (std::size_t i = 0; i < kFileCount; ++i) {
    large.push_back(MakeBody(std::size_t{1} << 20U));
    small.push_back(MakeBody(std::size_t{64} << 10U));
  }
  Router router;
  router.Add(Method::kGet, "/1m/{file}", [&](Request& request) { return Serve(request, large); });
  router.Add(Method::kGet, "/64k/{file}", [&](Request& request) { return Serve(request, small); });

  async::IoPool pool(thread_count);
  Server::Options options;
  options.port = port;
  auto server = Server::Start(pool, std::move(router), options);
  if (!server) {
    fmt::print(stderr, "{}\n", server.error().message());
    return 1;
  }
  while (std::getchar() != EOF) {
  }
  async::IoPool stopping(1);
  async::BlockOn(stopping.executor(0), (*server)->Stop(Deadline::After(std::chrono::seconds(1))));
  return 0;
}

}  // namespace
}  // namespace tritontube::http

int main(int argc, char** argv) {
  if (argc != 3) {
    fmt::print(stderr, "usage: http_hot_server <port> <threads>\n");
    return 2;
  }
  return tritontube::http::Run(static_cast<std::uint16_t>(std::strtoul(argv[1], nullptr, 10)),
                               std::strtoul(argv[2], nullptr, 10));
}
