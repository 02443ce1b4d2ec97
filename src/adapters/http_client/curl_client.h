#pragma once

#include <atomic>
#include <memory>

#include "adapters/http_client/http_client.h"

namespace tritontube::http_client {

// HttpClient on libcurl: one connection, kept between calls. One caller at a
// time.
class CurlClient final : public HttpClient {
 public:
  // `server` is "http://host:port", perhaps with a path in front of ours; else
  // kInvalidArgument. Calls end when `stop` becomes true, within a second;
  // `stop` outlives the client.
  static Result<std::unique_ptr<CurlClient>> Open(std::string server,
                                                  const std::atomic<bool>& stop);
  ~CurlClient() override;
  CurlClient(const CurlClient&) = delete;
  CurlClient& operator=(const CurlClient&) = delete;

  Result<Answer> Send(const Call& call) override;

 private:
  CurlClient(void* handle, std::string server, const std::atomic<bool>& stop)
      : handle_(handle), server_(std::move(server)), stop_(stop) {}

  void* const handle_;
  const std::string server_;  // Without a slash at its end.
  const std::atomic<bool>& stop_;
};

}  // namespace tritontube::http_client
