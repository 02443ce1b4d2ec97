#include <csignal>
#include <filesystem>
#include <fstream>

#include "base/assert.h"
#include "transport/rpc/server.h"

// The reference of cluster_store: a content node as the original has it, one file for each call,
// without fsync. See ../README.md.
namespace tritontube {
namespace {

async::Task<Result<blob::Bytes>> WriteFile(std::filesystem::path path, blob::Bytes bytes) {
  std::ofstream file(path, std::ios::binary);
  for (const auto& span : bytes.spans()) {
    file.write(reinterpret_cast<const char*>(span.data()), std::ssize(span));
  }
  file.close();
  if (!file) co_return Fail(ErrorCode::kUnavailable, "{} could not be written", path.string());
  co_return blob::Bytes();
}

int Main(int argc, char** argv) {
  TT_ASSERT(argc == 3, "usage: file_per_call PORT FOLDER");
  const std::filesystem::path folder = argv[2];
  std::filesystem::create_directories(folder);
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  std::atomic<std::uint64_t> count = 0;
  rpc::Methods methods;
  methods.unary["/bench.Files/Write"] = [&](blob::Bytes bytes, Deadline /*deadline*/) {
    return WriteFile(folder / std::to_string(++count), std::move(bytes));
  };
  async::IoPool io(2);
  const auto server = rpc::Server::Start(io, std::move(methods),
                                         {.port = static_cast<std::uint16_t>(std::stoi(argv[1]))});
  TT_ASSERT(server.has_value(), "{}", server.error().message());
  fmt::print("ready\n");
  std::fflush(stdout);
  int signal = 0;
  sigwait(&signals, &signal);
  async::BlockOn(io.executor(0), (*server)->Stop(Deadline::After(std::chrono::seconds(1))));
  return 0;
}

}  // namespace
}  // namespace tritontube

int main(int argc, char** argv) { return tritontube::Main(argc, argv); }
