#pragma once

#include <grpcpp/generic/generic_stub.h>

#include <map>
#include <memory>
#include <string>

#include "transport/rpc/channel.h"

namespace tritontube::rpc {

// Begins a call of messages in both directions.
std::unique_ptr<Stream> OpenStream(grpc::GenericStub& stub, const std::string& method,
                                   const std::string& address,
                                   const std::map<std::string, std::string>& metadata);

}  // namespace tritontube::rpc
