#pragma once

#include <chrono>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "foundation/async/io_pool.h"
#include "transport/rpc/channel.h"
#include "transport/rpc/payload_message.h"

namespace tritontube::app {

// The admin listener of a web server, for a command: every call blocks.
class AdminClient {
 public:
  explicit AdminClient(std::string address) : address_(std::move(address)), channel_(address_) {}

  template <typename Response, typename Request>
  Result<Response> Ask(std::string_view method, const Request& request,
                       std::chrono::milliseconds patience) {
    TT_ASSIGN_OR_RETURN(const blob::Bytes answer,
                        Call(method, rpc::ToBytes(request), Deadline::After(patience)));
    return rpc::ParseMessage<Response>(answer);
  }
  // The document of /api/v1/cluster.
  Result<std::string> Status();
  // Looks at that document again and again, until `look` says that what it waits for is over. A web
  // server that restarts is waited for.
  Result<void> FollowStatus(const std::function<Result<bool>(const nlohmann::json& status)>& look);

  const std::string& address() const { return address_; }

 private:
  Result<blob::Bytes> Call(std::string_view method, blob::Bytes request, Deadline deadline);

  const std::string address_;
  const async::IoPool io_{1};
  rpc::Channel channel_;
};

}  // namespace tritontube::app
