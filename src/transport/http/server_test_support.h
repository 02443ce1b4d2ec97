// What the tests of the server share: a server on a free port, and a client
// that sends raw bytes.
#pragma once

#include <gtest/gtest.h>

#include <future>
#include <string>
#include <string_view>

#include "foundation/async/io_pool.h"
#include "transport/http/server.h"

namespace tritontube::http {

// The handler for which nothing matters.
async::Task<Result<Response>> Hello(Request& request);

// A blocking TCP client. Every wait ends after ten seconds, which no test that
// passes reaches.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port);
  ~RawClient() { Close(); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  // False when the server has closed.
  bool Send(std::string_view bytes) const;
  // Everything up to and including `end`; shorter when the server closes first.
  std::string ReadUntil(std::string_view end);
  std::string ReadBytes(std::size_t count);
  std::string ReadToEnd();
  // One response by its Content-Length.
  std::string ReadResponse();
  void ShutdownSend() const;
  void Close();
  // Closes so that the server sees a reset instead of an end.
  void Reset();

 private:
  bool Receive();

  int fd_;
  std::string received_;
};

struct TestServer {
  explicit TestServer(Router router, Server::Options options = {}, std::size_t thread_count = 1);
  ~TestServer() { Stop(Deadline::After(std::chrono::seconds(10))); }

  void Stop(Deadline deadline);
  std::uint16_t port() const { return server->port(); }
  // Sends `request`, reads until the server closes.
  std::string Ask(std::string_view request) const;

  async::IoPool pool;
  async::IoPool stopping_pool{1};
  std::unique_ptr<Server> server;
  bool stopped = false;
};

// A GET that asks for the connection to be closed behind the answer.
std::string Get(std::string_view path, std::string_view more_headers = "");
int StatusOf(std::string_view response);
std::string BodyOf(std::string_view response);
bool Contains(std::string_view text, std::string_view part);

// The value of a promise that another thread fulfils, within ten seconds.
template <typename T>
T Await(std::promise<T>& promise) {
  std::future<T> future = promise.get_future();
  if (future.wait_for(std::chrono::seconds(10)) != std::future_status::ready) {
    ADD_FAILURE() << "the event did not happen";
    std::abort();
  }
  return future.get();
}

}  // namespace tritontube::http
